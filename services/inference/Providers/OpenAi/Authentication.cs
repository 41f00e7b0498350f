using System.Net.Http.Headers;
using Azure.Core;
using Azure.Identity;

namespace Agents.Inference.Providers.OpenAi;

/// <summary>How an endpoint knows us: the value of the header <c>Authorization</c>, null for none.</summary>
internal interface IAuthentication
{
    ValueTask<AuthenticationHeaderValue?> GetAsync(CancellationToken cancellationToken);

    /// <summary>The endpoint refused it: ask anew the next time.</summary>
    void Refused();
}

/// <summary>Sends an API key of the secret store as bearer token.</summary>
internal sealed class SecretKeyAuthentication(ProviderKeys keys, string name) : IAuthentication
{
    public async ValueTask<AuthenticationHeaderValue?> GetAsync(CancellationToken cancellationToken) => await keys.GetAsync(name, cancellationToken);

    public void Refused() => keys.Forget(name);
}

/// <summary>For endpoints that ask nobody who they are.</summary>
internal sealed class NoAuthentication : IAuthentication
{
    public ValueTask<AuthenticationHeaderValue?> GetAsync(CancellationToken cancellationToken) => default;

    public void Refused()
    {
    }
}

/// <summary>The identity of this workload, as an Entra ID token, which is asked for again five minutes before it expires.</summary>
internal sealed class EntraAuthentication(TokenCredential workload, TimeProvider time) : IAuthentication
{
    private const string Scope = "https://cognitiveservices.azure.com/.default";
    private static readonly TimeSpan Early = TimeSpan.FromMinutes(5);

    private Token? _token;

    public async ValueTask<AuthenticationHeaderValue?> GetAsync(CancellationToken cancellationToken)
    {
        if (_token is { } known && time.GetUtcNow() < known.Until)
            return known.Header;
        try
        {
            var token = await workload.GetTokenAsync(new TokenRequestContext([Scope]), cancellationToken);
            var until = token.RefreshOn ?? (token.ExpiresOn > DateTimeOffset.MinValue + Early ? token.ExpiresOn - Early : token.ExpiresOn);
            _token = new Token(new AuthenticationHeaderValue("Bearer", token.Token), until);
            return _token.Header;
        }
        catch (AuthenticationFailedException exception)
        {
            throw UpstreamErrors.NoCredential(exception);
        }
    }

    public void Refused() => _token = null;

    private sealed record Token(AuthenticationHeaderValue Header, DateTimeOffset Until);
}
