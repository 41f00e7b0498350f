using System.Reflection;

namespace Agents.Defaults;

/// <summary>Who this process is.</summary>
/// <param name="Service">The service, such as <c>conversation</c>.</param>
/// <param name="AppId">The Dapr app id: the service, or a role of it such as <c>conversation-batch</c>.</param>
/// <param name="Replica">Stable name of the replica: pod name, or what the local host gave.</param>
/// <param name="Epoch">Different at every start.</param>
/// <param name="Version">The build.</param>
public sealed record ServiceIdentity(string Service, string AppId, string Replica, string Epoch, string Version)
{
    /// <summary>The role: what follows the service's name in the app id, or <c>main</c>.</summary>
    public string Role => AppId.Length > Service.Length ? AppId[(Service.Length + 1)..] : "main";

    internal static ServiceIdentity From(string service, IConfiguration configuration)
    {
        var appId = configuration["APP_ID"] is { Length: > 0 } id ? id : service;
        var replica = configuration["AGENTS_REPLICA"] ?? configuration["POD_NAME"] ?? $"{appId}-{Environment.MachineName}";
        var version = Assembly.GetEntryAssembly()?.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";
        return new ServiceIdentity(service, appId, replica, Guid.CreateVersion7().ToString("N"), version);
    }
}
