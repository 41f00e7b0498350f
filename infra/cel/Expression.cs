namespace Agents.Cel;

/// <summary>
/// A subset of the Common Expression Language: literals, lists, member access, <c>in</c>, <c>has()</c>, comparisons,
/// <c>! &amp;&amp; ||</c>, and the string functions contains, startsWith, endsWith. Values are .NET <see cref="string"/>,
/// <see cref="double"/>, <see cref="bool"/>, null, lists, or JSON elements.
/// </summary>
public abstract class Expression
{
    public string Text { get; private set; } = "";

    /// <exception cref="CelException">The text is not an expression of the subset.</exception>
    public static Expression Parse(string text)
    {
        var expression = new Parser(text).ParseAll();
        expression.Text = text;
        return expression;
    }

    /// <exception cref="CelException">A member is missing, kinds do not fit, or the result is no truth value.</exception>
    public bool IsTrue(Func<string, object?> variables) =>
        Evaluate(variables) is bool value ? value : throw new CelException($"'{Text}' is not a condition");

    public abstract object? Evaluate(Func<string, object?> variables);
}

internal sealed class Literal(object? value) : Expression
{
    public override object? Evaluate(Func<string, object?> variables) => value;
}

internal sealed class Variable(string name) : Expression
{
    public override object? Evaluate(Func<string, object?> variables) => variables(name);
}

internal sealed class ListOf(IReadOnlyList<Expression> items) : Expression
{
    public override object? Evaluate(Func<string, object?> variables) => items.Select(item => item.Evaluate(variables)).ToList();
}

internal sealed class Member(Expression target, string name) : Expression
{
    public override object? Evaluate(Func<string, object?> variables) =>
        Values.TryMember(target.Evaluate(variables), name, out var value) ? value : throw new CelException($"no such key: {name}");

    public bool Exists(Func<string, object?> variables) => Values.TryMember(target.Evaluate(variables), name, out _);
}

internal sealed class Has(Member member) : Expression
{
    public override object? Evaluate(Func<string, object?> variables) => member.Exists(variables);
}

internal sealed class Not(Expression operand) : Expression
{
    public override object? Evaluate(Func<string, object?> variables) => !Values.Truth(operand.Evaluate(variables));
}

/// <summary>
/// <c>&amp;&amp;</c> and <c>||</c>. As in CEL, either side may decide alone: an error on one side does not matter when the
/// other side settles the result.
/// </summary>
internal sealed class Logical(Expression left, Expression right, bool deciding) : Expression
{
    public override object? Evaluate(Func<string, object?> variables)
    {
        try
        {
            if (Values.Truth(left.Evaluate(variables)) == deciding) return deciding;
        }
        catch (CelException) when (Values.Truth(right.Evaluate(variables)) == deciding)
        {
            return deciding;
        }

        return Values.Truth(right.Evaluate(variables));
    }
}

internal sealed class Comparison(Expression left, string operation, Expression right) : Expression
{
    public override object? Evaluate(Func<string, object?> variables)
    {
        var (a, b) = (left.Evaluate(variables), right.Evaluate(variables));
        return operation switch
        {
            "==" => Values.Same(a, b),
            "!=" => !Values.Same(a, b),
            "in" => Values.Contains(b, a),
            "<" => Values.Compare(a, b) < 0,
            "<=" => Values.Compare(a, b) <= 0,
            ">" => Values.Compare(a, b) > 0,
            _ => Values.Compare(a, b) >= 0,
        };
    }
}

internal sealed class StringCall(Expression target, string function, Expression argument) : Expression
{
    public override object? Evaluate(Func<string, object?> variables)
    {
        if (target.Evaluate(variables) is not string text || argument.Evaluate(variables) is not string part)
        {
            throw new CelException($"{function}() needs strings");
        }

        return function switch
        {
            "contains" => text.Contains(part, StringComparison.Ordinal),
            "startsWith" => text.StartsWith(part, StringComparison.Ordinal),
            _ => text.EndsWith(part, StringComparison.Ordinal),
        };
    }
}
