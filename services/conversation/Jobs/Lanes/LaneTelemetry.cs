using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Agents.Defaults.Replicas;

namespace Agents.Conversation.Jobs.Lanes;

/// <summary>How the shards stand whose actors live in this process: <c>agents.lane.jobs</c> (queued and leased) and <c>agents.lane.work</c> (seconds). What waits goes out with heartbeats, too.</summary>
internal sealed class LaneTelemetry : IDisposable
{
    private readonly Meter _meter = new("Agents.Conversation.Lanes");
    private readonly ConcurrentDictionary<(string Lane, int Shard), LaneFigure> _figures = new();

    public LaneTelemetry(ReplicaLoad load)
    {
        load.Queues = Waiting;
        _meter.CreateObservableGauge("agents.lane.jobs", () => _figures.SelectMany(Jobs), "{job}", "Jobs in a lane, by state");
        _meter.CreateObservableGauge("agents.lane.work", () => _figures.Select(Work), "s", "Estimated seconds of work in a lane");
    }

    public void Set(string lane, int shard, LaneFigure figure) => _figures[(lane, shard)] = figure;

    public void Forget(string lane, int shard) => _figures.TryRemove((lane, shard), out _);

    private Dictionary<string, int> Waiting() =>
        _figures.GroupBy(shard => shard.Key.Lane).ToDictionary(lane => lane.Key, lane => lane.Sum(shard => shard.Value.Waiting));

    public void Dispose() => _meter.Dispose();

    private static IEnumerable<Measurement<long>> Jobs(KeyValuePair<(string Lane, int Shard), LaneFigure> shard) =>
    [
        new(shard.Value.Waiting, [.. Tags(shard.Key), new("agents.job.state", "queued")]),
        new(shard.Value.Leased, [.. Tags(shard.Key), new("agents.job.state", "leased")]),
    ];

    private static Measurement<double> Work(KeyValuePair<(string Lane, int Shard), LaneFigure> shard) => new(shard.Value.WorkSeconds, Tags(shard.Key));

    private static KeyValuePair<string, object?>[] Tags((string Lane, int Shard) id) => [new("agents.lane", id.Lane), new("agents.lane.shard", id.Shard)];
}
