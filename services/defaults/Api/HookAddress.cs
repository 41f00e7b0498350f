using Agents.Defaults.Errors;

namespace Agents.Defaults.Api;

/// <summary>The form of addresses that callers give for tools, webhooks and callbacks. What a name stands for is checked when it is called.</summary>
public static class HookAddress
{
    private const int MaxLength = 2_000;

    /// <summary>What is wrong with an address, or null.</summary>
    public static Problem? Refusal(string? address, string field) =>
        Checks.Text(field, address, MaxLength)
        ?? (Uri.TryCreate(address, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url.UserInfo.Length == 0
            && !url.Authority.Contains('{', StringComparison.Ordinal) && !url.Host.Contains("%7B", StringComparison.OrdinalIgnoreCase)
                ? null
                : Problem.Invalid(field, $"{field} must be an http or https address with a fixed host and without user information."));
}
