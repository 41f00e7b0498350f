using System.Diagnostics;
using System.Diagnostics.Metrics;
using Agents.Retrieval.Collections;
using Agents.Retrieval.Documents;

namespace Agents.Retrieval;

/// <summary>Spans and instruments of this service. No texts, titles or queries.</summary>
internal sealed class RetrievalTelemetry : IDisposable
{
    public const string Name = "Agents.Retrieval";

    private static readonly ActivitySource Source = new(Name);

    private readonly Meter _meter;
    private readonly Histogram<double> _ingest;
    private readonly Histogram<double> _search;
    private double _lagSeconds;
    private int _open;

    public RetrievalTelemetry(IMeterFactory meters)
    {
        _meter = meters.Create(Name);
        _ingest = _meter.CreateHistogram<double>("agents.retrieval.ingest.duration", "s", "Indexing of one document, by outcome.");
        _search = _meter.CreateHistogram<double>("agents.retrieval.search.duration", "s", "One search.");
        _meter.CreateObservableGauge(
            "agents.retrieval.index.lag", () => Volatile.Read(ref _lagSeconds), "s", "Age of the oldest accepted document that is not searchable yet.");
        _meter.CreateObservableGauge(
            "agents.retrieval.index.backlog", () => Volatile.Read(ref _open), "{document}", "Accepted documents that are not searchable yet.");
    }

    public static Activity? StartIngest(CollectionKey collection, DocumentRecord record) => Source.StartActivity("ingest document")
        ?.SetTag("agents.tenant", collection.Tenant).SetTag("agents.collection", collection.Id).SetTag("agents.document", record.Id)
        .SetTag("agents.bytes", record.Bytes);

    public static Activity? StartSearch(string tenant, int collections) => Source.StartActivity("search passages")
        ?.SetTag("agents.tenant", tenant).SetTag("agents.collections", collections);

    public void Ingested(TimeSpan duration, string outcome) =>
        _ingest.Record(duration.TotalSeconds, new KeyValuePair<string, object?>("outcome", outcome));

    public void Searched(TimeSpan duration) => _search.Record(duration.TotalSeconds);

    public void Lag(TimeSpan oldest, int open)
    {
        Volatile.Write(ref _lagSeconds, oldest.TotalSeconds);
        Volatile.Write(ref _open, open);
    }

    public void Dispose() => _meter.Dispose();
}
