using System.Globalization;

namespace Agents.Testing;

/// <summary>What came of many trials of one kind; safe to fill from several threads.</summary>
public sealed class Trials(string what)
{
    private const int Shown = 20;

    private readonly Lock _lock = new();
    private readonly List<string> _problems = [];
    private readonly List<string> _notes = [];
    private int _count;

    public int Count => _count;

    public bool Good
    {
        get
        {
            lock (_lock)
                return _problems.Count == 0;
        }
    }

    /// <summary>One more trial, or several.</summary>
    public void Begin(int trials = 1) => Interlocked.Add(ref _count, trials);

    /// <summary>Something that must hold.</summary>
    public void Expect(bool good, Func<string> otherwise)
    {
        if (good)
            return;
        lock (_lock)
            _problems.Add(otherwise());
    }

    /// <summary>Something to know about the run.</summary>
    public void Note(string note)
    {
        lock (_lock)
            _notes.Add(note);
    }

    /// <summary>The figures in a line, then what is to know and what went wrong.</summary>
    public override string ToString()
    {
        lock (_lock)
        {
            var lines = _notes.Concat(_problems.Take(Shown)).Select(line => "\n  " + line);
            return string.Create(CultureInfo.InvariantCulture, $"{what,-24}{_count}; wrong {_problems.Count}{Statistics.Bound(_problems.Count, _count)}{string.Concat(lines)}");
        }
    }
}
