using Agents.Contracts;
using Agents.Defaults.Errors;
using Agents.Defaults.State;

namespace Agents.Inference.Accounts;

/// <summary>The tenants' accounts, each one record that changes by compare-and-swap.</summary>
internal sealed class AccountStore(Stores stores, TimeProvider time)
{
    private const int Attempts = 16;

    public async Task<Account> GetAsync(string tenant, CancellationToken cancellationToken) =>
        (await stores.Main.GetAsync<Account>(Account.Key(tenant), cancellationToken))?.Value ?? Account.Empty;

    /// <summary>Settles and renews the lease of a purse.</summary>
    /// <returns>The account as stored, and what there is to announce about its budgets.</returns>
    /// <exception cref="FencedException">The holder has been buried.</exception>
    public async Task<(Account Account, IReadOnlyList<BudgetChanged> Changes)> UpdateAsync(
        Purse purse, string holder, long pages, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var changes = new List<BudgetChanged>();
        var account = await ChangeAsync(purse.Tenant, purse.IsUnsure, current =>
        {
            changes.Clear();
            if (current.Buried.ContainsKey(holder))
                throw new FencedException();
            var next = purse.Propose(current, holder, pages, now).Forget(now);
            return Announce(purse, next, now, changes);
        }, cancellationToken);
        return (account, changes);
    }

    /// <summary>Ends the lease of a holder whose journal is closed.</summary>
    public Task BuryAsync(string tenant, string holder, IReadOnlyList<Charge> charges, long pages, CancellationToken cancellationToken) =>
        ChangeAsync(tenant, write: false, current => current.Bury(holder, charges.Where(charge => charge.Tenant == tenant), pages, time.GetUtcNow()), cancellationToken);

    private async Task<Account> ChangeAsync(string tenant, bool write, Func<Account, Account> change, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var found = await stores.Main.GetAsync<Account>(Account.Key(tenant), cancellationToken);
            var current = found?.Value ?? Account.Empty;
            var next = change(current);
            if (ReferenceEquals(next, current) && !write)
                return current;
            next = next with { Revision = current.Revision + 1 };
            var done = found is null
                ? await stores.Main.TryCreateAsync(Account.Key(tenant), next, cancellationToken)
                : await stores.Main.TryReplaceAsync(Account.Key(tenant), next, found.ETag, cancellationToken);
            if (done)
                return next;
        }
        throw new ProblemException(Problem.Conflict("contention", "Too many replicas change this account at once.", TimeSpan.FromSeconds(1)));
    }

    // A soft limit is crossed when that much is spent; a hard one is used up when a call waits for what is no longer there.
    private static Account Announce(Purse purse, Account account, DateTimeOffset now, List<BudgetChanged> changes)
    {
        foreach (var (meter, missing) in purse.Watched())
        {
            var total = account.Totals.GetValueOrDefault(meter.Key) ?? Total.Empty;
            var spent = total.Spent + total.Unattributed;
            var state = spent >= meter.Limit.Hard || (missing && account.Taken(meter.Key) >= meter.Limit.Hard) ? "used_up"
                : spent >= meter.Limit.Soft ? "soft" : "ok";
            if (state == "ok" || state == total.State || total.State == "used_up")
                continue;
            account = account.Announce(meter.Key, state);
            changes.Add(new BudgetChanged(
                purse.Tenant, now, meter.Limit.Budget.Id, state, meter.Limit.Budget.LimitMicros ?? 0, spent, account.Revision + 1));
        }
        return account;
    }
}
