using Agents.Defaults.Replicas;

namespace Agents.Conversation.Jobs.Lanes;

/// <summary>
/// A shard of a lane in memory: the fold of its log. Each method changes it and notes the entries that say so in <see cref="News"/>; a
/// caller who cannot write them down must forget this object. No clock of its own, no I/O.
/// </summary>
/// <remarks>
/// Whose job is next: that of the tenant who has used the fewest tokens. A tenant who comes with a first job starts at the level of the
/// one who has used least, so it can neither save up nor be made to wait for the past: before its job, each other tenant that waits in the
/// shard gets at most one, and every eighth place goes to whatever job has waited longest.
/// </remarks>
internal sealed class Lane(LaneSpec spec)
{
    /// <summary>Every so many places go by age, so that none is passed over for ever.</summary>
    public const int PromoteEvery = 8;

    private const int MaxIdleTenants = 4_096;
    private const int SmallQueue = 64;
    private const double Smoothing = 0.1;

    private readonly Dictionary<string, LaneJob> _jobs = new(StringComparer.Ordinal);
    private readonly Dictionary<string, LaneTenant> _tenants = new(StringComparer.Ordinal);

    private readonly Dictionary<ReplicaId, HashSet<LaneJob>> _held = [];

    // By time; what has changed since is recognised when its turn comes.
    private readonly PriorityQueue<LaneJob, long> _pauses = new();
    private readonly PriorityQueue<LaneJob, long> _deadlines = new();

    private readonly Queue<LaneJob> _late = new();

    // The last call of each life of a worker.
    private readonly Dictionary<ReplicaId, long> _turns = [];
    private List<LaneEntry> _news = [];
    private long _picks;
    private long _tokens;
    private double _secondsPerToken = 0.005;

    /// <summary>How many jobs it holds.</summary>
    public int Count => _jobs.Count;

    public int Leased { get; private set; }

    /// <summary>What happened since it was last asked.</summary>
    public IReadOnlyList<LaneEntry> News()
    {
        var news = _news;
        _news = [];
        return news;
    }

    /// <summary>Gives a job its place; one that has a place keeps it. False when too many wait.</summary>
    public bool Place(PlaceJob job, long now)
    {
        if (_jobs.ContainsKey(job.Job))
            return true;
        if (_jobs.Count - Leased >= spec.MaxWaiting || _tenants.GetValueOrDefault(job.Tenant)?.Waiting >= spec.MaxWaitingPerTenant)
            return false;
        Happen(new LaneEntry(LaneStep.Placed, job.Job, now, job.Tenant, Math.Max(1, job.Tokens), job.Deadline.ToUnixTimeMilliseconds(), job.Life));
        return true;
    }

    /// <summary>Takes note of what a worker has done, and gives it what is next.</summary>
    /// <param name="jitter">0 to 1.</param>
    public IReadOnlyList<LeasedJob> Exchange(ExchangeJobs call, long now, Func<double> jitter)
    {
        // A call that comes late would take what the worker has meanwhile for lost.
        if (_turns.GetValueOrDefault(call.Worker) >= call.Turn)
            return [];
        _turns[call.Worker] = call.Turn;
        foreach (var finished in call.Finished)
        {
            if (_jobs.GetValueOrDefault(finished.Job) is { } job && job.Worker == call.Worker && job.Lease == finished.Lease)
                Finish(job, finished, now, jitter);
        }
        var held = call.Held.ToHashSet(StringComparer.Ordinal);
        foreach (var unheard in HeldBy(call.Worker).Where(job => !held.Contains(job.Id)).ToList())
            Wait(unheard, now, 0, unheard.Attempts - 1, 0);
        var next = new List<LeasedJob>(call.Want);
        while (next.Count < call.Want && Next(now) is { } job)
        {
            Happen(new LaneEntry(LaneStep.Leased, job.Id, now, Attempts: job.Attempts + 1, Lease: job.Lease + 1, Worker: call.Worker));
            next.Add(new LeasedJob(job.Id, job.Tenant.Name, job.Lease, job.Attempts, job.Life));
        }
        return next;
    }

    /// <summary>Forgets a job that is not to run any more.</summary>
    public void Drop(string id, long now)
    {
        if (_jobs.ContainsKey(id))
            Happen(new LaneEntry(LaneStep.Ended, id, now));
    }

    /// <summary>Has jobs wait again whose workers are gone; gives how many.</summary>
    public int Lose(Func<ReplicaId, bool> isAlive, long now, Func<double> jitter)
    {
        var gone = _held.Keys.Where(worker => !isAlive(worker)).ToList();
        var lost = gone.SelectMany(HeldBy).ToList();
        // The first time at once; a job that goes on losing its workers should not lose them all together.
        foreach (var job in lost)
            Wait(job, now, job.Attempts == 1 ? 0 : now + Pause(job.Attempts - 1, 0, jitter), job.Attempts, job.Tokens);
        foreach (var worker in gone)
        {
            _held.Remove(worker);
            _turns.Remove(worker);
        }
        return lost.Count;
    }

    /// <summary>How many jobs could be given to a worker now, or could but for their tenant's limit.</summary>
    public int Ready(long now)
    {
        Advance(now);
        return _late.Count + _tenants.Values.Sum(tenant => Math.Min(
            tenant.Ready.Count, spec.TenantConcurrency == 0 ? int.MaxValue : Math.Max(0, spec.TenantConcurrency - tenant.Leased)));
    }

    public LaneFigure Figure(long now) => new(
        _jobs.Count - Leased, Leased, _tokens * _secondsPerToken,
        _tenants.Values.Where(tenant => tenant.Ready.Count > 0).Select(tenant => Math.Max(0, now - tenant.Ready.Min!.Since) / 1_000d).DefaultIfEmpty().Max());

    /// <summary>Takes an entry of the log in.</summary>
    public void Apply(LaneEntry entry)
    {
        if (entry.Step == LaneStep.Placed)
            Add(entry);
        else if (entry.Step == LaneStep.Used)
            Tenant(entry.Job).Used = entry.Tokens;
        else if (_jobs.GetValueOrDefault(entry.Job) is { } job)
            Apply(entry, job);
    }

    /// <summary>Entries that make the same lane anew.</summary>
    public IEnumerable<LaneEntry> Snapshot()
    {
        foreach (var job in _jobs.Values.OrderBy(job => job.Since))
        {
            yield return new LaneEntry(
                LaneStep.Placed, job.Id, job.Since, job.Tenant.Name, job.Tokens, job.Deadline, job.Life, job.Worker is null ? job.Attempts : 0, job.Lease, job.Until);
            if (job.Worker is { } worker)
                yield return new LaneEntry(LaneStep.Leased, job.Id, job.LeasedAt, Attempts: job.Attempts, Lease: job.Lease, Worker: worker);
        }
        // Last, because placing and leasing counted, too.
        foreach (var tenant in _tenants.Values.Where(tenant => !tenant.IsIdle))
            yield return new LaneEntry(LaneStep.Used, tenant.Name, 0, Tokens: tenant.Used);
    }

    private void Happen(LaneEntry entry)
    {
        Apply(entry);
        _news.Add(entry);
    }

    private void Finish(LaneJob job, FinishedJob finished, long now, Func<double> jitter)
    {
        if (finished.Verdict == Verdict.Ended)
            Happen(new LaneEntry(LaneStep.Ended, job.Id, now, Tokens: finished.Tokens));
        else if (finished.Verdict == Verdict.Failed)
            Wait(job, now, now + Pause(job.Attempts, finished.RetryAfterMs, jitter), job.Attempts, finished.Tokens);
        else
            Wait(job, now, 0, job.Attempts - 1, 0);
    }

    private void Wait(LaneJob job, long now, long until, int attempts, long tokens) =>
        Happen(new LaneEntry(LaneStep.Waits, job.Id, now, Tokens: tokens, Attempts: attempts, Until: until));

    // 1 s, 2 s, 4 s, ... 5 min, each shortened by up to a half by chance; never shorter than a provider asks, an hour at most.
    private static long Pause(int attempts, long retryAfterMs, Func<double> jitter)
    {
        var backoff = Math.Min(300_000, 1_000L << Math.Clamp(attempts - 1, 0, 9));
        return Math.Max((long)(backoff * (1 - (jitter() / 2))), Math.Min(3_600_000, retryAfterMs));
    }

    private LaneJob? Next(long now)
    {
        Advance(now);
        // What is past its deadline is not run, only ended: it takes nobody's place.
        if (_late.TryDequeue(out var late))
            return late;
        LaneTenant? next = null;
        var byAge = _picks % PromoteEvery == PromoteEvery - 1;
        foreach (var tenant in _tenants.Values)
        {
            if (tenant.Ready.Count == 0 || (spec.TenantConcurrency > 0 && tenant.Leased >= spec.TenantConcurrency))
                continue;
            if (next is null || (byAge || tenant.Used == next.Used ? tenant.Ready.Min!.Since < next.Ready.Min!.Since : tenant.Used < next.Used))
                next = tenant;
        }
        if (next is null)
            return null;
        _picks++;
        return next.Ready.Min;
    }

    private void Advance(long now)
    {
        while (_pauses.TryPeek(out var job, out var until) && until <= now)
        {
            _pauses.Dequeue();
            if (IsCurrent(job) && job.Worker is null && job.Until == until)
                job.Tenant.Ready.Add(job);
        }
        while (_deadlines.TryPeek(out var job, out var deadline) && deadline <= now)
        {
            _deadlines.Dequeue();
            if (IsCurrent(job) && job.Worker is null)
                _late.Enqueue(job);
        }
        while (_late.TryPeek(out var first) && (!IsCurrent(first) || first.Worker is not null))
            _late.Dequeue();
    }

    private void Add(LaneEntry entry)
    {
        if (_jobs.ContainsKey(entry.Job))
            return;
        var tenant = Tenant(entry.Tenant!);
        if (tenant.IsIdle)
            tenant.Used = Math.Max(tenant.Used, _tenants.Values.Where(other => !other.IsIdle).Select(other => other.Used - other.Expected).DefaultIfEmpty().Min());
        var job = new LaneJob(entry.Job, tenant, entry.Tokens, entry.Deadline, entry.Life, entry.At) { Attempts = entry.Attempts, Lease = entry.Lease };
        _jobs[job.Id] = job;
        _tokens += job.Tokens;
        Schedule(_deadlines, job, job => job.Deadline);
        Queue(job, entry.Until);
    }

    private void Apply(LaneEntry entry, LaneJob job)
    {
        var tenant = job.Tenant;
        if (entry.Step == LaneStep.Leased)
        {
            Unqueue(job);
            (job.Worker, job.Lease, job.Attempts, job.LeasedAt) = (entry.Worker, entry.Lease, entry.Attempts, entry.At);
            if (!_held.TryGetValue(entry.Worker!, out var held))
                _held[entry.Worker!] = held = [];
            held.Add(job);
            tenant.Leased++;
            Leased++;
            tenant.Used += job.Tokens;
            tenant.Expected += job.Tokens;
            return;
        }
        if (job.Worker is null)
        {
            Unqueue(job);
        }
        else
        {
            tenant.Leased--;
            Leased--;
            _held[job.Worker].Remove(job);
            job.Worker = null;
            tenant.Expected -= job.Tokens;
            // It was charged what it was expected to use.
            if (entry.Tokens > 0 || entry.Step == LaneStep.Waits)
                tenant.Used += entry.Tokens - job.Tokens;
            if (entry.Step == LaneStep.Ended)
                _secondsPerToken += Smoothing * ((Math.Max(0, entry.At - job.LeasedAt) / 1_000d / job.Tokens) - _secondsPerToken);
        }
        if (entry.Step == LaneStep.Ended)
        {
            _jobs.Remove(job.Id);
            _tokens -= job.Tokens;
            if (tenant.IsIdle && _tenants.Count > MaxIdleTenants)
                _tenants.Remove(tenant.Name);
            return;
        }
        job.Attempts = Math.Max(0, entry.Attempts);
        Schedule(_deadlines, job, job => job.Deadline);
        Queue(job, entry.Until);
    }

    private void Queue(LaneJob job, long until)
    {
        job.Until = until;
        job.Tenant.Waiting++;
        if (until > 0)
            Schedule(_pauses, job, job => job.Until);
        else
            job.Tenant.Ready.Add(job);
    }

    /// <summary>Most jobs end long before their deadline: what is void is thrown out whenever it is more than what counts.</summary>
    private void Schedule(PriorityQueue<LaneJob, long> queue, LaneJob job, Func<LaneJob, long> time)
    {
        if (queue.Count > 2 * _jobs.Count + SmallQueue)
        {
            var current = queue.UnorderedItems.Where(item => IsCurrent(item.Element) && time(item.Element) == item.Priority).Distinct().ToList();
            queue.Clear();
            queue.EnqueueRange(current);
        }
        queue.Enqueue(job, time(job));
    }

    private static void Unqueue(LaneJob job)
    {
        job.Tenant.Ready.Remove(job);
        job.Tenant.Waiting--;
    }

    private IEnumerable<LaneJob> HeldBy(ReplicaId worker) => _held.GetValueOrDefault(worker) ?? [];

    private bool IsCurrent(LaneJob job) => ReferenceEquals(_jobs.GetValueOrDefault(job.Id), job);

    private LaneTenant Tenant(string name)
    {
        if (!_tenants.TryGetValue(name, out var tenant))
            _tenants[name] = tenant = new LaneTenant(name);
        return tenant;
    }
}
