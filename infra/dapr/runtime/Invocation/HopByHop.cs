using System.Collections.Frozen;

namespace Agents.LocalRuntime.Invocation;

/// <summary>Headers that belong to one connection, and those that are written anew.</summary>
internal static class HopByHop
{
    public static readonly FrozenSet<string> Headers = new[]
    {
        "Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection", "TE", "Trailer",
        "Transfer-Encoding", "Upgrade", "Host", "Content-Length", "traceparent", "dapr-app-id",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);
}
