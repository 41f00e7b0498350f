using Agents.LocalRuntime.Apps;

namespace Agents.LocalRuntime.Cli;

/// <summary>What the command line asks for.</summary>
/// <param name="Apps">The sidecars to serve, replicas of one app as several entries.</param>
/// <param name="FaultInjection">Opens the admin route of fault injection.</param>
/// <param name="ParentProcess">Exit when this process is gone.</param>
/// <param name="LogLevel">Of the log on stderr.</param>
internal sealed record RuntimeOptions(IReadOnlyList<AppSpec> Apps, bool FaultInjection, int? ParentProcess, LogLevel LogLevel);
