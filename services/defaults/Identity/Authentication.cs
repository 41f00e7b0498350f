using System.Collections.Frozen;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using Agents.Defaults.Errors;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.Options;

namespace Agents.Defaults.Identity;

/// <summary>
/// Two ways in. From outside: a key in <c>Authorization: Bearer</c>. From inside: the app token that only the sidecar knows, together
/// with a calling app id that is one of ours; only then are <c>x-agents-*</c> headers honoured.
/// </summary>
internal sealed class CallerAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, KeyCache keys, InternalIdentity inside)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string Name = "Agents";
    public const string InternalPolicy = "internal";
    private const int MaxKeyLength = 256;

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (inside.Identify(Request) is { } service)
            return Success(service);
        var header = Request.Headers.Authorization.ToString();
        if (!header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase))
            return AuthenticateResult.NoResult();
        var key = header["Bearer ".Length..].Trim();
        if (key.Length is 0 or > MaxKeyLength)
            return AuthenticateResult.Fail("malformed key");
        return await keys.FindAsync(key, Context.RequestAborted) is { } found
            ? Success(new Caller(found.Tenant, found.KeyId, found.Scopes.ToFrozenSet(), Internal: false, CallContext.None))
            : AuthenticateResult.Fail("unknown key");
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        Response.Headers.WWWAuthenticate = "Bearer";
        return new Problem(401, "not_authenticated",
            "Send a valid API key as 'Authorization: Bearer <key>'; this one is missing, unknown, expired or revoked.").ExecuteAsync(Context);
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties)
    {
        // A key from outside on an internal route is not a matter of scopes: it is the wrong kind of credential.
        if (Context.GetEndpoint()?.Metadata.GetMetadata<InternalRoute>() is not null)
            return HandleChallengeAsync(properties);
        return new Problem(403, "not_allowed", "The key lacks a scope that this route needs.").ExecuteAsync(Context);
    }

    private static AuthenticateResult Success(Caller caller) =>
        AuthenticateResult.Success(new AuthenticationTicket(caller.ToPrincipal(Name), Name));
}

/// <summary>Marks routes that only services and the sidecar may call.</summary>
internal sealed class InternalRoute;

/// <summary>Recognises calls that come through the sidecar from one of our own apps.</summary>
internal sealed class InternalIdentity(IConfiguration configuration)
{
    private static readonly string[] Services = ["conversation", "retrieval", "inference", "analytics"];

    // 200 characters, percent-encoded.
    private const int MaxUser = 2_000;

    private readonly byte[]? _token = configuration["APP_API_TOKEN"] is { Length: > 0 } token ? Encoding.UTF8.GetBytes(token) : null;

    public Caller? Identify(HttpRequest request)
    {
        if (_token is null || request.Headers["dapr-api-token"].ToString() is not { Length: > 0 } sent
            || !CryptographicOperations.FixedTimeEquals(_token, Encoding.UTF8.GetBytes(sent)))
        {
            return null;
        }
        // A delivery of the sidecar itself (pub/sub, actors, jobs) names no caller; it acts for no tenant by itself.
        var app = request.Headers["dapr-caller-app-id"].ToString();
        if (app.Length > 0 && !IsOurs(app))
            return null;
        var context = new CallContext(
            Header(request, InternalHeaders.Turn), Header(request, InternalHeaders.Job), Header(request, InternalHeaders.Agent),
            int.TryParse(Header(request, InternalHeaders.AgentVersion), NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version : null,
            Header(request, InternalHeaders.User, MaxUser) is { } user ? Uri.UnescapeDataString(user) : null, Header(request, InternalHeaders.Lane),
            Header(request, InternalHeaders.Session));
        return new Caller(Header(request, InternalHeaders.Tenant) ?? "", app.Length > 0 ? app : "sidecar", FrozenSet<string>.Empty, Internal: true, context);
    }

    // Roles of a service are app ids of their own: conversation-batch, retrieval-ingest.
    private static bool IsOurs(string app) =>
        Services.Any(service => app == service || (app.StartsWith(service, StringComparison.Ordinal) && app[service.Length] == '-'));

    private static string? Header(HttpRequest request, string name, int most = 128) =>
        request.Headers[name].ToString() is { Length: > 0 } value && value.Length <= most ? value : null;
}

/// <summary>How routes state who may call them.</summary>
public static class AuthorizationExtensions
{
    /// <summary>The caller needs <paramref name="scope"/> (or <see cref="Scopes.Admin"/>, or to be one of our services).</summary>
    public static T RequireScope<T>(this T builder, string scope)
        where T : IEndpointConventionBuilder => builder.RequireAuthorization(scope);

    /// <summary>Only services and the sidecar; 401 for anyone else, whatever key they hold. Not part of the published API.</summary>
    public static T RequireInternal<T>(this T builder)
        where T : IEndpointConventionBuilder =>
        builder.RequireAuthorization(CallerAuthentication.InternalPolicy).WithMetadata(new InternalRoute(), new ExcludeFromDescriptionAttribute());

    internal static void AddCallers(this IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton<InternalIdentity>().AddSingleton<KeyCache>().AddSingleton<ServiceClients>();
        builder.Services.AddAuthentication(CallerAuthentication.Name)
            .AddScheme<AuthenticationSchemeOptions, CallerAuthentication>(CallerAuthentication.Name, null);
        builder.Services.AddAuthorization(options =>
        {
            foreach (var scope in Scopes.All)
                options.AddPolicy(scope, policy => policy.RequireAssertion(context => Caller(context) is { Tenant.Length: > 0 } caller && caller.Has(scope)));
            options.AddPolicy(CallerAuthentication.InternalPolicy, policy => policy.RequireAssertion(context => Caller(context) is { Internal: true }));
            // Deny by default: a route that forgets to say who may call it takes any valid key, never an anonymous request.
            options.FallbackPolicy = new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build();
        });
    }

    private static Caller? Caller(AuthorizationHandlerContext context) => (context.User.Identity as CallerIdentity)?.Caller;
}
