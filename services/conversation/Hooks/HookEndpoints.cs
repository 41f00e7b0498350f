using Agents.Defaults.Identity;

namespace Agents.Conversation.Hooks;

/// <summary>The role that talks to the outside: in a cluster an app of its own with its own egress policy, the same process on a laptop.</summary>
internal static class HookEndpoints
{
    /// <summary>The role's app id.</summary>
    public const string AppId = "conversation-hooks";

    public const string HttpRoute = "/internal/hooks/http";
    public const string McpListRoute = "/internal/hooks/mcp/tools";
    public const string McpCallRoute = "/internal/hooks/mcp/call";

    public static void AddHooks(this IServiceCollection services) =>
        services.AddSingleton<EgressClient>().AddSingleton<HttpHook>().AddSingleton<McpHook>().AddSingleton<HookClient>();

    public static void MapHooks(this IEndpointRouteBuilder routes)
    {
        routes.MapPost(HttpRoute, (SendHttp request, HttpHook hook, CancellationToken cancellationToken) => hook.SendAsync(request, cancellationToken)).RequireInternal();
        routes.MapPost(McpListRoute, (ListMcp request, McpHook hook, CancellationToken cancellationToken) => hook.ListAsync(request, cancellationToken)).RequireInternal();
        routes.MapPost(McpCallRoute, (CallMcp request, McpHook hook, CancellationToken cancellationToken) => hook.CallAsync(request, cancellationToken)).RequireInternal();
    }
}
