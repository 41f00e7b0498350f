using System.Text.Json.Nodes;

namespace Agents.Testing.Requests;

/// <summary>One operation of the published API.</summary>
/// <param name="Path">Template such as <c>/v1/sessions/{id}</c>.</param>
/// <param name="Query">Names of its query parameters.</param>
/// <param name="Body">Schema of the JSON body with references resolved; null when it takes none.</param>
/// <param name="Document">The document that it is from, where the references in <paramref name="Body"/> lead to.</param>
public sealed record Operation(string Service, HttpMethod Method, string Path, IReadOnlyList<string> Query, JsonObject? Body, JsonNode? Document)
{
    public bool OnOpenAiRoute => OpenAi.Any(prefix => Path.StartsWith(prefix, StringComparison.Ordinal));

    /// <summary>Whether its path names something.</summary>
    public bool TakesId => Path.Contains('{', StringComparison.Ordinal);

    /// <summary>A body that the operation takes, as far as its path alone tells.</summary>
    public string ValidBody => Path switch
    {
        var path when path.EndsWith("/turns", StringComparison.Ordinal) => """{"input":"hello"}""",
        var path when path.EndsWith("/documents", StringComparison.Ordinal) => """{"title":"a","text":"b"}""",
        var path when path.StartsWith("/v1/deployments/", StringComparison.Ordinal) => """{"id":"x","endpoints":["http://127.0.0.1/v1"]}""",
        var path when path.StartsWith("/v1/aliases/", StringComparison.Ordinal) => """{"id":"x","targets":[{"deployment":"extractive"}]}""",
        var path when path.StartsWith("/v1/budgets/", StringComparison.Ordinal) => """{"limit_micros":"5"}""",
        var path when path.EndsWith("/search", StringComparison.Ordinal) => """{"query":"a"}""",
        _ => "{}",
    };

    private static readonly string[] OpenAi = ["/v1/chat/", "/v1/embeddings", "/v1/models"];

    /// <summary>What a reference, or a choice between null and one, stands for.</summary>
    public JsonObject? Resolve(JsonNode? schema)
    {
        if (schema?["oneOf"] is JsonArray choices)
            schema = choices.FirstOrDefault(choice => choice?["$ref"] is not null);
        return (schema?["$ref"]?.GetValue<string>() is { } reference ? Document!["components"]!["schemas"]![reference.Split('/')[^1]] : schema) as JsonObject;
    }

    public override string ToString() => $"{Method} {Path}";
}

/// <summary>The API as the services publish it: every test over all routes starts here, so a new route cannot escape them.</summary>
public static class PublishedApi
{
    private static readonly string[] Services = ["conversation", "retrieval", "inference", "analytics"];

    public static async Task<IReadOnlyList<Operation>> ReadAsync(Stack stack, CancellationToken cancellationToken)
    {
        var operations = new List<Operation>();
        foreach (var service in Services)
        {
            var document = await stack.At(service, 0, stack.Host.ApiKey).GetAsync("/openapi/v1.json", cancellationToken);
            foreach (var (path, methods) in document["paths"]!.AsObject())
            {
                foreach (var (method, operation) in methods!.AsObject())
                    operations.Add(Read(service, document, path.TrimEnd('/'), method, operation!));
            }
        }
        return operations;
    }

    private static Operation Read(string service, JsonNode document, string path, string method, JsonNode operation)
    {
        var query = (operation["parameters"] as JsonArray ?? []).Where(parameter => parameter.Text("in") == "query").Select(parameter => parameter.Text("name"));
        var read = new Operation(service, HttpMethod.Parse(method), path, [.. query], null, document);
        return read with { Body = read.Resolve(operation["requestBody"]?["content"]?["application/json"]?["schema"]) };
    }
}
