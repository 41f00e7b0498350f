using Agents.Defaults.Replicas;
using Agents.Inference.Budgets;

namespace Agents.Inference.Accounts;

/// <summary>
/// Finishes what dead replicas left: closes their journals, books what their leases still held as unattributed, and publishes what
/// they had counted. Any replica may do it, several may at once, and one that dies over it is finished by the next.
/// </summary>
internal sealed partial class Undertaker(
    JournalStore journals, AccountStore accounts, BudgetBook budgets, Func<ReplicaId, bool> isAlive, ILogger<Undertaker> logger)
{
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        foreach (var id in await journals.RosterAsync(cancellationToken))
        {
            if (!isAlive(id.Replica) || await journals.HeadAsync(id, cancellationToken) is { Value.Closed: true })
                await BuryAsync(id, cancellationToken);
        }
    }

    private async Task BuryAsync(JournalId id, CancellationToken cancellationToken)
    {
        var head = await journals.CloseAsync(id, cancellationToken);
        var charges = new List<Charge>();
        for (var page = head.First; page < head.Pages; page++)
        {
            var entries = await journals.PageAsync(id, page, cancellationToken);
            var number = page;
            charges.AddRange(entries.SelectMany(entry => entry.Charges.Select(charge => new Charge(number, entry.Tenant, charge.Meter, charge.Amount))));
        }
        // Also where it has no lease: should it be alive after all, it gets none from now on.
        foreach (var tenant in budgets.Tenants)
            await accounts.BuryAsync(tenant, id.Holder, charges, head.Pages, cancellationToken);
        for (var page = Math.Max(head.First, head.Published); page < head.Pages; page++)
            await journals.PublishAsync(await journals.PageAsync(id, page, cancellationToken), cancellationToken);
        await journals.StrikeAsync(id, cancellationToken);
        Buried(logger, id.Holder, head.Pages);
    }

    [LoggerMessage(LogLevel.Warning, "The journal {Holder} of a replica that is gone was finished at page {Pages}")]
    private static partial void Buried(ILogger logger, string holder, long pages);
}
