using Agents.Inference.Budgets;

namespace Agents.Inference.Accounts;

/// <summary>
/// What this replica may spend for one tenant without asking anybody: its lease, less what calls under way have reserved and what
/// has been charged since the lease was last settled. The hot path touches nothing else.
/// </summary>
internal sealed class Purse(string tenant)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Pocket> _pockets = new(StringComparer.Ordinal);
    private readonly List<Charge> _counted = [];

    public string Tenant { get; } = tenant;

    /// <summary>An update ended without an answer and may still take place: the next one has to be written, to overtake it.</summary>
    public bool IsUnsure { get; set; }

    /// <summary>Whether anything is to be settled, asked for or given back.</summary>
    public bool NeedsUpdate
    {
        get
        {
            lock (_gate)
                return IsUnsure || _counted.Count > 0 || _pockets.Values.Any(pocket => pocket.Granted > 0 || pocket.Missing > 0);
        }
    }

    /// <summary>Whether all that was charged is settled, and nothing is reserved.</summary>
    public bool IsSettled
    {
        get
        {
            lock (_gate)
                return _counted.Count == 0 && _pockets.Values.All(pocket => pocket is { Reserved: 0, Charged: 0 });
        }
    }

    /// <summary>The first page with a charge that is not settled; null when there is none.</summary>
    public long? FirstUnsettled
    {
        get
        {
            lock (_gate)
                return _counted.Count > 0 ? _counted[0].Page : null;
        }
    }

    /// <summary>Reserves in all meters or in none.</summary>
    /// <param name="note">When refused: remember what is missing, so that the next update asks for it.</param>
    /// <returns>The meter that has too little; null on success.</returns>
    public Meter? TryReserve(IReadOnlyList<Meter> meters, Amounts most, bool note, out bool low)
    {
        lock (_gate)
        {
            low = false;
            foreach (var meter in meters)
            {
                var pocket = Pocket(meter);
                var need = most[meter.Limit.Unit];
                if (pocket.Available >= need)
                    continue;
                if (note)
                {
                    foreach (var each in meters)
                        Pocket(each).Missing += most[each.Limit.Unit];
                }
                return meter;
            }
            foreach (var meter in meters)
            {
                var pocket = Pocket(meter);
                pocket.Reserved += most[meter.Limit.Unit];
                pocket.Recent += most[meter.Limit.Unit];
                low |= pocket.Available < pocket.Ahead / 2;
            }
            return null;
        }
    }

    /// <summary>A waiting call has given up, or been served.</summary>
    public void Forgo(IReadOnlyList<Meter> meters, Amounts most)
    {
        lock (_gate)
        {
            foreach (var meter in meters)
                Pocket(meter).Missing -= most[meter.Limit.Unit];
        }
    }

    /// <summary>A call has ended: what it reserved is free again, but for what it took.</summary>
    public void Charge(IReadOnlyList<Meter> meters, Amounts reserved, Amounts taken)
    {
        lock (_gate)
        {
            foreach (var meter in meters)
            {
                var pocket = Pocket(meter);
                pocket.Reserved -= reserved[meter.Limit.Unit];
                pocket.Charged += taken[meter.Limit.Unit];
            }
        }
    }

    /// <summary>Charges are in the journal now.</summary>
    public void Counted(IEnumerable<Charge> charges)
    {
        lock (_gate)
            _counted.AddRange(charges);
    }

    /// <summary>
    /// The account as this replica wants it: settled, with as much of a grant as it is likely to need. What it gives back it does not
    /// use from this moment on, because an update without an answer may have taken place.
    /// </summary>
    /// <param name="pages">How many journal pages have been told to <see cref="Counted"/>.</param>
    public Account Propose(Account account, string holder, long pages, DateTimeOffset now)
    {
        lock (_gate)
        {
            var next = account.Settle(holder, _counted, pages);
            var settledPages = next.Leases.GetValueOrDefault(holder)?.Pages ?? 0;
            foreach (var (key, pocket) in _pockets)
            {
                // Charges that are settled have left the grant; those of younger pages stay covered by it.
                var settled = _counted.Where(charge => charge.Meter == key && charge.Page < settledPages).Sum(charge => charge.Amount);
                var ahead = now >= pocket.Meter.Ends ? 0 : pocket.Missing + pocket.Ahead;
                next = next.Grant(holder, key, pocket.Reserved + pocket.Charged - settled + ahead, pocket.Meter.Limit.Hard);
                var granted = next.Leases.GetValueOrDefault(holder)?.Grants.GetValueOrDefault(key) ?? 0;
                pocket.Granted = Math.Min(pocket.Granted, granted + settled);
            }
            return next;
        }
    }

    /// <summary>The account is stored: this is what the replica holds now.</summary>
    public void Accept(Account account, string holder)
    {
        lock (_gate)
        {
            IsUnsure = false;
            var lease = account.Leases.GetValueOrDefault(holder) ?? Lease.Empty;
            foreach (var charge in _counted.Where(charge => charge.Page < lease.Pages))
                _pockets[charge.Meter].Charged -= charge.Amount;
            _counted.RemoveAll(charge => charge.Page < lease.Pages);
            foreach (var (key, pocket) in _pockets)
                pocket.Granted = lease.Grants.GetValueOrDefault(key);
            foreach (var key in _pockets.Where(pair => pair.Value.IsEmpty).Select(pair => pair.Key).ToList())
                _pockets.Remove(key);
        }
    }

    /// <summary>A second has passed: what was reserved in it is what the next one is likely to need.</summary>
    public void Tick()
    {
        lock (_gate)
        {
            foreach (var pocket in _pockets.Values)
                (pocket.Previous, pocket.Recent) = (pocket.Recent, 0);
        }
    }

    /// <summary>Whether calls wait for a lease.</summary>
    public bool IsMissing
    {
        get
        {
            lock (_gate)
                return _pockets.Values.Any(pocket => pocket.Missing > 0);
        }
    }

    /// <summary>The budgets of money in use, and whether calls wait for them.</summary>
    public IReadOnlyList<(Meter Meter, bool Missing)> Watched()
    {
        lock (_gate)
            return [.. _pockets.Values.Where(pocket => pocket.Meter.Limit.Unit == Unit.Micros).Select(pocket => (pocket.Meter, pocket.Missing > 0))];
    }

    private Pocket Pocket(Meter meter)
    {
        if (_pockets.TryGetValue(meter.Key, out var pocket))
            return pocket;
        return _pockets[meter.Key] = new Pocket(meter);
    }
}

/// <summary>One meter's part of a purse.</summary>
internal sealed class Pocket(Meter meter)
{
    public Meter Meter { get; } = meter;

    /// <summary>The lease, as last stored.</summary>
    public long Granted { get; set; }

    /// <summary>Promised to calls under way.</summary>
    public long Reserved { get; set; }

    /// <summary>Taken by calls that ended, still part of <see cref="Granted"/>.</summary>
    public long Charged { get; set; }

    /// <summary>What waiting calls need.</summary>
    public long Missing { get; set; }

    /// <summary>Reserved in this second.</summary>
    public long Recent { get; set; }

    /// <summary>Reserved in the last one.</summary>
    public long Previous { get; set; }

    /// <summary>What to hold beyond the need, so that a steady flow never waits; without a flow, nothing.</summary>
    public long Ahead => Math.Max(Recent, Previous);

    public bool IsEmpty => Granted == 0 && Reserved == 0 && Charged == 0 && Missing == 0 && Ahead == 0;

    public long Available => Granted - Reserved - Charged;
}
