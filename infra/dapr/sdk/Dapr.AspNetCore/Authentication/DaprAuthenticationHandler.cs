using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Dapr.AspNetCore;

/// <summary>Accepts a request that shows the app's token, which only its sidecar knows.</summary>
internal sealed class DaprAuthenticationHandler(
    IOptionsMonitor<DaprAuthenticationOptions> options, ILoggerFactory logger, UrlEncoder encoder)
    : AuthenticationHandler<DaprAuthenticationOptions>(options, logger, encoder)
{
    private const string TokenHeader = "Dapr-Api-Token";

    protected override Task<AuthenticateResult> HandleAuthenticateAsync() => Task.FromResult(Authenticate());

    private AuthenticateResult Authenticate()
    {
        if (!Request.Headers.TryGetValue(TokenHeader, out var shown)) return AuthenticateResult.NoResult();
        if (string.IsNullOrWhiteSpace(Options.Token)) return AuthenticateResult.Fail("App API Token not configured.");
        if (!AreEqual(shown.ToString(), Options.Token)) return AuthenticateResult.Fail("Not authenticated.");

        var identity = new ClaimsIdentity([new Claim(ClaimTypes.Name, "Dapr")], Scheme.Name);
        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), Scheme.Name));
    }

    /// <summary>Compares in a time that says nothing about where the two differ.</summary>
    private static bool AreEqual(string shown, string expected) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(shown), Encoding.UTF8.GetBytes(expected));
}
