using Agents.Conversation.Guardrails.Spans;

namespace Agents.Conversation.Guardrails.Personal;

/// <summary>
/// Digits as people write a number: groups with blanks, dashes, dots, slashes or brackets between them, at most three of these at a time.
/// </summary>
internal sealed class DigitRun
{
    private const int MaxDigits = 32;
    private const int MaxBetween = 3;

    private readonly List<Group> _groups = [];
    private string _digits = "";

    /// <param name="End">Where the text goes on behind the group.</param>
    /// <param name="Between">What stands before it: the first such character, or a null character.</param>
    internal readonly record struct Group(int FirstDigit, int Count, int End, char Between);

    /// <summary>All digits, as plain ones.</summary>
    public ReadOnlySpan<char> Digits => _digits;

    public IReadOnlyList<Group> Groups => _groups;

    public bool Plus { get; private set; }

    public bool Brackets { get; private set; }

    /// <summary>Where the text goes on behind it.</summary>
    public int End => _groups[^1].End;

    /// <summary>Reads what begins here.</summary>
    /// <returns>Null when no number does; <paramref name="undecided"/> then says whether more of the text may change that.</returns>
    public static DigitRun? Read(ReadOnlySpan<char> here, bool end, out bool undecided)
    {
        var run = new DigitRun();
        Span<char> digits = stackalloc char[MaxDigits];
        int count = 0, at = 0, groupAt = 0, between = 0;
        var before = '\0';
        undecided = false;
        for (; at < here.Length && count < MaxDigits; at++)
        {
            var c = here[at];
            if (Letters.Digit(c) is >= 0 and var digit)
            {
                if (between > 0 || count == 0)
                    groupAt = count;
                digits[count++] = (char)('0' + digit);
                run.Put(new Group(groupAt, count - groupAt, at + 1, before));
                between = 0;
            }
            else if (!Letters.IsInvisible(c))
            {
                if (!Separates(c) && !(count == 0 && c is '+' or '\uFF0B'))
                    break;
                run.Plus |= c is '+' or '\uFF0B';
                run.Brackets |= c is '(' or ')';
                before = between == 0 ? Letters.IsDash(c) ? '-' : Letters.IsBlank(c) ? ' ' : c : before;
                if (++between > MaxBetween || (between == 2 && Letters.IsBlank(c) && Letters.IsBlank(here[at - 1])))
                    break;
            }
        }
        undecided = at == here.Length && !end;
        run._digits = digits[..count].ToString();
        return undecided || count == 0 ? null : run;
    }

    /// <summary>Whether the groups from the first on have these lengths.</summary>
    public bool HasForm(params ReadOnlySpan<int> lengths)
    {
        if (_groups.Count != lengths.Length)
            return false;
        for (var i = 0; i < lengths.Length; i++)
        {
            if (_groups[i].Count != lengths[i])
                return false;
        }
        return true;
    }

    /// <summary>Whether it is a date, or begins with one.</summary>
    public bool IsDate()
    {
        if (_groups.Count < 3 || _groups[1].Between != _groups[2].Between || _groups[1].Between is not ('-' or '.' or '/' or ' '))
            return false;
        var (first, second, third) = (Number(0), Number(1), Number(2));
        return _groups switch
        {
            [{ Count: 4 }, { Count: <= 2 }, { Count: <= 2 }, ..] => first is >= 1800 and < 2200 && second is >= 1 and <= 12 && third is >= 1 and <= 31,
            [{ Count: <= 2 }, { Count: <= 2 }, { Count: 4 }, ..] => third is >= 1800 and < 2200 && Math.Min(first, second) is >= 1 and <= 12 && Math.Max(first, second) is <= 31,
            [{ Count: <= 2 }, { Count: <= 2 }, { Count: 2 }] => _groups[1].Between != ' ' && Math.Min(first, second) is >= 1 and <= 12 && Math.Max(first, second) <= 31,
            _ => false,
        };
    }

    private int Number(int group) => Checksums.Mod(Digits.Slice(_groups[group].FirstDigit, _groups[group].Count), 100_000);

    private void Put(Group group)
    {
        if (_groups.Count > 0 && _groups[^1].FirstDigit == group.FirstDigit)
            _groups[^1] = group with { Between = _groups[^1].Between };
        else
            _groups.Add(group);
    }

    private static bool Separates(char c) => Letters.IsBlank(c) || Letters.IsDash(c) || c is '.' or '/' or '(' or ')';
}
