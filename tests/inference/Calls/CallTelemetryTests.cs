using System.Diagnostics;
using System.Diagnostics.Metrics;
using Agents.Inference.Calls;
using Agents.Inference.Deployments;
using Agents.Inference.Providers.Extractive;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Agents.Inference.Tests.Calls;

public sealed class CallTelemetryTests
{
    [Fact]
    public void A_call_is_a_span_and_figures_by_the_names_of_the_conventions()
    {
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        using var telemetry = new CallTelemetry(services.GetRequiredService<IMeterFactory>(), NullLogger<CallTelemetry>.Instance);
        var model = new Deployment(new DeploymentDefinition("telemetry-test"), new ExtractiveProvider(TimeProvider.System), null, []);
        var figures = new List<string>();
        using var meters = new MeterListener();
        meters.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == "Agents.Inference" && instrument.Meter.Scope == services.GetRequiredService<IMeterFactory>())
                listener.EnableMeasurementEvents(instrument);
        };
        meters.SetMeasurementEventCallback<int>((instrument, value, tags, _) => figures.Add($"{instrument.Name}={value} {Names(tags)}"));
        meters.SetMeasurementEventCallback<double>((instrument, value, tags, _) => figures.Add($"{instrument.Name}={value} {Names(tags)}"));
        meters.Start();
        using var spans = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Agents.Inference",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
        };
        ActivitySource.AddActivityListener(spans);

        var span = telemetry.Start("call_1", "chat", model, stream: true)!;
        telemetry.End(span, "chat", model, "v1", new Usage(10, 5, 0, Estimated: false), TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(2), "provider_cut");

        Assert.Equal(("chat telemetry-test", ActivityKind.Client, ActivityStatusCode.Error), (span.DisplayName, span.Kind, span.Status));
        (string Name, object Value)[] expected =
        [
            ("gen_ai.operation.name", "chat"), ("gen_ai.provider.name", "openai"), ("gen_ai.request.model", "telemetry-test"), ("gen_ai.response.model", "v1"),
            ("gen_ai.usage.input_tokens", 10), ("gen_ai.usage.output_tokens", 5), ("error.type", "provider_cut"), ("agents.call.id", "call_1"),
        ];
        Assert.All(expected, tag => Assert.Equal(tag.Value, span.GetTagItem(tag.Name)));
        const string Common = "gen_ai.operation.name gen_ai.provider.name gen_ai.request.model gen_ai.response.model";
        Assert.Equal(
            [
                $"gen_ai.client.token.usage=10 {Common} gen_ai.token.type",
                $"gen_ai.client.token.usage=5 {Common} gen_ai.token.type",
                $"gen_ai.client.operation.time_to_first_chunk=0.5 {Common}",
                $"gen_ai.client.operation.duration=2 {Common} error.type",
            ],
            figures);
    }

    private static string Names(ReadOnlySpan<KeyValuePair<string, object?>> tags) => string.Join(' ', tags.ToArray().Select(tag => tag.Key));
}
