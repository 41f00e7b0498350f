using System.Collections.Frozen;
using System.Globalization;
using Agents.LocalRuntime.Apps;
using Agents.LocalRuntime.Resources;

namespace Agents.LocalRuntime.Cli;

/// <summary>
/// daprd's flags for one app, or <c>--run-file</c> for many, and this runtime's own few. Flags of daprd that concern
/// what a local process does not have are accepted and ignored by name; unknown flags are refused.
/// </summary>
internal static class CommandLine
{
    private const string Where = "command line";
    private const int LargestBody = 1 << 30;

    private static readonly FrozenSet<string> Switches = new[] { "enable-fault-injection", "enable-app-health-check", "help" }.ToFrozenSet();

    private static readonly FrozenSet<string> Options = new[]
    {
        "run-file", "parent-pid", "log-level", "app-id", "app-port", "app-protocol", "app-channel-address", "app-max-concurrency",
        "dapr-http-port", "dapr-grpc-port", "resources-path", "config", "max-body-size", "app-health-check-path",
        "app-health-probe-interval", "app-health-probe-timeout", "app-health-threshold",
    }.ToFrozenSet();

    private static readonly FrozenSet<string> IgnoredSwitches = new[]
    {
        "log-as-json", "enable-metrics", "enable-api-logging", "enable-profiling", "enable-mtls", "app-ssl",
    }.ToFrozenSet();

    private static readonly FrozenSet<string> Ignored = new[]
    {
        "mode", "metrics-port", "profile-port", "dapr-internal-grpc-port", "dapr-public-port", "dapr-listen-addresses",
        "placement-host-address", "scheduler-host-address", "read-buffer-size", "dapr-graceful-shutdown-seconds",
        "dapr-block-shutdown-duration", "allowed-origins", "control-plane-address", "sentry-address", "trust-anchors",
        "disable-init-endpoints", "unix-domain-socket", "control-plane-trust-domain", "control-plane-namespace",
    }.ToFrozenSet();

    public const string Help =
        """
        Agents.LocalRuntime: the Dapr sidecar API for the apps of one machine.

          --run-file FILE, -f FILE      dapr.yaml with all apps (their commands are not started)
          --app-id ID --app-port N      one app, with daprd's flags: --dapr-http-port --dapr-grpc-port
                                        --resources-path (repeatable) --config --app-protocol http
                                        --app-channel-address --app-max-concurrency --max-body-size
                                        --enable-app-health-check --app-health-check-path
                                        --app-health-probe-interval --app-health-probe-timeout --app-health-threshold
          --parent-pid N                exit when process N is gone
          --enable-fault-injection      open PUT|DELETE /v1.0-local/faults/{component}
          --log-level LEVEL             debug, info, warn, error (default info)
        """;

    /// <summary>The options, or null after problems were found.</summary>
    public static RuntimeOptions? Parse(IReadOnlyList<string> arguments, Problems problems)
    {
        var values = new Dictionary<string, List<string>>();
        for (var i = 0; i < arguments.Count; i++)
        {
            var argument = arguments[i] == "-f" ? "--run-file" : arguments[i];
            var name = argument.TrimStart('-');
            string? value = null;
            if (name.IndexOf('=', StringComparison.Ordinal) is > 0 and var equals) (name, value) = (name[..equals], name[(equals + 1)..]);
            var known = argument.StartsWith('-');
            if (known && (Switches.Contains(name) || IgnoredSwitches.Contains(name)))
            {
                if (value is not "false") Values(values, name).Add(value ?? "true");
            }
            else if (known && (Options.Contains(name) || Ignored.Contains(name)))
            {
                if (value is null && i + 1 < arguments.Count) value = arguments[++i];
                if (value is null) problems.Add(Where, "--" + name, "needs a value");
                else Values(values, name).Add(value);
            }
            else
            {
                problems.Add(Where, argument, "is not a known flag (see --help)");
            }
        }

        var options = Read(values, problems);
        return problems.Lines.Count == 0 ? options : null;
    }

    /// <summary>A size such as 4Mi, 512k or 1048576, in bytes.</summary>
    public static bool TryParseSize(string text, out int bytes)
    {
        var digits = text.AsSpan().TrimEnd("iBKMGkmg");
        long factor = text[digits.Length..].TrimEnd('B') switch
        {
            "" => 1,
            "Ki" => 1 << 10,
            "Mi" => 1 << 20,
            "Gi" => 1 << 30,
            "k" or "K" => 1_000,
            "M" => 1_000_000,
            _ => 0,
        };
        bytes = 0;
        if (!long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number <= 0 || factor == 0)
            return false;
        if (number > LargestBody / factor) return false;
        bytes = (int)(number * factor);
        return true;
    }

    private static RuntimeOptions Read(Dictionary<string, List<string>> values, Problems problems)
    {
        var apps = new List<AppSpec>();
        if (Last(values, "run-file") is { } file) apps.AddRange(RunFile.Load(file, problems));
        if (values.ContainsKey("app-id")) apps.Add(ReadApp(values, problems));
        if (apps.Count == 0 && problems.Lines.Count == 0) problems.Add(Where, "", "needs --run-file or --app-id (see --help)");
        CheckPorts("HTTP", apps.Select(app => (app.HttpPort, app.AppId)), problems);
        CheckPorts("gRPC", apps.Select(app => (app.GrpcPort, app.AppId)), problems);
        foreach (var app in apps.Where(app => apps.Any(other => other.HttpPort == app.GrpcPort)))
            problems.Add(Where, "", $"gRPC port {app.GrpcPort} of {app.AppId} is an HTTP port too");

        return new(
            apps, values.ContainsKey("enable-fault-injection"), Number(values, "parent-pid", 1, int.MaxValue, problems),
            ReadLogLevel(Last(values, "log-level") ?? "info", problems));
    }

    private static void CheckPorts(string kind, IEnumerable<(int Port, string AppId)> apps, Problems problems)
    {
        foreach (var shared in apps.GroupBy(app => app.Port).Where(group => group.Count() > 1))
            problems.Add(Where, "", $"{kind} port {shared.Key} is wanted by {string.Join(" and ", shared.Select(app => app.AppId))}");
    }

    private static AppSpec ReadApp(Dictionary<string, List<string>> values, Problems problems)
    {
        var spec = new AppSpec { AppId = Last(values, "app-id")! };
        if (spec.AppId.Length == 0) problems.Add(Where, "--app-id", "must not be empty");
        if (Last(values, "app-protocol") is { } protocol and not "http")
            problems.Add(Where, "--app-protocol", $"'{protocol}' is not supported (only http)");
        var size = AppSpec.DefaultMaxBodySize;
        if (Last(values, "max-body-size") is { } text && !TryParseSize(text, out size))
            problems.Add(Where, "--max-body-size", $"'{text}' must be a size such as 4Mi");
        var port = Number(values, "app-port", 0, 65_535, problems);
        return spec with
        {
            AppPort = port == 0 ? null : port,
            AppChannelAddress = Last(values, "app-channel-address") ?? spec.AppChannelAddress,
            HttpPort = Number(values, "dapr-http-port", 1, 65_535, problems) ?? spec.HttpPort,
            GrpcPort = Number(values, "dapr-grpc-port", 1, 65_535, problems) ?? spec.GrpcPort,
            ResourcesPaths = values.GetValueOrDefault("resources-path") ?? [],
            ConfigPath = Last(values, "config"),
            MaxBodySize = size,
            AppMaxConcurrency = Number(values, "app-max-concurrency", -1, int.MaxValue, problems) ?? -1,
            HealthCheck = values.ContainsKey("enable-app-health-check") ? ReadHealthCheck(values, problems) : null,
        };
    }

    private static HealthCheckSpec ReadHealthCheck(Dictionary<string, List<string>> values, Problems problems)
    {
        var standard = HealthCheckSpec.Default;
        var interval = Number(values, "app-health-probe-interval", 1, 3_600, problems);
        var timeout = Number(values, "app-health-probe-timeout", 1, 60_000, problems);
        return new(
            Last(values, "app-health-check-path") ?? standard.Path,
            interval is { } seconds ? TimeSpan.FromSeconds(seconds) : standard.Interval,
            timeout is { } milliseconds ? TimeSpan.FromMilliseconds(milliseconds) : standard.Timeout,
            Number(values, "app-health-threshold", 1, 1_000, problems) ?? standard.Threshold);
    }

    private static LogLevel ReadLogLevel(string text, Problems problems)
    {
        switch (text.ToLowerInvariant())
        {
            case "debug":
                return LogLevel.Debug;
            case "info":
                return LogLevel.Information;
            case "warn" or "warning":
                return LogLevel.Warning;
            case "error" or "fatal":
                return LogLevel.Error;
            default:
                problems.Add(Where, "--log-level", $"'{text}' must be debug, info, warn or error");
                return LogLevel.Information;
        }
    }

    private static int? Number(Dictionary<string, List<string>> values, string name, int min, int max, Problems problems)
    {
        if (Last(values, name) is not { } text) return null;
        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max)
            return value;
        problems.Add(Where, "--" + name, $"'{text}' must be a whole number from {min} to {max}");
        return null;
    }

    private static string? Last(Dictionary<string, List<string>> values, string name) =>
        values.TryGetValue(name, out var list) ? list[^1] : null;

    private static List<string> Values(Dictionary<string, List<string>> values, string name) =>
        values.TryGetValue(name, out var list) ? list : values[name] = [];
}
