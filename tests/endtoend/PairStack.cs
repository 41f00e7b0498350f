using Agents.Local;
using Agents.Testing;

[assembly: Xunit.AssemblyFixture(typeof(Agents.EndToEnd.Tests.PairStack))]

namespace Agents.EndToEnd.Tests;

/// <summary>Two replicas of every service, a runtime that can be told to fail, and a collector that receives the telemetry.</summary>
public sealed class PairStack : Stack
{
    public Collector Collector { get; } = new();

    protected override async ValueTask<LocalHostOptions> ConfigureAsync(LocalHostOptions options)
    {
        await Collector.StartAsync();
        return options with
        {
            Replicas = new Dictionary<string, int> { ["conversation"] = 2, ["retrieval"] = 2, ["inference"] = 2, ["analytics"] = 2 },
            RuntimeArguments = ["--enable-fault-injection"],
            Environment = new Dictionary<string, string>(options.Environment)
            {
                ["OTEL_EXPORTER_OTLP_ENDPOINT"] = Collector.Address,
                ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
                ["OTEL_BSP_SCHEDULE_DELAY"] = "200",
                ["OTEL_METRIC_EXPORT_INTERVAL"] = "2000",
            },
        };
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await Collector.DisposeAsync();
    }
}
