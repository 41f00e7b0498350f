using System.Security.Claims;

namespace Agents.Defaults.Identity;

/// <summary>Who is calling: a key of a tenant, or another service on a tenant's behalf. Endpoints take it as a parameter.</summary>
/// <param name="Key">Id of the key; the calling app's id for a service.</param>
/// <param name="Internal">True for another service.</param>
public sealed record Caller(string Tenant, string Key, IReadOnlySet<string> Scopes, bool Internal, CallContext Context)
{
    /// <summary>The tenant that runs this installation: its admins may act on every tenant.</summary>
    public const string OperatorTenant = "default";

    public bool IsOperator => Tenant == OperatorTenant && Has(Identity.Scopes.Admin);

    public bool Has(string scope) => Internal || Scopes.Contains(scope) || Scopes.Contains(Identity.Scopes.Admin);

    /// <summary>Lets minimal APIs bind the caller as a parameter. Only routes that require authentication may take it.</summary>
    public static ValueTask<Caller> BindAsync(HttpContext context) => ValueTask.FromResult(context.Caller());

    internal ClaimsPrincipal ToPrincipal(string scheme) => new(new CallerIdentity(this, scheme));
}

/// <summary>What another service says about the work it calls for: the internal <c>x-agents-*</c> headers.</summary>
/// <param name="Turn">The turn that the call belongs to.</param>
/// <param name="Job">The job that the call belongs to.</param>
/// <param name="Agent">The agent that the work is done for.</param>
/// <param name="User">The user who asked.</param>
/// <param name="Lane">The lane of the job.</param>
public sealed record CallContext(
    string? Turn, string? Job, string? Agent = null, int? AgentVersion = null, string? User = null, string? Lane = null, string? Session = null)
{
    public static CallContext None { get; } = new(null, null);
}

internal sealed class CallerIdentity(Caller caller, string scheme) : ClaimsIdentity(scheme)
{
    public Caller Caller { get; } = caller;
}

/// <summary>Access to the caller of a request.</summary>
public static class CallerExtensions
{
    /// <summary>The caller of an authenticated request.</summary>
    /// <exception cref="InvalidOperationException">The route does not require authentication.</exception>
    public static Caller Caller(this HttpContext context) => context.CallerOrNull()
        ?? throw new InvalidOperationException("The route takes a Caller but does not require authentication.");

    internal static Caller? CallerOrNull(this HttpContext context) => (context.User.Identity as CallerIdentity)?.Caller;
}
