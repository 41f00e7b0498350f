namespace Agents.Local.Cli;

/// <summary>A bar on a terminal; elsewhere one plain line at the start and the end of each activity.</summary>
internal sealed class ProgressBar(TextWriter writer, bool interactive)
{
    private const int Width = 24;

    private readonly Lock _gate = new();
    private string? _activity;

    public void Show(string activity, int done, int total)
    {
        lock (_gate)
        {
            if (activity != _activity)
                Leave();
            var full = total == 0 ? Width : Width * done / total;
            if (interactive)
                writer.Write($"\r{activity} [{new string('#', full)}{new string('.', Width - full)}] {done}/{total} ");
            else if (activity != _activity || done == total)
                writer.WriteLine($"{activity}: {done} of {total}");
            _activity = activity;
        }
    }

    /// <summary>A line of text, on its own line whatever the bar shows.</summary>
    public void Say(string line)
    {
        lock (_gate)
        {
            Leave();
            writer.WriteLine(line);
        }
    }

    /// <summary>Leaves the bar as it stands; what comes next begins on its own line.</summary>
    public void End()
    {
        lock (_gate)
            Leave();
    }

    private void Leave()
    {
        if (interactive && _activity is not null)
            writer.WriteLine();
        _activity = null;
    }
}
