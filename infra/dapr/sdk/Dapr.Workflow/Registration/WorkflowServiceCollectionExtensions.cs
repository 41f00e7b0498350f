using Dapr.Workflow.Grpc;
using Dapr.Workflow.Worker;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace Dapr.Workflow;

/// <summary>Registers what runs and steers workflows.</summary>
public static class WorkflowServiceCollectionExtensions
{
    /// <summary>Registers <see cref="DaprWorkflowClient"/>; the app runs no workflows.</summary>
    public static IServiceCollection AddDaprWorkflow(this IServiceCollection services) => services.AddDaprWorkflow(_ => { });

    /// <summary>
    /// Registers <see cref="DaprWorkflowClient"/> and a worker that runs the given workflows and activities as long as the app does. The
    /// app starts without a sidecar too; the worker waits for it.
    /// </summary>
    /// <param name="services">The services to add to.</param>
    /// <param name="configure">Says which workflows and activities the app runs; later calls add to earlier ones.</param>
    /// <param name="lifetime">How long a client lives.</param>
    public static IServiceCollection AddDaprWorkflow(
        this IServiceCollection services, Action<WorkflowRuntimeOptions> configure, ServiceLifetime lifetime = ServiceLifetime.Singleton)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        services.AddLogging();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(Connect);
        services.TryAddSingleton<WorkItems>();
        services.TryAdd(ServiceDescriptor.Describe(typeof(DaprWorkflowClient), Client, lifetime));
        configure(Options(services));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, WorkflowWorker>());
        return services;
    }

    private static WorkflowRuntimeOptions Options(IServiceCollection services)
    {
        var known = services.FirstOrDefault(it => it.ServiceType == typeof(WorkflowRuntimeOptions))?.ImplementationInstance;
        if (known is WorkflowRuntimeOptions options) return options;
        options = new WorkflowRuntimeOptions();
        services.AddSingleton(options);
        return options;
    }

    private static TaskHub Connect(IServiceProvider provider)
    {
        var configuration = provider.GetService<IConfiguration>();
        return new TaskHub(DaprDefaults.GetDefaultGrpcEndpoint(configuration), DaprDefaults.GetDefaultDaprApiToken(configuration));
    }

    private static DaprWorkflowClient Client(IServiceProvider provider) =>
        new(provider.GetRequiredService<TaskHub>(), provider.GetRequiredService<TimeProvider>());
}
