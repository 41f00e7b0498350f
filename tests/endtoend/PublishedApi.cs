using System.Text.Json.Nodes;

namespace Agents.EndToEnd.Tests;

/// <summary>One operation of the published API.</summary>
/// <param name="Path">Template such as <c>/v1/sessions/{id}</c>.</param>
/// <param name="Body">Schema of the JSON body with references resolved; null when it takes none.</param>
public sealed record Operation(string Service, HttpMethod Method, string Path, JsonObject? Body)
{
    public bool OnOpenAiRoute => Path.StartsWith("/v1/chat/", StringComparison.Ordinal) || Path.StartsWith("/v1/embeddings", StringComparison.Ordinal) || Path.StartsWith("/v1/models", StringComparison.Ordinal);

    public override string ToString() => $"{Method} {Path}";
}

/// <summary>The API as the services publish it: every test over all routes starts here, so a new route cannot escape them.</summary>
public static class PublishedApi
{
    private static readonly string[] Services = ["conversation", "retrieval", "inference", "analytics"];

    public static async Task<IReadOnlyList<Operation>> ReadAsync(PairStack stack, CancellationToken cancellationToken)
    {
        var operations = new List<Operation>();
        foreach (var service in Services)
        {
            var document = await stack.At(service, 0, stack.Host.ApiKey).GetAsync("/openapi/v1.json", cancellationToken);
            foreach (var (path, methods) in document["paths"]!.AsObject())
            {
                foreach (var (method, operation) in methods!.AsObject())
                    operations.Add(new Operation(service, HttpMethod.Parse(method), path.TrimEnd('/'), BodyOf(document, operation!)));
            }
        }
        return operations;
    }

    private static JsonObject? BodyOf(JsonNode document, JsonNode operation)
    {
        var schema = operation["requestBody"]?["content"]?["application/json"]?["schema"];
        if (schema?["oneOf"] is JsonArray choices)
            schema = choices.FirstOrDefault(choice => choice?["$ref"] is not null);
        return Resolve(document, schema) as JsonObject;
    }

    private static JsonNode? Resolve(JsonNode document, JsonNode? schema) => schema?["$ref"]?.GetValue<string>() is { } reference
        ? document["components"]!["schemas"]![reference.Split('/')[^1]]
        : schema;
}
