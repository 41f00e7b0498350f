using System.Text.Json;
using System.Text.Json.Nodes;
using Agents.Conversation.Models;
using Agents.Conversation.Tools;
using Xunit;

namespace Agents.Conversation.Tests.Tools;

/// <summary>Schemas, arguments and pieces of tool calls that nobody wrote on purpose: random, by a seed.</summary>
public sealed class HostileJsonTests
{
    private static readonly string[] Words =
    [
        "type", "properties", "required", "additionalProperties", "items", "enum", "const", "minimum", "maximum", "minLength", "maxItems", "object", "array",
        "string", "integer", "index", "function", "name", "arguments", "a", "",
    ];

    [Fact]
    public void No_schema_and_no_value_breaks_the_check()
    {
        var random = new Random(28);
        for (var n = 0; n < 20_000; n++)
        {
            var value = JsonSerializer.SerializeToElement(Any(random, 4));
            if (SchemaCheck.Fault(Any(random, 4) ?? new JsonObject(), value) is { } fault)
                Assert.StartsWith("$", fault, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void No_piece_of_a_tool_call_breaks_the_reader()
    {
        var random = new Random(36);
        for (var n = 0; n < 2_000; n++)
        {
            var reader = new ToolCallReader();
            for (var piece = 0; piece < 100; piece++)
                reader.Read(Any(random, 4) as JsonArray ?? [Any(random, 3)]);
            Assert.InRange(reader.Complete().Count, 0, 64);
        }
    }

    [Theory]
    [InlineData("""{"type":"object","required":["a"]}""", """{"a":1}""", null)]
    [InlineData("""{"type":"object","required":["a"]}""", """{}""", "$ lacks 'a'.")]
    [InlineData("""{"properties":{"a":{"type":["string","null"]}}}""", """{"a":null}""", null)]
    [InlineData("""{"properties":{"a":{"type":"integer"}}}""", """{"a":1.5}""", "$.a must be of type integer.")]
    [InlineData("""{"properties":{"a":{"enum":["x",2]}}}""", """{"a":"y"}""", """$.a must be one of ["x",2].""")]
    [InlineData("""{"properties":{"a":{"items":{"maximum":3},"maxItems":2}}}""", """{"a":[1,4]}""", "$.a[1] must be at most 3.")]
    [InlineData("""{"properties":{"a":{"maxItems":2}}}""", """{"a":[1,2,3]}""", "$.a must have at most 2 items.")]
    [InlineData("""{"additionalProperties":{"type":"boolean"}}""", """{"a":1}""", "$.a must be of type boolean.")]
    public void What_does_not_fit_is_said_in_words(string schema, string value, string? fault) =>
        Assert.Equal(fault, SchemaCheck.Fault(JsonNode.Parse(schema)!, JsonSerializer.Deserialize<JsonElement>(value)));

    private static JsonNode? Any(Random random, int depth) => random.Next(depth > 0 ? 8 : 5) switch
    {
        0 => null,
        1 => JsonValue.Create(random.Next(-5, 70)),
        2 => JsonValue.Create(Words[random.Next(Words.Length)]),
        3 => JsonValue.Create(random.NextDouble() * 1e300),
        4 => JsonValue.Create(random.Next(2) == 0),
        5 => new JsonArray([.. Enumerable.Range(0, random.Next(4)).Select(_ => Any(random, depth - 1))]),
        _ => new JsonObject(Enumerable.Range(0, random.Next(5)).Select(_ => Words[random.Next(Words.Length)]).Distinct().Select(name => KeyValuePair.Create(name, Any(random, depth - 1)))),
    };
}
