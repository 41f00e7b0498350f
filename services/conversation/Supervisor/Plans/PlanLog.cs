using System.Text.Json;
using Agents.Conversation.Jobs;
using Agents.Conversation.Turns;
using Agents.Conversation.Turns.Logs;
using Agents.Defaults.Ledgers;

namespace Agents.Conversation.Supervisor.Plans;

/// <summary>
/// The log of a supervisor's job: what happened to its plan, the answer, and the end. Every replica and worker may write as long as it has
/// no end; whoever ends it raises the fence, and nothing that was still under way is heard any more.
/// </summary>
internal sealed class PlanLog(TurnLogs logs)
{
    private const int DeltaCharacters = 4_000;
    private const int DeltasAtOnce = 2;
    private const int CitationsAtOnce = 4;

    public Task<IReadOnlyList<TurnEntry>> ReadAsync(JobRecord plan, CancellationToken cancellationToken) => logs.ReadAsync(plan.AsSession(), plan.Turn, cancellationToken);

    /// <summary>Notes what is not noted yet. False when the plan has its end.</summary>
    public async Task<bool> NoteAsync(JobRecord plan, CancellationToken cancellationToken, params IReadOnlyList<TurnEvent> happened)
    {
        var entries = await ReadAsync(plan, cancellationToken);
        if (entries is [.., { Last: true }])
            return false;
        var known = entries.Select(KeyOf).ToHashSet(StringComparer.Ordinal);
        return await AppendAsync(plan, [.. happened.Where(one => !known.Contains(KeyOf(one)))], cancellationToken);
    }

    /// <summary>Notes without looking, for what does no harm when it is told twice. False when the plan has its end.</summary>
    public Task<bool> TellAsync(JobRecord plan, TurnEvent happened, CancellationToken cancellationToken) => AppendAsync(plan, [happened], cancellationToken);

    /// <summary>Writes the answer down, which an attempt before this one may have done in part.</summary>
    public async Task SayAsync(JobRecord plan, TurnOutput answer, CancellationToken cancellationToken)
    {
        // What there would be if it ended here.
        var before = JobStore.OutputOf(plan, [.. (await ReadAsync(plan, cancellationToken)), TurnEntry.Of(new TurnEvent.Cancelled(""), 0)]);
        if (before is not null && before.Text == answer.Text && before.Citations.Count == answer.Citations.Count)
            return;
        if (before is not null)
            await AppendAsync(plan, [new TurnEvent.Restarted("retried")], cancellationToken);
        foreach (var some in Pieces(answer.Text).Chunk(DeltasAtOnce))
            await AppendAsync(plan, [.. some.Select(piece => new TurnEvent.Delta(piece))], cancellationToken);
        foreach (var some in answer.Citations.Chunk(CitationsAtOnce))
        {
            await AppendAsync(
                plan, [.. some.Select(cited => new TurnEvent.Cited(cited.Index, cited.DocumentId, cited.CollectionId, cited.ChunkId, cited.Title, cited.Passage, cited.Text))], cancellationToken);
        }
    }

    private async Task<bool> AppendAsync(JobRecord plan, IReadOnlyList<TurnEvent> happened, CancellationToken cancellationToken)
    {
        if (happened.Count == 0)
            return true;
        try
        {
            await logs.Get(plan.AsSession(), plan.Turn).AppendAsync([.. happened.Select(one => TurnEntry.Of(one, 0, (one as PlanEvent)?.Key))], cancellationToken);
            return true;
        }
        catch (LedgerFencedException)
        {
            return false;
        }
    }

    private static IEnumerable<string> Pieces(string text)
    {
        for (var from = 0; from < text.Length;)
        {
            var length = Math.Min(DeltaCharacters, text.Length - from);
            // A pair of surrogates stays together.
            if (length == DeltaCharacters && char.IsHighSurrogate(text[from + length - 1]))
                length--;
            yield return text.Substring(from, length);
            from += length;
        }
    }

    private static string KeyOf(TurnEvent happened) => happened is PlanEvent one ? one.Key : happened.Name;

    private static string KeyOf(TurnEntry entry) => entry.Inside is { ValueKind: JsonValueKind.String } key ? key.GetString()! : entry.Name;
}
