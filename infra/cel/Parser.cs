using System.Globalization;
using System.Text;

namespace Agents.Cel;

/// <summary>A recursive-descent parser for the subset described at <see cref="Expression"/>.</summary>
internal sealed class Parser(string text)
{
    private const int DeepestNesting = 64;
    private static readonly string[] Relations = ["==", "!=", "<=", ">=", "<", ">"];

    private int _at;
    private int _depth;

    public Expression ParseAll()
    {
        var expression = Or();
        SkipSpace();
        return _at == text.Length ? expression : throw Unexpected();
    }

    private Expression Or()
    {
        if (++_depth > DeepestNesting) throw new CelException($"nested deeper than {DeepestNesting}");
        var left = And();
        while (Accept("||")) left = new Logical(left, And(), deciding: true);
        _depth--;
        return left;
    }

    private Expression And()
    {
        var left = Relation();
        while (Accept("&&")) left = new Logical(left, Relation(), deciding: false);
        return left;
    }

    private Expression Relation()
    {
        var left = Unary();
        foreach (var operation in Relations)
        {
            if (Accept(operation)) return new Comparison(left, operation, Unary());
        }

        return AcceptWord("in") ? new Comparison(left, "in", Unary()) : left;
    }

    private Expression Unary()
    {
        var negations = 0;
        while (!Peek("!=") && Accept("!")) negations++;
        var operand = Postfix();
        for (; negations > 0; negations--) operand = new Not(operand);
        return operand;
    }

    private Expression Postfix()
    {
        var target = Primary();
        while (true)
        {
            if (Accept("."))
            {
                var name = Word();
                target = Accept("(") ? Call(target, name) : new Member(target, name);
            }
            else if (Accept("["))
            {
                SkipSpace();
                if (_at >= text.Length || text[_at] is not ('"' or '\''))
                    throw new CelException($"a string was expected at position {_at + 1} of '{text}'");
                target = new Member(target, Quoted());
                Expect("]");
            }
            else
            {
                return target;
            }
        }
    }

    private StringCall Call(Expression target, string name)
    {
        if (name is not ("contains" or "startsWith" or "endsWith"))
        {
            throw new CelException($"unknown function '{name}' in '{text}' (known: contains, startsWith, endsWith, has)");
        }

        var argument = Or();
        Expect(")");
        return new StringCall(target, name, argument);
    }

    private Expression Primary()
    {
        SkipSpace();
        if (Accept("("))
        {
            var inner = Or();
            Expect(")");
            return inner;
        }

        if (Accept("[")) return List();
        if (_at >= text.Length) throw Unexpected();
        if (text[_at] is '"' or '\'') return new Literal(Quoted());
        if (char.IsAsciiDigit(text[_at]) || text[_at] == '-') return Number();
        var word = Word();
        switch (word)
        {
            case "true":
                return new Literal(true);
            case "false":
                return new Literal(false);
            case "null":
                return new Literal(null);
            case "has":
                Expect("(");
                var member = Or() as Member ?? throw new CelException($"has() needs a member in '{text}'");
                Expect(")");
                return new Has(member);
            default:
                return new Variable(word);
        }
    }

    private ListOf List()
    {
        var items = new List<Expression>();
        if (Accept("]")) return new ListOf(items);
        do items.Add(Or());
        while (Accept(","));
        Expect("]");
        return new ListOf(items);
    }

    private Literal Number()
    {
        var start = _at++;
        while (_at < text.Length && (char.IsAsciiDigit(text[_at]) || text[_at] is '.' or 'e' or 'E')) _at++;
        return double.TryParse(text.AsSpan(start, _at - start), NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
            ? new Literal(value)
            : throw new CelException($"'{text[start.._at]}' is not a number in '{text}'");
    }

    private string Quoted()
    {
        var quote = text[_at++];
        var value = new StringBuilder();
        while (_at < text.Length && text[_at] != quote)
        {
            if (text[_at] == '\\' && _at + 1 < text.Length) _at++;
            value.Append(text[_at++]);
        }

        if (_at++ >= text.Length) throw new CelException($"a string is not closed in '{text}'");
        return value.ToString();
    }

    private string Word()
    {
        SkipSpace();
        var start = _at;
        while (_at < text.Length && (char.IsAsciiLetterOrDigit(text[_at]) || text[_at] == '_')) _at++;
        return _at > start ? text[start.._at] : throw Unexpected();
    }

    private bool AcceptWord(string word)
    {
        SkipSpace();
        var end = _at + word.Length;
        return Peek(word) && (end >= text.Length || !(char.IsAsciiLetterOrDigit(text[end]) || text[end] == '_')) && Accept(word);
    }

    private bool Accept(string token)
    {
        if (!Peek(token)) return false;
        _at += token.Length;
        return true;
    }

    private bool Peek(string token)
    {
        SkipSpace();
        return string.CompareOrdinal(text, _at, token, 0, token.Length) == 0;
    }

    private void Expect(string token)
    {
        if (!Accept(token)) throw new CelException($"'{token}' was expected at position {_at + 1} of '{text}'");
    }

    private void SkipSpace()
    {
        while (_at < text.Length && char.IsWhiteSpace(text[_at])) _at++;
    }

    private CelException Unexpected() => _at >= text.Length
        ? new($"'{text}' ends too early")
        : new($"unexpected '{text[_at]}' at position {_at + 1} of '{text}'");
}
