using System.Text;
using System.Text.Json;
using Agents.LocalRuntime.Json;

namespace Agents.Conformance.Units;

public class GoJsonTests
{
    [Theory]
    [InlineData(""" {"b":1, "a":[ true,null ]} """, """{"a":[true,null],"b":1}""")]
    [InlineData("""{"a":1,"a":2,"A":3}""", """{"A":3,"a":2}""")]
    [InlineData("1.50", "1.5")]
    [InlineData("1e2", "100")]
    [InlineData("-0", "-0")]
    [InlineData("123456789012345", "123456789012345")]
    [InlineData("9007199254740993", "9007199254740992")]
    [InlineData("1e20", "100000000000000000000")]
    [InlineData("1e21", "1e+21")]
    [InlineData("-1.25e-7", "-1.25e-7")]
    [InlineData("0.000001", "0.000001")]
    [InlineData("0.00001234", "0.00001234")]
    [InlineData("1234567890123456.5", "1234567890123456.5")]
    [InlineData("\"<a>&\\u00fc\\n\\u0001\\/\"", "\"\\u003ca\\u003e\\u0026ü\\n\\u0001/\"")]
    [InlineData("\"\\u2028x\\ud83d\\ude00\"", "\"\\u2028x😀\"")]
    [InlineData("\"\\ud83d\"", "\"\uFFFD\"")]
    public void Values_come_out_as_Go_writes_them(string json, string expected) =>
        Assert.Equal(expected, Encoding.UTF8.GetString(GoJson.Normalize(Encoding.UTF8.GetBytes(json), exactNumbers: false)));

    [Fact]
    public void Exact_numbers_stay_as_they_were_written() =>
        Assert.Equal("""{"a":1.50,"b":9007199254740993}""", Encoding.UTF8.GetString(GoJson.Normalize("""{"b":9007199254740993,"a":1.50}"""u8, exactNumbers: true)));

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[1,]")]
    [InlineData("1 2")]
    [InlineData("1e999")]
    public void What_is_no_JSON_is_refused(string json) =>
        Assert.ThrowsAny<JsonException>(() => GoJson.Normalize(Encoding.UTF8.GetBytes(json), exactNumbers: false));

    [Fact]
    public void Deep_documents_are_refused_instead_of_breaking_the_stack() =>
        Assert.ThrowsAny<JsonException>(() => GoJson.Normalize(Encoding.UTF8.GetBytes(new string('[', 100_000)), exactNumbers: false));
}
