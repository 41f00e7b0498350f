using Agents.Contracts;
using Agents.Defaults.Errors;
using Agents.Defaults.Events;
using Agents.Defaults.Replicas;
using Agents.Inference.Budgets;

namespace Agents.Inference.Accounts;

/// <summary>
/// The money of this replica: reserves before a call and charges after it, from purses that hold short leases of the tenants' accounts.
/// Commits and updates move it on; a background service calls them, and so does a simulation.
/// </summary>
internal sealed partial class Treasury(
    JournalStore journals, AccountStore accounts, EventPublisher events, ReplicaId self, TimeProvider time, ILogger<Treasury> logger)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private volatile Ledgers _ledgers = new(new Journal(journals, new JournalId(self, 0)));

    private readonly Signal _entries = new();
    private readonly Signal _leases = new();

    public bool IsOpen { get; private set; }

    /// <summary>Reserves what a call may take at most. Waits for the store only when the lease has too little.</summary>
    /// <returns>The reservation, or why there is none.</returns>
    public async ValueTask<(Reservation?, Problem?)> ReserveAsync(
        string tenant, IReadOnlyList<Meter> meters, Amounts most, CancellationToken cancellationToken)
    {
        var ledgers = _ledgers;
        if (ledgers.Journal.IsFull)
            return (null, Problem.Unavailable("accounts_unavailable", "The accounts cannot be written at the moment; nothing was asked of a model."));
        if (meters.Count == 0)
            return (new Reservation(ledgers.Journal, null, meters, default), null);
        foreach (var meter in meters)
        {
            if (most[meter.Limit.Unit] > meter.Limit.Hard)
                return (null, Refusals.TooLarge(meter, most));
        }
        var purse = ledgers.Purses.GetOrAdd(tenant, static name => new Purse(name));
        if (purse.TryReserve(meters, most, note: false, out var low) is not null)
        {
            if (await WaitAsync(ledgers, purse, meters, most, cancellationToken) is { } refusal)
                return (null, refusal);
        }
        else if (low)
        {
            ledgers.Low[tenant] = true;
            _leases.Set();
        }
        return (new Reservation(ledgers.Journal, purse, meters, most), null);
    }

    /// <summary>The call has ended: its event and what it charges are written within 50 ms.</summary>
    public void Settle(Reservation reservation, CallCompleted call, Amounts taken)
    {
        reservation.Purse?.Charge(reservation.Meters, reservation.Most, taken);
        var charges = reservation.Meters.Select(meter => new MeterCharge(meter.Key, taken[meter.Limit.Unit])).Where(charge => charge.Amount > 0).ToList();
        // What a closed journal reserved is booked as unattributed already: its event must not be counted a second time.
        var journal = charges.Count == 0 ? _ledgers.Journal : reservation.Journal;
        if (journal.Fenced)
            Unattributed(logger, call.CallId);
        else
            journal.Add(new JournalEntry(call.Tenant, events.Message(call), charges));
        _entries.Set();
    }

    /// <summary>Nothing was asked of a model after all.</summary>
    public static void Release(Reservation reservation) => reservation.Purse?.Charge(reservation.Meters, reservation.Most, default);

    /// <summary>Writes what calls have taken. Begins a new journal when this replica was taken for dead.</summary>
    public async Task CommitAsync(CancellationToken cancellationToken)
    {
        var ledgers = _ledgers;
        var journal = ledgers.Journal;
        if (!IsOpen)
        {
            await journal.OpenAsync(cancellationToken);
            IsOpen = true;
        }
        while (journal.HasMore && !journal.Fenced)
        {
            if (await journal.CommitAsync(cancellationToken) is not { } charges)
                break;
            foreach (var tenant in charges.GroupBy(charge => charge.Tenant, StringComparer.Ordinal))
                ledgers.Purses[tenant.Key].Counted(tenant);
            ledgers.CountedPages = journal.Pages;
        }
        if (!journal.Fenced)
            return;
        Begun(logger, journal.Id.Holder);
        var next = new Journal(journals, journal.Id with { Generation = journal.Id.Generation + 1 });
        foreach (var entry in journal.Uncharged())
            next.Add(entry);
        _ledgers = new Ledgers(next);
        IsOpen = false;
    }

    /// <summary>Brings counted events to the broker.</summary>
    public Task PublishAsync(CancellationToken cancellationToken) => _ledgers.Journal.PublishAsync(cancellationToken);

    /// <summary>Settles with the accounts: asks for what calls wait for, and gives back what lies idle.</summary>
    /// <param name="urgent">Only accounts that calls wait for, or will soon.</param>
    public async Task UpdateAsync(bool urgent, CancellationToken cancellationToken)
    {
        var ledgers = _ledgers;
        if (!IsOpen || ledgers.Journal.Fenced)
            return;
        foreach (var purse in ledgers.Purses.Values)
        {
            if (!urgent)
                purse.Tick();
            if (urgent ? purse.IsMissing || ledgers.Low.TryRemove(purse.Tenant, out _) : purse.NeedsUpdate)
                await RenewAsync(ledgers, purse, cancellationToken);
        }
    }

    /// <summary>Removes pages that are published and settled everywhere.</summary>
    public Task TidyAsync(CancellationToken cancellationToken)
    {
        var ledgers = _ledgers;
        var pages = ledgers.Journal.Pages;
        var settled = ledgers.Purses.Values.Select(purse => purse.FirstUnsettled ?? long.MaxValue).Append(pages).Min();
        return ledgers.Journal.TidyAsync(settled, cancellationToken);
    }

    /// <summary>Whether all calls are written, published and settled.</summary>
    public bool IsSettled => _ledgers.Journal.IsIdle && _ledgers.Purses.Values.All(purse => purse is { IsSettled: true });

    /// <summary>Whether no account holds anything for this replica.</summary>
    public bool HoldsNothing => _ledgers.Purses.Values.All(purse => !purse.NeedsUpdate);

    /// <summary>Waits until a call has ended, at most <paramref name="longest"/>.</summary>
    public Task WaitForEntriesAsync(TimeSpan longest, CancellationToken cancellationToken) => _entries.WaitAsync(longest, time, cancellationToken);

    /// <summary>Waits until a call needs a lease, at most <paramref name="longest"/>.</summary>
    public Task WaitForNeedsAsync(TimeSpan longest, CancellationToken cancellationToken) => _leases.WaitAsync(longest, time, cancellationToken);

    private async ValueTask<Problem?> WaitAsync(
        Ledgers ledgers, Purse purse, IReadOnlyList<Meter> meters, Amounts most, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        while (true)
        {
            if (purse.TryReserve(meters, most, note: true, out _) is null)
                return null;
            try
            {
                var left = Patience - time.GetElapsedTime(began);
                if (left <= TimeSpan.Zero
                    || await ledgers.NextUpdateAsync(purse.Tenant, _leases.Set, left, time, cancellationToken) is not { } account)
                {
                    return Problem.Unavailable("accounts_unavailable", "The accounts do not answer at the moment; nothing was asked of a model.");
                }
                if (purse.TryReserve(meters, most, note: false, out _) is not { } lacking)
                    return null;
                // Somebody quicker took what came in; there may be more.
                if (account.Taken(lacking.Key) + most[lacking.Limit.Unit] > lacking.Limit.Hard)
                    return Refusals.UsedUp(lacking, account, time.GetUtcNow());
            }
            finally
            {
                purse.Forgo(meters, most);
            }
        }
    }

    private async Task RenewAsync(Ledgers ledgers, Purse purse, CancellationToken cancellationToken)
    {
        // Whoever comes from here on waits for the next update: this one may not have seen it.
        var waiters = ledgers.TakeWaiters(purse.Tenant);
        try
        {
            var (account, changes) = await accounts.UpdateAsync(purse, ledgers.Journal.Id.Holder, ledgers.CountedPages, cancellationToken);
            purse.Accept(account, ledgers.Journal.Id.Holder);
            foreach (var change in changes)
                events.Publish(change);
            foreach (var waiter in waiters)
                waiter.TrySetResult(account);
        }
        catch (FencedException)
        {
            // The next commit begins a new journal; whoever waits finds no lease in this one and gives up.
            ledgers.Journal.Fence();
        }
        catch (Exception exception) when (exception is Dapr.DaprException or HttpRequestException or ProblemException)
        {
            // The purse says that its update may still take place; the next tick tries again.
            purse.IsUnsure = true;
            ledgers.Wait(purse.Tenant, waiters);
            NotUpdated(logger, purse.Tenant, exception.GetType().Name);
        }
    }

    [LoggerMessage(LogLevel.Warning, "The account of {Tenant} could not be updated: {Cause}")]
    private static partial void NotUpdated(ILogger logger, string tenant, string cause);

    [LoggerMessage(LogLevel.Error, "The journal {Holder} was closed by another replica; beginning a new one")]
    private static partial void Begun(ILogger logger, string holder);

    [LoggerMessage(LogLevel.Error, "Call {CallId} ended after its journal was closed; its cost is part of what is unattributed")]
    private static partial void Unattributed(ILogger logger, string callId);
}
