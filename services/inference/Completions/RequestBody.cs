using System.Text.Json;
using Agents.Defaults.Errors;

namespace Agents.Inference.Completions;

/// <summary>Reads what OpenAI's requests are made of; refuses by <see cref="ProblemException"/>, naming the field.</summary>
internal static class RequestBody
{
    public static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (!request.HasJsonContentType())
            throw new ProblemException(new Problem(415, "unsupported_content_type", "Send the request as application/json."));
        if (request.ContentLength is { } length and > 0)
        {
            var body = new byte[length];
            await request.Body.ReadExactlyAsync(body, cancellationToken);
            return body;
        }
        using var buffer = new MemoryStream();
        await request.Body.CopyToAsync(buffer, cancellationToken);
        return buffer.GetBuffer().AsMemory(0, (int)buffer.Length);
    }

    /// <summary>Parses a body and reads the request from it, which then owns the document.</summary>
    public static T Parse<T>(ReadOnlyMemory<byte> json, Func<JsonDocument, ReadOnlyMemory<byte>, T> read)
    {
        var document = StrictJson.Parse(json);
        try
        {
            return read(document, json);
        }
        catch
        {
            document.Dispose();
            throw;
        }
    }

    public static JsonElement Text(this JsonElement parent, string name, string field) =>
        parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value
            : throw Invalid(field, $"{field} is required and must be a text.");

    public static bool? Flag(this JsonElement parent, string name, string field)
    {
        if (!parent.TryGetProperty(name, out var value))
            return null;
        return value.ValueKind switch
        {
            JsonValueKind.Null => null,
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => throw Invalid(field, $"{field} must be true or false."),
        };
    }

    public static int? Number(this JsonElement parent, string name, int max)
    {
        if (!parent.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
            return null;
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number >= 1 && number <= max
            ? number
            : throw Invalid(name, $"{name} must be a whole number from 1 to {max}.");
    }

    public static ProblemException Invalid(string field, string detail) => new(Problem.Invalid(field, detail));
}
