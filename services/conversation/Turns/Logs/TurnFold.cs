namespace Agents.Conversation.Turns.Logs;

/// <summary>A turn as its log tells it.</summary>
internal static class TurnFold
{
    /// <summary>The turn after these entries of its log. Only what follows the last <c>restarted</c> is the answer.</summary>
    public static Turn Apply(Turn accepted, IReadOnlyList<TurnEntry> entries)
    {
        if (entries.Count == 0)
            return accepted;
        var attempt = entries.Skip(Math.Max(0, LastRestart(entries))).ToList();
        var text = string.Concat(attempt.Where(entry => entry.Name == TurnEvent.Delta.EventName).Select(entry => entry.Read<TurnEvent.Delta>().Text));
        var citations = attempt.Where(entry => entry.Name == TurnEvent.Cited.EventName).Select(entry => entry.Read<Citation>()).ToList();
        var partial = text.Length > 0 ? new TurnOutput(text, citations) : null;
        var last = entries[^1];
        switch (last.Name)
        {
            case TurnEvent.Completed.EventName:
                var completed = last.Read<TurnEvent.Completed>();
                return accepted with
                {
                    Status = TurnStatus.Completed,
                    Output = new TurnOutput(text, citations, completed.WithoutSources) { Degraded = completed.Degraded },
                    Usage = completed.Usage,
                    TtftMs = completed.TtftMs,
                    DurationMs = completed.DurationMs,
                    TraceId = completed.TraceId,
                    Memory = completed.Memory,
                };
            case TurnEvent.Failed.EventName:
                var failed = last.Read<TurnEvent.Failed>();
                return accepted with
                {
                    Status = TurnStatus.Failed,
                    Output = partial,
                    Error = failed.Error,
                    Usage = failed.Usage,
                    TtftMs = failed.TtftMs,
                    DurationMs = failed.DurationMs,
                    TraceId = failed.TraceId,
                };
            case TurnEvent.Cancelled.EventName:
                return accepted with { Status = TurnStatus.Cancelled, Output = partial };
            default:
                return accepted with { Status = TurnStatus.Running };
        }
    }

    private static int LastRestart(IReadOnlyList<TurnEntry> entries)
    {
        for (var i = entries.Count - 1; i >= 0; i--)
        {
            if (entries[i].Name == TurnEvent.Restarted.EventName)
                return i;
        }
        return -1;
    }
}
