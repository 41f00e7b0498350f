using System.Text;

namespace Agents.Testing;

/// <summary>What a long run said when a test made a short one of it: the message of its failure, since a test's own output is not always shown.</summary>
public sealed class Figures
{
    private readonly StringBuilder _lines = new();

    /// <summary>Takes a line; runs say some from several threads.</summary>
    public void Say(string line)
    {
        lock (_lines)
            _lines.AppendLine(line);
    }

    public override string ToString()
    {
        lock (_lines)
            return _lines.ToString();
    }
}
