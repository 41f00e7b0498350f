using Dapr;
using Dapr.Actors.AspNetCore;
using Dapr.Actors.Client;
using Dapr.Actors.Runtime;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers what hosts and calls actors.</summary>
public static class ActorsServiceCollectionExtensions
{
    /// <summary>Registers the runtime of this app's actors and <see cref="IActorProxyFactory"/>, unless they are registered already.</summary>
    /// <param name="services">The services to add to.</param>
    /// <param name="configure">Says which actors the app hosts, and how.</param>
    /// <param name="lifetime">How long an instance lives; anything but a singleton loses the actors in memory with it.</param>
    public static void AddActors(
        this IServiceCollection services, Action<ActorRuntimeOptions>? configure, ServiceLifetime lifetime = ServiceLifetime.Singleton)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddRouting();
        services.AddHealthChecks();
        services.AddLogging();
        services.AddOptions<ActorRuntimeOptions>().PostConfigure<IServiceProvider>(Complete);
        if (configure is not null) services.Configure(configure);

        services.TryAdd(ServiceDescriptor.Describe(typeof(ActorActivatorFactory), typeof(DependencyInjectionActorActivatorFactory), lifetime));
        services.TryAdd(ServiceDescriptor.Describe(typeof(IActorProxyFactory), Proxies, lifetime));
        services.TryAdd(ServiceDescriptor.Describe(typeof(ActorRuntime), Runtime, lifetime));
    }

    private static void Complete(ActorRuntimeOptions options, IServiceProvider provider)
    {
        var configuration = provider.GetService<IConfiguration>();
        if (string.IsNullOrWhiteSpace(options.HttpEndpoint)) options.HttpEndpoint = DaprDefaults.GetDefaultHttpEndpoint(configuration);
        if (string.IsNullOrWhiteSpace(options.DaprApiToken)) options.DaprApiToken = DaprDefaults.GetDefaultDaprApiToken(configuration);
    }

    private static ActorProxyFactory Proxies(IServiceProvider provider)
    {
        var options = provider.GetRequiredService<IOptions<ActorRuntimeOptions>>().Value;
        return new ActorProxyFactory(new ActorProxyOptions
        {
            JsonSerializerOptions = options.JsonSerializerOptions,
            HttpEndpoint = options.HttpEndpoint!,
            DaprApiToken = options.DaprApiToken,
        });
    }

    private static ActorRuntime Runtime(IServiceProvider provider) => new(
        provider.GetRequiredService<IOptions<ActorRuntimeOptions>>().Value,
        provider.GetRequiredService<ILoggerFactory>(),
        provider.GetRequiredService<ActorActivatorFactory>(),
        provider.GetRequiredService<IActorProxyFactory>(),
        provider.GetService<TimeProvider>() ?? TimeProvider.System);
}
