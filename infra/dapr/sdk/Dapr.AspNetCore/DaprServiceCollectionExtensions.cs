using Dapr;
using Dapr.Client;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers the client of the sidecar.</summary>
public static class DaprServiceCollectionExtensions
{
    /// <summary>Registers <see cref="DaprClient"/>, unless one is registered already.</summary>
    /// <param name="services">The services to add to.</param>
    /// <param name="configure">Changes what the configuration and the environment say.</param>
    /// <param name="lifetime">How long an instance lives.</param>
    public static void AddDaprClient(
        this IServiceCollection services, Action<DaprClientBuilder>? configure = null,
        ServiceLifetime lifetime = ServiceLifetime.Singleton) =>
        services.AddDaprClient((_, builder) => configure?.Invoke(builder), lifetime);

    /// <summary>Registers <see cref="DaprClient"/>, unless one is registered already, with the help of other services.</summary>
    /// <param name="services">The services to add to.</param>
    /// <param name="configure">Changes what the configuration and the environment say.</param>
    /// <param name="lifetime">How long an instance lives.</param>
    public static void AddDaprClient(
        this IServiceCollection services, Action<IServiceProvider, DaprClientBuilder> configure,
        ServiceLifetime lifetime = ServiceLifetime.Singleton)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAdd(ServiceDescriptor.Describe(typeof(DaprClient), Build, lifetime));

        DaprClient Build(IServiceProvider provider)
        {
            var configuration = provider.GetService<IConfiguration>();
            var builder = new DaprClientBuilder()
                .UseHttpEndpoint(DaprDefaults.GetDefaultHttpEndpoint(configuration))
                .UseDaprApiToken(DaprDefaults.GetDefaultDaprApiToken(configuration));
            configure?.Invoke(provider, builder);
            return builder.Build();
        }
    }
}
