using System.ClientModel.Primitives;
using Agents.Inference.Models;
using Azure.Core;
using Azure.Identity;

namespace Agents.Inference.Providers.OpenAi;

/// <summary>Makes a provider for each configured model: its own connections, its own credential.</summary>
internal sealed class OpenAiProviderFactory(ProviderKeys keys, TimeProvider time, ILoggerFactory loggers)
{
    private const string EntraScope = "https://cognitiveservices.azure.com/.default";

    // Looks for an identity only when a token is asked for, so an installation without Entra ID never notices.
    private readonly Lazy<TokenCredential> _workload = new(() => new DefaultAzureCredential());

    public OpenAiProvider Create(ModelOptions model) => new(model, Authentication(model), time, loggers.CreateLogger<OpenAiProvider>());

    private AuthenticationPolicy Authentication(ModelOptions model) => model.EffectiveAuth switch
    {
        AuthKind.Key => new SecretKeyPolicy(keys, model.ApiKeySecret!),
        AuthKind.Entra => new BearerTokenPolicy(_workload.Value, EntraScope),
        _ => new NoAuthenticationPolicy(),
    };
}

internal static class OpenAiServices
{
    public static IServiceCollection AddOpenAiProviders(this IServiceCollection services) =>
        services.AddSingleton<ProviderKeys>().AddSingleton<OpenAiProviderFactory>();
}
