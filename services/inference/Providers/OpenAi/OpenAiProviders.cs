using Agents.Inference.Deployments;
using Azure.Core;
using Azure.Identity;

namespace Agents.Inference.Providers.OpenAi;

/// <summary>Makes the connection of each deployment, with its credential.</summary>
/// <param name="workload">Looked for only when a deployment wants it, so an installation without Entra ID never notices.</param>
internal sealed class OpenAiProviders(ProviderKeys keys, OpenAiConnections connections, Lazy<TokenCredential> workload, TimeProvider time)
{
    public OpenAiConnection Connect(DeploymentDefinition deployment) => new(connections, Authentication(deployment), time);

    private IAuthentication Authentication(DeploymentDefinition deployment) => deployment.EffectiveAuth switch
    {
        AuthKind.Key => new SecretKeyAuthentication(keys, deployment.ApiKeySecret!),
        AuthKind.Entra => new EntraAuthentication(workload.Value, time),
        _ => new NoAuthentication(),
    };
}

internal static class OpenAiServices
{
    public static IServiceCollection AddOpenAiProviders(this IServiceCollection services) =>
        services.AddSingleton(new Lazy<TokenCredential>(() => new DefaultAzureCredential()))
            .AddSingleton<ProviderKeys>().AddSingleton<OpenAiConnections>().AddSingleton<OpenAiProviders>();
}
