using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Agents.Conversation.Catalog;
using Agents.Conversation.Hooks;
using Agents.Defaults.Api;

namespace Agents.Conversation.Tools;

/// <summary>An HTTP request whose host the agent's owner fixed; the model only fills in arguments that fit the schema.</summary>
internal sealed partial class HttpTool(ToolSpec spec, HookClient hooks, TimeProvider time) : ITool
{
    public const int DefaultTimeoutSeconds = 15;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);
    private static readonly JsonNode NoArguments = JsonNode.Parse("""{"type":"object","properties":{}}""")!;

    public string Name => spec.Name!;

    public string Description => spec.Description ?? spec.Name!;

    public JsonNode Parameters { get; } = spec.Parameters is { } schema ? JsonNode.Parse(schema.GetRawText())! : NoArguments;

    public bool Repeatable => spec.Repeatable ?? Method == "GET";

    // The request has a limit of its own, and says what came of it.
    public TimeSpan Limit => TimeSpan.FromSeconds(Seconds + 5);

    private string Method => spec.Method ?? "POST";

    private int Seconds => spec.TimeoutSeconds ?? DefaultTimeoutSeconds;

    public async Task<ToolResult> RunAsync(ToolContext context, JsonElement arguments, CancellationToken cancellationToken)
    {
        var rest = arguments.EnumerateObject().ToDictionary(property => property.Name, property => property.Value);
        if (Fill(spec.Url!, rest) is not { } url)
            return ToolResult.Failure("An argument that belongs into the address is missing, or is no plain text or number.");
        string? body = null;
        if (Method is "GET" or "DELETE")
            url = AddQuery(url, rest);
        else
            body = JsonSerializer.Serialize(rest, Json.Options);
        var request = new SendHttp(url, Method, spec.Headers ?? new Dictionary<string, string>(), body, context.EffectId, Seconds);
        var sent = await SendAsync(context, request, cancellationToken);
        return sent.Status is >= 200 and < 300
            ? new ToolResult(sent.Text.Length > 0 ? sent.Text : "Done.")
            : ToolResult.Failure(sent.Status == 0 ? sent.Text : string.Create(CultureInfo.InvariantCulture, $"Status {sent.Status}. {sent.Text}"));
    }

    // The role that sends may have died over it: where a request may be repeated it is, until the tool's time is over.
    private async Task<HttpSent> SendAsync(ToolContext context, SendHttp request, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await hooks.SendAsync(context.Session.Tenant, context.Turn, request, cancellationToken);
            }
            catch (HttpRequestException) when (Repeatable)
            {
                await Task.Delay(Pause, time, cancellationToken);
            }
        }
    }

    /// <summary>The address with its places filled; what was used is taken out of the arguments.</summary>
    internal static string? Fill(string template, Dictionary<string, JsonElement> arguments)
    {
        var whole = true;
        var used = new HashSet<string>();
        var filled = Place().Replace(template, match =>
        {
            var value = arguments.TryGetValue(match.Groups[1].Value, out var given) ? Text(given) : null;
            // A dot segment would climb out of the path that the owner chose.
            whole &= value is not (null or "" or "." or "..");
            used.Add(match.Groups[1].Value);
            return Uri.EscapeDataString(value ?? "");
        });
        foreach (var name in used)
            arguments.Remove(name);
        return whole ? filled : null;
    }

    private static string AddQuery(string url, Dictionary<string, JsonElement> arguments)
    {
        var text = new StringBuilder(url);
        foreach (var (name, value) in arguments)
        {
            text.Append(text.ToString().Contains('?', StringComparison.Ordinal) ? '&' : '?');
            text.Append(Uri.EscapeDataString(name)).Append('=').Append(Uri.EscapeDataString(Text(value) ?? value.GetRawText()));
        }
        return text.ToString();
    }

    private static string? Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => value.GetRawText(),
        _ => null,
    };

    [GeneratedRegex(@"\{([A-Za-z0-9_]+)\}")]
    private static partial Regex Place();
}
