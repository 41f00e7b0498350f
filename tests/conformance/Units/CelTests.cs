using System.Text.Json;
using Agents.Cel;

namespace Agents.Conformance.Units;

public class CelTests
{
    private const string Event = """{"type":"order.v2","id":"7","data":{"kind":"special","amount":12.5,"open":true,"tags":["a","b"],"none":null}}""";

    [Theory]
    [InlineData("event.type == \"order.v2\"", true)]
    [InlineData("event.type != 'order.v2'", false)]
    [InlineData("event.data.amount > 12 && event.data.amount <= 12.5", true)]
    [InlineData("event.data.amount < -1 || !(event.id == '8')", true)]
    [InlineData("event.data.open", true)]
    [InlineData("!event.data.open", false)]
    [InlineData("!!event.data.open", true)]
    [InlineData("'a' in event.data.tags && !('c' in event.data.tags)", true)]
    [InlineData("event.type in ['order.v1', 'order.v2']", true)]
    [InlineData("'kind' in event.data", true)]
    [InlineData("has(event.data.kind) && event.data['kind'] == 'special'", true)]
    [InlineData("has(event.data.other)", false)]
    [InlineData("has(event.data.other) && event.data.other == 'x'", false)]
    [InlineData("event.data.other == 'x' || event.id == '7'", true)]
    [InlineData("event.data.none == null", true)]
    [InlineData("event.type.startsWith('order.') && event.type.endsWith(\"v2\") && event.type.contains('er')", true)]
    [InlineData("event.type >= 'order.v1'", true)]
    [InlineData("event.id == 7", false)]
    public void Expressions_judge_an_event(string text, bool expected) => Assert.Equal(expected, Judge(text));

    [Theory]
    [InlineData("event.data.other == 'x'", "no such key: other")]
    [InlineData("event.type", "is not a condition")]
    [InlineData("event.type < 3", "only two numbers or two strings")]
    [InlineData("event.id.name == ''", "has no members")]
    [InlineData("event.data.amount && true", "a condition was expected")]
    [InlineData("'a' in event.type", "'in' needs a list or a map")]
    [InlineData("event.data.amount.contains('1')", "contains() needs strings")]
    public void Values_that_do_not_fit_are_errors(string text, string problem) =>
        Assert.Contains(problem, Assert.Throws<CelException>(() => Judge(text)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("event.type ==", "ends too early")]
    [InlineData("event.type = 'x'", "unexpected '='")]
    [InlineData("(event.type == 'x'", "')' was expected")]
    [InlineData("event.type == 'x", "not closed")]
    [InlineData("event.type.size() > 1", "unknown function 'size'")]
    [InlineData("has(event)", "has() needs a member")]
    [InlineData("1.2.3 == 1", "'1.2.3' is not a number")]
    [InlineData("event.type == 'x' ; drop", "unexpected ';'")]
    public void Texts_that_are_no_expression_say_why(string text, string problem) =>
        Assert.Contains(problem, Assert.Throws<CelException>(() => Expression.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void Deep_nesting_is_refused() =>
        Assert.Contains("nested deeper", Assert.Throws<CelException>(() => Expression.Parse(new string('(', 100_000))).Message, StringComparison.Ordinal);

    private static bool Judge(string text)
    {
        using var document = JsonDocument.Parse(Event);
        return Expression.Parse(text).IsTrue(name => name == "event" ? document.RootElement : throw new CelException($"unknown name '{name}'"));
    }
}
