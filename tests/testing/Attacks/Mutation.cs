using System.Text;
using System.Text.Json;

namespace Agents.Testing.Attacks;

/// <summary>Good texts made bad, by a seed: cut, doubled, swapped, with what parsers stumble over put in.</summary>
public static class Mutation
{
    private static readonly string[] Tokens =
    [
        "{", "}", "[", "]", "\"", ",", ":", "null", "true", "-1", "0", "1e999", "99999999999999999999", "\"\\ud800\"", "\\ud800", "\\u0000", "\0", "\uFEFF", "\n", "\r", "\r\n\r\n", "\n\n",
        "data:", "data: ", "event: ", "id: ", "retry: -1\n", ":", "[DONE]", "data: [DONE]\n\n", "{}", "[]", "[[]]", "{\"a\":{}}", "\"error\":", "\"choices\":[null]", "\"delta\":[]", "\"usage\":7", "\"usage\":{\"prompt_tokens\":\"x\"}",
        "\"tool_calls\":[{\"index\":-1}]", "\"tool_calls\":{}", "\"id\":{}", "\"result\":[]", "\"error\":{\"code\":\"x\"}", "\"jsonrpc\":\"1.0\"", "\"nextCursor\":\"again\"", "Content-Length: -1\r\n", "Transfer-Encoding: chunked\r\n",
        "HTTP/1.1 200\r\n", "Location: http://127.0.0.1/\r\n", new string('[', 500), new string('a', 5_000), new string('\u00e9', 300),
    ];

    /// <summary>One to four changes.</summary>
    public static string Of(string good, Random random)
    {
        var text = new StringBuilder(good);
        for (var changes = random.Next(1, 5); changes > 0; changes--)
        {
            var at = random.Next(text.Length + 1);
            var length = Math.Min(random.Next(1, 40), text.Length - at);
            switch (random.Next(7))
            {
                case 0:
                    text.Length = at;
                    break;
                case 1:
                    text.Remove(at, length);
                    break;
                case 2:
                    text.Insert(at, text.ToString(at, length));
                    break;
                case 3 when at < text.Length:
                    text[at] = (char)random.Next(256);
                    break;
                default:
                    text.Remove(at, Math.Min(random.Next(3), length)).Insert(at, Tokens[random.Next(Tokens.Length)]);
                    break;
            }
        }
        return text.ToString();
    }

    /// <summary>As <see cref="Of"/>, but still a JSON object that a broker would take: its shape is what is wrong.</summary>
    public static string OfJson(string good, Random random)
    {
        while (true)
        {
            var changed = Of(good, random);
            try
            {
                using var read = JsonDocument.Parse(changed);
                if (read.RootElement.ValueKind == JsonValueKind.Object && !changed.Contains('\0', StringComparison.Ordinal))
                    return changed;
            }
            catch (JsonException)
            {
                // Not even JSON: another try.
            }
        }
    }
}
