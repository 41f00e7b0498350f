using System.Diagnostics;
using Microsoft.Extensions.Configuration.Memory;
using OpenTelemetry;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Agents.Defaults.Telemetry;

/// <summary>
/// Traces, metrics and logs over OTLP when <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> is set (the standard OTEL variables apply); JSON logs
/// on the console always. ASP.NET Core and HttpClient bring their own sources and meters.
/// </summary>
internal static class TelemetryExtensions
{
    private static readonly string[] Sources = ["Microsoft.AspNetCore", "System.Net.Http", "Agents.*"];

    private static readonly string[] Meters =
        ["Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Net.Http", "System.Runtime", "Agents.*"];

    private static readonly Dictionary<string, string?> QuietFrameworks = new()
    {
        ["Logging:LogLevel:Microsoft.AspNetCore"] = "Warning",
        ["Logging:LogLevel:System.Net.Http"] = "Warning",
    };

    public static void AddTelemetry(this IHostApplicationBuilder builder, ServiceIdentity identity)
    {
        // The least important source, so that any setting of the operator's wins: four lines for every request would cost more than it.
        builder.Configuration.Sources.Insert(0, new MemoryConfigurationSource { InitialData = QuietFrameworks });
        builder.Logging.ClearProviders();
        builder.Logging.AddJsonConsole(console =>
        {
            console.TimestampFormat = "O";
            console.UseUtcTimestamp = true;
        });
        builder.Logging.Configure(logging => logging.ActivityTrackingOptions = ActivityTrackingOptions.TraceId | ActivityTrackingOptions.SpanId);
        if (string.IsNullOrEmpty(builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]))
            return;

        // ASP.NET Core 10 leaves its spans bare unless asked; with this they carry the semantic names for HTTP.
        AppContext.SetSwitch("Microsoft.AspNetCore.Hosting.SuppressActivityOpenTelemetryData", false);
        var resource = ResourceBuilder.CreateDefault()
            .AddService(identity.AppId, "agents", identity.Version, serviceInstanceId: identity.Replica)
            .AddEnvironmentVariableDetector();
        builder.Logging.AddOpenTelemetry(logging => logging.SetResourceBuilder(resource).AddOtlpExporter());
        builder.Services.AddSingleton(_ => Sdk.CreateTracerProviderBuilder()
            .SetResourceBuilder(resource).SetSampler(new ParentBasedSampler(new AlwaysOnSampler())).AddSource(Sources)
            .AddOtlpExporter().Build());
        builder.Services.AddSingleton(_ => Sdk.CreateMeterProviderBuilder()
            .SetResourceBuilder(resource).AddMeter(Meters).AddOtlpExporter().Build());
        builder.Services.AddHostedService<ExporterLifetime>();
    }

    /// <summary>Names server spans by method and route. Probes come every second and say nothing: theirs are not exported.</summary>
    public static void UseSpanNames(this IApplicationBuilder app) => app.Use((context, next) =>
    {
        if (Activity.Current is { } span && context.GetEndpoint() is RouteEndpoint { RoutePattern.RawText: { } route })
        {
            span.DisplayName = $"{context.Request.Method} {route}";
            span.SetTag("http.route", route);
            if (route.StartsWith("/health/", StringComparison.Ordinal))
                span.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
        }
        return next(context);
    });

    /// <summary>Starts the exporters with the host and, by disposal with the container, flushes them at its end.</summary>
    private sealed class ExporterLifetime(TracerProvider traces, MeterProvider metrics) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken)
        {
            traces.ForceFlush(2_000);
            metrics.ForceFlush(2_000);
            return Task.CompletedTask;
        }
    }
}
