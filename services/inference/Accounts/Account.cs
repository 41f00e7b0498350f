using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Agents.Inference.Budgets;

namespace Agents.Inference.Accounts;

/// <summary>
/// The truth about what a tenant has spent and who holds leases on the rest: one record, changed by compare-and-swap only. For each
/// meter at any time: spent + unattributed + all grants is at most the limit.
/// </summary>
/// <param name="Buried">Holders that were taken for dead, and when.</param>
internal sealed record Account(
    int Revision, ImmutableDictionary<string, Total> Totals, ImmutableDictionary<string, Lease> Leases,
    ImmutableDictionary<string, DateTimeOffset> Buried)
{
    private static readonly TimeSpan Remembered = TimeSpan.FromDays(1);

    public static Account Empty { get; } = new(
        0, ImmutableDictionary<string, Total>.Empty, ImmutableDictionary<string, Lease>.Empty, ImmutableDictionary<string, DateTimeOffset>.Empty);

    public static string Key(string tenant) => $"account/{tenant}";

    /// <summary>Everything taken from a meter so far, leases included.</summary>
    public long Taken(string meter)
    {
        var total = Totals.GetValueOrDefault(meter);
        return (total?.Spent ?? 0) + (total?.Unattributed ?? 0) + Leases.Values.Sum(lease => lease.Grants.GetValueOrDefault(meter));
    }

    /// <summary>Moves charges that the holder's journal proves from its lease to what is spent. Repeating it changes nothing.</summary>
    /// <param name="charges">By journal page; pages that the lease has accounted for already are passed over.</param>
    /// <param name="pages">How many pages the journal has: all charges below are in <paramref name="charges"/>.</param>
    public Account Settle(string holder, IEnumerable<Charge> charges, long pages)
    {
        var lease = Leases.GetValueOrDefault(holder) ?? Lease.Empty;
        if (pages <= lease.Pages)
            return this;
        var (totals, grants) = (Totals, lease.Grants);
        foreach (var charge in charges)
        {
            if (charge.Page < lease.Pages || charge.Page >= pages)
                continue;
            var total = totals.GetValueOrDefault(charge.Meter) ?? Total.Empty;
            totals = totals.SetItem(charge.Meter, total with { Spent = total.Spent + charge.Amount });
            grants = With(grants, charge.Meter, Math.Max(0, grants.GetValueOrDefault(charge.Meter) - charge.Amount));
        }
        return this with { Totals = totals, Leases = Leases.SetItem(holder, new Lease(pages, grants)) };
    }

    /// <summary>Sets what the holder may spend beyond what is settled: as much of <paramref name="wanted"/> as the limit leaves.</summary>
    public Account Grant(string holder, string meter, long wanted, long limit)
    {
        var lease = Leases.GetValueOrDefault(holder) ?? Lease.Empty;
        var held = lease.Grants.GetValueOrDefault(meter);
        var next = wanted > held ? held + Math.Min(wanted - held, Math.Max(0, limit - Taken(meter))) : wanted;
        return next == held ? this : this with { Leases = Leases.SetItem(holder, lease with { Grants = With(lease.Grants, meter, next) }) };
    }

    /// <summary>
    /// Ends a dead holder's lease: what its journal proves is spent, and the rest of its grants is lost, unattributed. It stays known as
    /// buried, so that it gets no other lease should it be alive after all.
    /// </summary>
    public Account Bury(string holder, IEnumerable<Charge> charges, long pages, DateTimeOffset now)
    {
        if (Buried.ContainsKey(holder))
            return this;
        var settled = Leases.ContainsKey(holder) ? Settle(holder, charges, pages) : this;
        var totals = settled.Totals;
        foreach (var (meter, grant) in (settled.Leases.GetValueOrDefault(holder) ?? Lease.Empty).Grants)
        {
            var total = totals.GetValueOrDefault(meter) ?? Total.Empty;
            totals = totals.SetItem(meter, total with { Unattributed = total.Unattributed + grant });
        }
        var buried = settled.Buried.RemoveRange(settled.Buried.Where(other => now - other.Value > Remembered).Select(other => other.Key));
        return settled with { Totals = totals, Leases = settled.Leases.Remove(holder), Buried = buried.SetItem(holder, now) };
    }

    /// <summary>Notes what has been announced about a meter.</summary>
    public Account Announce(string meter, string state) =>
        this with { Totals = Totals.SetItem(meter, (Totals.GetValueOrDefault(meter) ?? Total.Empty) with { State = state }) };

    /// <summary>Forgets meters that are long over and in which nobody holds a grant.</summary>
    public Account Forget(DateTimeOffset now)
    {
        var over = Totals.Keys.Where(meter => Meter.IsLongOver(meter, now) && Leases.Values.All(lease => !lease.Grants.ContainsKey(meter))).ToList();
        return over.Count == 0 ? this : this with { Totals = Totals.RemoveRange(over) };
    }

    private static ImmutableDictionary<string, long> With(ImmutableDictionary<string, long> grants, string meter, long amount) =>
        amount == 0 ? grants.Remove(meter) : grants.SetItem(meter, amount);
}

/// <param name="Spent">Charged by calls whose events are in a journal.</param>
/// <param name="Unattributed">Lost with replicas that died holding a lease: counted as spent, because it may have been.</param>
/// <param name="State"><c>ok</c>, <c>soft</c> or <c>used_up</c>, as announced.</param>
[JsonNumberHandling(JsonNumberHandling.WriteAsString | JsonNumberHandling.AllowReadingFromString)]
internal sealed record Total(long Spent, long Unattributed, string State)
{
    public static Total Empty { get; } = new(0, 0, "ok");
}

/// <param name="Pages">How many pages of the holder's journal are settled.</param>
/// <param name="Grants">By meter: what the holder may still spend, charges that are not settled included.</param>
internal sealed record Lease(
    long Pages,
    [property: JsonNumberHandling(JsonNumberHandling.WriteAsString | JsonNumberHandling.AllowReadingFromString)]
    ImmutableDictionary<string, long> Grants)
{
    public static Lease Empty { get; } = new(0, ImmutableDictionary<string, long>.Empty);
}

/// <summary>An amount that a journal page takes from a meter.</summary>
internal readonly record struct Charge(long Page, string Tenant, string Meter, long Amount);
