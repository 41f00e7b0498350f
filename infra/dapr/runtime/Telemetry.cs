using OpenTelemetry;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Agents.LocalRuntime;

/// <summary>Exports the sidecars' spans when OTEL_EXPORTER_OTLP_ENDPOINT says where to.</summary>
internal static class Telemetry
{
    public static TracerProvider? Start()
    {
        if (string.IsNullOrEmpty(Environment.GetEnvironmentVariable("OTEL_EXPORTER_OTLP_ENDPOINT"))) return null;
        return Sdk.CreateTracerProviderBuilder()
            .ConfigureResource(resource => resource.AddService("agents-local-runtime"))
            .AddSource(Http.RequestTrace.Source.Name)
            .AddOtlpExporter()
            .Build();
    }
}
