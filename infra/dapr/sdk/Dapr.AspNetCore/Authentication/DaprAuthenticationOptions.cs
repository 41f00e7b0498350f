using Microsoft.AspNetCore.Authentication;

namespace Dapr.AspNetCore;

/// <summary>Options of the scheme that recognises the app's own sidecar.</summary>
public class DaprAuthenticationOptions : AuthenticationSchemeOptions
{
    internal const string DefaultScheme = "Dapr";

    /// <summary>The token the sidecar has to show; the default is that of the environment.</summary>
    public string Token { get; set; } = DaprDefaults.GetDefaultAppApiToken(null);
}
