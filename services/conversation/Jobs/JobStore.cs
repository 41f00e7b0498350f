using System.Globalization;
using Agents.Conversation.Turns;
using Agents.Conversation.Turns.Logs;
using Agents.Defaults.Api;
using Agents.Defaults.Ledgers;
using Agents.Defaults.Paging;
using Agents.Defaults.State;

namespace Agents.Conversation.Jobs;

/// <summary>Job records, <c>job/{tenant}/{id}</c>, their lists, and the pages of long inputs.</summary>
internal sealed class JobStore(Stores stores, LedgerSet ledgers, TurnLogs logs, TimeProvider time)
{
    public const string Prefix = "job";

    /// <summary>After its deadline a job has this long to be ended by a worker.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromMinutes(10);

    // Characters; a character takes up to six bytes of JSON, and a value may have 256 KB.
    private const int MaxInline = 4_000;
    private const int PageSize = 32_000;

    /// <summary>Keeps a job and lists it, as far as an earlier submission has not done so; that one cannot withdraw it any more.</summary>
    /// <returns>Whether this is the first submission.</returns>
    public async Task<bool> CreateAsync(JobRecord job, CancellationToken cancellationToken)
    {
        var pages = job.Input.Length > MaxInline ? job.Input.Chunk(PageSize).Select(page => new string(page)).ToList() : [];
        await Task.WhenAll(pages.Select((page, n) => stores.Main.PutAsync(PageKey(job, n), page, cancellationToken, Ttl(job))));
        var kept = pages.Count == 0 ? job : job with { Input = job.Input[..MaxInline], InputPages = pages.Count };
        var first = true;
        // Runs of a plan are found by their plan.
        await (job.Run is null ? List(job.Tenant).AddOnceAsync(job.Id, CreateRecordAsync, cancellationToken) : CreateRecordAsync());
        return first;

        async Task<bool> CreateRecordAsync()
        {
            JobRecord? before = null;
            do
            {
                if (await stores.Main.TryCreateAsync(Key(job.Tenant, job.Id), kept, cancellationToken, Ttl(job)))
                    return true;
            }
            while (await stores.Main.UpdateAsync<JobRecord>(Key(job.Tenant, job.Id), Share, cancellationToken, Ttl(job)) is null);
            first = before is { Withdrawn: true };
            return false;

            JobRecord? Share(JobRecord? current) => (before = current) switch
            {
                { Withdrawn: true } => kept,
                { Untouched: true, Shared: false } => before with { Shared = true },
                _ => null,
            };
        }
    }

    public async Task<JobRecord?> GetAsync(string tenant, string id, CancellationToken cancellationToken) =>
        Ids.IsValid(Prefix, id) && (await stores.Main.GetAsync<JobRecord>(Key(tenant, id), cancellationToken))?.Value is { Withdrawn: false } job ? job : null;

    /// <summary>The job as of now: one whose log has its end has ended, also before its record says so.</summary>
    public async Task<JobRecord?> FindAsync(string tenant, string id, CancellationToken cancellationToken)
    {
        if (await GetAsync(tenant, id, cancellationToken) is not { } job)
            return null;
        return job is { Status: JobStatus.Running } && await logs.ReadAsync(job.AsSession(), job.Turn, cancellationToken) is [.., { Last: true } last]
            ? job.End(last, time.GetUtcNow())
            : job;
    }

    /// <summary>Compare-and-swap; <paramref name="change"/> returns null to leave the job as it is. Null when there is none.</summary>
    public Task<JobRecord?> UpdateAsync(JobRecord job, Func<JobRecord, JobRecord?> change, CancellationToken cancellationToken) =>
        stores.Main.UpdateAsync<JobRecord>(Key(job.Tenant, job.Id), current => current is { Withdrawn: false } ? change(current) : null, cancellationToken, Ttl(job));

    /// <summary>The whole input.</summary>
    public async Task<string> InputAsync(JobRecord job, CancellationToken cancellationToken)
    {
        if (job.InputPages == 0)
            return job.Input;
        var keys = Enumerable.Range(0, job.InputPages).Select(n => PageKey(job, n)).ToList();
        var pages = await stores.Main.GetManyAsync<string>(keys, cancellationToken);
        return string.Concat(keys.Select(key => pages[key].Value));
    }

    /// <summary>What the job gave, as far as it got.</summary>
    public async Task<TurnOutput?> OutputAsync(JobRecord job, CancellationToken cancellationToken) =>
        OutputOf(job, await logs.ReadAsync(job.AsSession(), job.Turn, cancellationToken));

    /// <summary>What the job gave, by its log.</summary>
    public static TurnOutput? OutputOf(JobRecord job, IReadOnlyList<TurnEntry> entries) =>
        TurnFold.Apply(new Turn(job.Turn, job.Id, TurnStatus.Running, "", null, null, null, null, null, null, job.CreatedAt), entries).Output;

    /// <summary>Takes back a job that was not accepted: it is not run. It may be created again.</summary>
    /// <returns>False when it stays: somebody has begun it, or submitted it again.</returns>
    public async Task<bool> WithdrawAsync(JobRecord job, CancellationToken cancellationToken) =>
        await UpdateAsync(job, current => current is { Untouched: true, Shared: false } ? current with { Withdrawn = true } : null, cancellationToken) is null or { Withdrawn: true };

    /// <summary>Removes a job with all it holds.</summary>
    public async Task DeleteAsync(JobRecord job, CancellationToken cancellationToken)
    {
        for (var life = 0; life <= job.Life; life++)
            await logs.Get(job.AsSession(life), job.Turn).DeleteAsync(cancellationToken);
        for (var n = 0; n < job.InputPages; n++)
            await stores.Main.DeleteAsync(PageKey(job, n), cancellationToken);
        await stores.Main.DeleteAsync(Key(job.Tenant, job.Id), cancellationToken);
    }

    /// <summary>Notes a dead letter, before its job's record says so.</summary>
    public Task BuryAsync(JobRecord job, CancellationToken cancellationToken) =>
        // A job that died before is in the list already.
        job.Life > 0 ? Task.CompletedTask : DeadLetters(job.Tenant).AddOnceAsync(job.Id, () => Task.FromResult(false), cancellationToken);

    /// <summary>A page of the tenant's jobs that fit, or of its dead letters.</summary>
    public Task<Page<JobRecord>> PageAsync(string tenant, PageQuery query, bool dead, Func<JobRecord, bool> fits, CancellationToken cancellationToken) =>
        (dead ? DeadLetters(tenant) : List(tenant)).PageAsync(query, (ids, token) => LoadAsync(tenant, ids, fits, token), job => job.Id, cancellationToken);

    private async Task<IReadOnlyList<JobRecord>> LoadAsync(string tenant, IReadOnlyList<string> ids, Func<JobRecord, bool> fits, CancellationToken cancellationToken)
    {
        var found = await stores.Main.GetManyAsync<JobRecord>([.. ids.Select(id => Key(tenant, id))], cancellationToken);
        return [.. found.Values.Select(record => record.Value).Where(job => !job.Withdrawn && fits(job))];
    }

    // As long as it is not ended, until it must have ended and its result have been read.
    private TimeSpan Ttl(JobRecord job)
    {
        var left = job.Deadline - time.GetUtcNow();
        return (left > TimeSpan.Zero ? left : TimeSpan.Zero) + Grace + job.ResultTtl;
    }

    private Listing List(string tenant) => new(ledgers.Get<string>($"jobs/{tenant}"));

    private Listing DeadLetters(string tenant) => new(ledgers.Get<string>($"dead-letters/{tenant}"));

    private static string Key(string tenant, string id) => $"job/{tenant}/{id}";

    private static string PageKey(JobRecord job, int page) => string.Create(CultureInfo.InvariantCulture, $"job-input/{job.Tenant}/{job.Id}/{page}");
}
