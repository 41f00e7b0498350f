using System.Diagnostics;
using System.Globalization;

namespace Agents.Testing;

/// <summary>Says how far a long run has come, at each tenth of it.</summary>
/// <param name="what">What is counted, in the plural.</param>
/// <param name="total">How many make the whole.</param>
public sealed class Progress(string what, int total, Action<string> say)
{
    private readonly long _started = Stopwatch.GetTimestamp();
    private readonly Lock _lock = new();
    private int _tenths;

    /// <summary>So many are done.</summary>
    public void Reached(int done)
    {
        lock (_lock)
        {
            var tenths = (int)Math.Min(10, done * 10L / Math.Max(1, total));
            if (tenths <= _tenths)
                return;
            _tenths = tenths;
            say(string.Create(CultureInfo.InvariantCulture, $"{Stopwatch.GetElapsedTime(_started):hh\\:mm\\:ss} {done} of {total} {what}"));
        }
    }
}
