using System.Text.Json;
using System.Text.Json.Nodes;
using Agents.Testing;
using Xunit;

namespace Agents.EndToEnd.Tests;

/// <summary>
/// The API as it is published and reviewed: <c>services/{service}/openapi.json</c>. A break is refused; an addition must be recorded by
/// running the tests with <c>AGENTS_RECORD_OPENAPI=1</c>, so that a review sees it.
/// </summary>
public sealed class OpenApiTests(PairStack stack)
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [Theory]
    [InlineData("conversation")]
    [InlineData("retrieval")]
    [InlineData("inference")]
    [InlineData("analytics")]
    public async Task The_published_api_breaks_nothing_and_is_recorded(string service)
    {
        var token = TestContext.Current.CancellationToken;
        var file = Path.Combine(Stack.RepositoryRoot, "services", service, "openapi.json");
        var now = await stack.At(service, 0, stack.Host.ApiKey).GetAsync("/openapi/v1.json", token);
        var text = now.ToJsonString(Indented) + "\n";
        var record = Environment.GetEnvironmentVariable("AGENTS_RECORD_OPENAPI") == "1";
        if (File.Exists(file))
        {
            var breaks = ApiBreaks.Between(JsonNode.Parse(await File.ReadAllTextAsync(file, token))!, now);
            Assert.True(breaks.Count == 0, $"the API of {service} breaks its clients:\n{string.Join('\n', breaks)}");
        }
        if (record)
            await File.WriteAllTextAsync(file, text, token);
        Assert.True(File.Exists(file) && await File.ReadAllTextAsync(file, token) == text, $"{file} is not up to date; run the tests with AGENTS_RECORD_OPENAPI=1 and review the change");
    }

    [Fact]
    public void A_removed_route_parameter_or_answer_field_and_a_new_requirement_are_breaks()
    {
        const string Before = """
            {"paths":{"/v1/a":{"get":{"responses":{"200":{}}},"post":{"requestBody":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/Body"}}}},"responses":{"200":{}}}}},
             "components":{"schemas":{"Body":{"type":"object","properties":{"x":{"type":"string"},"y":{"type":"integer"}}}}}}
            """;
        Assert.Empty(ApiBreaks.Between(JsonNode.Parse(Before)!, JsonNode.Parse(Before)!));
        (string From, string To)[] changes =
        [
            ("\"get\":{\"responses\":{\"200\":{}}},", ""),
            ("\"/v1/a\"", "\"/v1/b\""),
            (",\"y\":{\"type\":\"integer\"}", ""),
            ("\"type\":\"integer\"", "\"type\":\"string\""),
            ("\"type\":\"object\",", "\"type\":\"object\",\"required\":[\"x\"],"),
            ("\"get\":{", "\"get\":{\"parameters\":[{\"name\":\"q\",\"in\":\"query\",\"required\":true}],"),
            ("\"get\":{\"responses\":{\"200\"", "\"get\":{\"responses\":{\"201\""),
        ];
        foreach (var (from, to) in changes)
            Assert.NotEmpty(ApiBreaks.Between(JsonNode.Parse(Before)!, JsonNode.Parse(Before.Replace(from, to, StringComparison.Ordinal))!));
    }
}
