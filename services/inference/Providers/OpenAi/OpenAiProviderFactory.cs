using System.ClientModel.Primitives;
using Agents.Inference.Models;
using Azure.Core;
using Azure.Identity;

namespace Agents.Inference.Providers.OpenAi;

/// <summary>Makes the connection of each configured model: a pool of its own, a credential of its own.</summary>
/// <param name="workload">Looked for only when a model wants it, so an installation without Entra ID never notices.</param>
internal sealed class OpenAiProviderFactory(ProviderKeys keys, Lazy<TokenCredential> workload, TimeProvider time, ILoggerFactory loggers)
{
    private const string EntraScope = "https://cognitiveservices.azure.com/.default";

    public OpenAiConnection Connect(ModelOptions model) => new(model, Authentication(model), time, loggers.CreateLogger<OpenAiConnection>());

    private AuthenticationPolicy Authentication(ModelOptions model) => model.EffectiveAuth switch
    {
        AuthKind.Key => new SecretKeyPolicy(keys, model.ApiKeySecret!),
        AuthKind.Entra => new BearerTokenPolicy(workload.Value, EntraScope),
        _ => new NoAuthenticationPolicy(),
    };
}

internal static class OpenAiServices
{
    public static IServiceCollection AddOpenAiProviders(this IServiceCollection services) =>
        services.AddSingleton(new Lazy<TokenCredential>(() => new DefaultAzureCredential()))
            .AddSingleton<ProviderKeys>().AddSingleton<OpenAiProviderFactory>();
}
