using Agents.Defaults.Api;
using Agents.Defaults.Errors;
using Agents.Defaults.Events;
using Agents.Defaults.Idempotency;
using Agents.Defaults.Identity;
using Agents.Defaults.Ledgers;
using Agents.Defaults.Limits;
using Agents.Defaults.Probes;
using Agents.Defaults.Replicas;
using Agents.Defaults.Startup;
using Agents.Defaults.State;
using Agents.Defaults.Telemetry;

namespace Agents.Defaults;

/// <summary>What is the same in all services, once.</summary>
public static class ServiceDefaults
{
    // A peer that vanished without a word never answers; a store that does needs less, even when it is slow.
    private static readonly TimeSpan SidecarLimit = TimeSpan.FromSeconds(10);

    /// <summary>Registers the defaults for <paramref name="service"/>. Keys are asked of conversation unless the service brings its own <see cref="IKeySource"/>.</summary>
    public static WebApplicationBuilder AddServiceDefaults(this WebApplicationBuilder builder, string service)
    {
        var identity = ServiceIdentity.From(service, builder.Configuration);
        if (builder.Configuration["APP_PORT"] is { Length: > 0 } port)
            builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = BodyLimits.Default;
        });
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(25));
        builder.AddTelemetry(identity);

        var services = builder.Services;
        services.ConfigureHttpJsonOptions(json => Json.Apply(json.SerializerOptions));
        services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true);
        services.AddOptions<RateLimitOptions>().BindConfiguration(RateLimitOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddOpenApi("v1", options => options.Describe(identity));
        services.AddDaprClient(dapr => dapr.UseJsonSerializationOptions(Json.Options).UseTimeout(SidecarLimit));
        services.AddSingleton(identity).AddSingleton(TimeProvider.System);
        services.AddSingleton<Stores>().AddSingleton<LedgerSet>().AddSingleton<Leases>().AddSingleton<ReplicaLoad>().AddSingleton<Readiness>();
        services.AddSingleton<Versions>().AddHostedService(provider => provider.GetRequiredService<Versions>());
        services.AddSingleton<EventPublisher>().AddHostedService(provider => provider.GetRequiredService<EventPublisher>());
        services.AddSingleton<Claims>().AddHostedService(provider => provider.GetRequiredService<Claims>());
        services.AddSingleton<ReplicaMonitor>().AddHostedService(provider => provider.GetRequiredService<ReplicaMonitor>());
        services.AddHostedService<HeartbeatPublisher>().AddHostedService<SidecarCheck>().AddHostedService<ParentWatch>();
        builder.AddCallers();
        services.AddSingleton<IKeySource, RemoteKeySource>();
        return builder;
    }

    /// <summary>The pipeline, in the order in which a request meets it.</summary>
    public static WebApplication UseServiceDefaults(this WebApplication app)
    {
        app.UseProblems();
        app.UseRouting();
        app.UseSpanNames();
        app.UseAuthentication();
        app.UseMiddleware<RateLimiting>();
        app.UseAuthorization();
        app.UseBodyLimits();
        app.UseMiddleware<IdempotencyMiddleware>();
        app.MapProbes();
        app.MapSubscribeHandler().RequireInternal();
        app.MapOpenApi("/openapi/{documentName}.json").AllowAnonymous().ExcludeFromDescription();
        return app;
    }
}
