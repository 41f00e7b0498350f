using Agents.Defaults.Events;
using Agents.Defaults.State;

namespace Agents.Inference.Accounts;

/// <summary>
/// Where journals lie. A page is written before the head counts it, and the head changes by compare-and-swap: so a page counts or it
/// does not, and after <see cref="CloseAsync"/> no page of a writer who is still alive counts any more.
/// </summary>
internal sealed class JournalStore(Stores stores, EventPublisher events, string appId)
{
    // Long enough for any replica to find and finish a dead one's journal.
    private static readonly TimeSpan Kept = TimeSpan.FromDays(7);

    public async Task<IReadOnlyList<JournalId>> RosterAsync(CancellationToken cancellationToken) =>
        (await stores.Main.GetAsync<JournalRoster>(JournalRoster.Key(appId), cancellationToken))?.Value.Journals ?? [];

    public Task EnrolAsync(JournalId id, CancellationToken cancellationToken) =>
        ChangeRosterAsync(journals => journals.Contains(id) ? journals : [.. journals, id], cancellationToken);

    public Task StrikeAsync(JournalId id, CancellationToken cancellationToken) =>
        ChangeRosterAsync(journals => journals.Contains(id) ? [.. journals.Where(other => other != id)] : journals, cancellationToken);

    public async Task<Record<JournalHead>?> HeadAsync(JournalId id, CancellationToken cancellationToken) =>
        await stores.Main.GetAsync<JournalHead>(id.HeadKey, cancellationToken);

    /// <summary>Creates the head, or changes it if it is still as it was read. False when it is not.</summary>
    public Task<bool> TryWriteHeadAsync(JournalId id, JournalHead head, string? etag, CancellationToken cancellationToken) => etag is null
        ? stores.Main.TryCreateAsync(id.HeadKey, head, cancellationToken, Kept)
        : stores.Main.TryReplaceAsync(id.HeadKey, head, etag, cancellationToken, Kept);

    /// <summary>Writes a page. Repeating it with the same entries changes nothing.</summary>
    public Task WritePageAsync(JournalId id, long page, IReadOnlyList<JournalEntry> entries, CancellationToken cancellationToken) =>
        stores.Main.PutAsync(id.PageKey(page), entries, cancellationToken, Kept);

    public async Task<IReadOnlyList<JournalEntry>> PageAsync(JournalId id, long page, CancellationToken cancellationToken) =>
        (await stores.Main.GetAsync<IReadOnlyList<JournalEntry>>(id.PageKey(page), cancellationToken))?.Value
        ?? throw new InvalidOperationException($"Journal {id.Holder} counts page {page}, which is not there.");

    public Task DeletePageAsync(JournalId id, long page, CancellationToken cancellationToken) =>
        stores.Main.DeleteAsync(id.PageKey(page), cancellationToken);

    /// <summary>Ends a journal for good.</summary>
    /// <returns>The head as it stays, but for what is published.</returns>
    public async Task<JournalHead> CloseAsync(JournalId id, CancellationToken cancellationToken)
    {
        while (true)
        {
            var found = await HeadAsync(id, cancellationToken);
            if (found?.Value is { Closed: true } closed)
                return closed;
            var head = (found?.Value ?? JournalHead.Empty) with { Closed = true };
            if (await TryWriteHeadAsync(id, head, found?.ETag, cancellationToken))
                return head;
        }
    }

    private async Task ChangeRosterAsync(Func<IReadOnlyList<JournalId>, IReadOnlyList<JournalId>> change, CancellationToken cancellationToken)
    {
        var key = JournalRoster.Key(appId);
        while (true)
        {
            var found = await stores.Main.GetAsync<JournalRoster>(key, cancellationToken);
            IReadOnlyList<JournalId> current = found?.Value.Journals ?? [];
            var next = change(current);
            if (ReferenceEquals(next, current)
                || (found is null
                    ? await stores.Main.TryCreateAsync(key, new JournalRoster(next), cancellationToken)
                    : await stores.Main.TryReplaceAsync(key, new JournalRoster(next), found.ETag, cancellationToken)))
            {
                return;
            }
        }
    }

    /// <summary>Brings a page's events to the broker. A repetition is dropped by subscribers, by id.</summary>
    public async Task PublishAsync(IReadOnlyList<JournalEntry> entries, CancellationToken cancellationToken)
    {
        foreach (var tenant in entries.GroupBy(entry => entry.Tenant, StringComparer.Ordinal))
            await events.PublishNowAsync(Contracts.Topics.Model, tenant.Key, [.. tenant.Select(entry => entry.Event)], cancellationToken);
    }
}
