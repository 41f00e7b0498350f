using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Dapr;
using Dapr.Actors;
using Dapr.Actors.Client;

namespace Agents.Conversation.Jobs.Lanes;

/// <summary>Calls the shards of lanes. Places that are asked for at the same time share a call.</summary>
internal sealed class LaneClient(IActorProxyFactory actors, LaneOptions lanes, WakeUps wakeUps, TimeProvider time)
{
    public const string ActorType = "Lane";

    private const int PlacesPerCall = 200;
    private const int MaxAttempts = 5;

    private readonly ConcurrentDictionary<(string Lane, int Shard), Batcher<PlaceJob, (bool Accepted, int WaitSeconds)>> _places = new();

    /// <summary>The shard of a tenant.</summary>
    public int ShardOf(string lane, string tenant) => (int)(Fnv(tenant) % (uint)lanes[lane].Shards);

    /// <summary>Gives a job its place, and wakes a worker.</summary>
    /// <returns>False when too many jobs wait; and the seconds after which it may have begun.</returns>
    /// <exception cref="Dapr.DaprException">The shard does not answer; the job may have its place all the same.</exception>
    public Task<(bool Accepted, int WaitSeconds)> PlaceAsync(string lane, PlaceJob job) =>
        _places.GetOrAdd((lane, ShardOf(lane, job.Tenant)), id => new(PlacesPerCall, jobs => PlaceAsync(id.Lane, id.Shard, jobs))).AddAsync(job);

    public Task<ExchangedJobs> ExchangeAsync(string lane, int shard, ExchangeJobs call, CancellationToken cancellationToken) =>
        Proxy(lane, shard).InvokeMethodAsync<ExchangeJobs, ExchangedJobs>(nameof(ILaneShard.Exchange), call, cancellationToken);

    public Task DropAsync(string lane, string tenant, string job, CancellationToken cancellationToken) =>
        Proxy(lane, ShardOf(lane, tenant)).InvokeMethodAsync<IReadOnlyList<string>>(nameof(ILaneShard.Drop), [job], cancellationToken);

    public async Task<LaneFigure> FigureAsync(string lane, CancellationToken cancellationToken) => LaneFigure.Sum(await Task.WhenAll(
        Enumerable.Range(0, lanes[lane].Shards).Select(shard => Proxy(lane, shard).InvokeMethodAsync<LaneFigure>(nameof(ILaneShard.Figure), cancellationToken))));

    public static (string Lane, int Shard) Parse(string actor)
    {
        var dash = actor.LastIndexOf('-');
        return (actor[..dash], int.Parse(actor.AsSpan(dash + 1), CultureInfo.InvariantCulture));
    }

    private async Task<IReadOnlyList<(bool Accepted, int WaitSeconds)>> PlaceAsync(string lane, int shard, IReadOnlyList<PlaceJob> jobs)
    {
        var placed = await PlaceForSureAsync(lane, shard, jobs);
        if (placed.Waiting <= WakeUps.Enough)
            wakeUps.Publish(lane, shard, jobs.Count);
        return [.. placed.Accepted.Select(accepted => (accepted, placed.WaitSeconds))];
    }

    // A shard whose replica has just died lives on another one a moment later; a place that is asked for twice is one place.
    private async Task<PlacedJobs> PlaceForSureAsync(string lane, int shard, IReadOnlyList<PlaceJob> jobs)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await Proxy(lane, shard).InvokeMethodAsync<IReadOnlyList<PlaceJob>, PlacedJobs>(nameof(ILaneShard.Place), jobs);
            }
            catch (Exception exception) when (exception is DaprException or HttpRequestException && attempt < MaxAttempts)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100 << attempt), time);
            }
        }
    }

    private ActorProxy Proxy(string lane, int shard) =>
        actors.Create(new ActorId(string.Create(CultureInfo.InvariantCulture, $"{lane}-{shard}")), ActorType);

    // The same in every process and for ever: tenants keep their shards.
    private static uint Fnv(string text)
    {
        var hash = 2_166_136_261u;
        foreach (var letter in Encoding.UTF8.GetBytes(text))
            hash = (hash ^ letter) * 16_777_619u;
        return hash;
    }
}
