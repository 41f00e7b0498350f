using System.Text.Json.Nodes;
using Agents.Defaults.Errors;

namespace Agents.Inference.Completions;

/// <summary>Reads what OpenAI's requests are made of; refuses by <see cref="ProblemException"/>, naming the field.</summary>
internal static class RequestBody
{
    public static async Task<JsonObject> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (!request.HasJsonContentType())
            throw new ProblemException(new Problem(415, "unsupported_content_type", "Send the request as application/json."));
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body, cancellationToken);
        return StrictJson.Parse(body.GetBuffer().AsSpan(0, (int)body.Length));
    }

    public static string Text(this JsonObject parent, string name, string field) =>
        parent[name] is JsonValue value && value.TryGetValue<string>(out var text)
            ? text
            : throw Invalid(field, $"{field} is required and must be a text.");

    public static bool? Flag(this JsonObject parent, string name, string field) => parent[name] switch
    {
        null => null,
        JsonValue value when value.TryGetValue<bool>(out var flag) => flag,
        _ => throw Invalid(field, $"{field} must be true or false."),
    };

    public static int? Number(this JsonObject parent, string name, int max) => parent[name] switch
    {
        null => null,
        JsonValue value when value.TryGetValue<int>(out var number) && number >= 1 && number <= max => number,
        _ => throw Invalid(name, $"{name} must be a whole number from 1 to {max}."),
    };

    public static ProblemException Invalid(string field, string detail) => new(Problem.Invalid(field, detail));
}
