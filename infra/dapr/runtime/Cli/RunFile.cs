using Agents.LocalRuntime.Apps;
using Agents.LocalRuntime.Resources;

namespace Agents.LocalRuntime.Cli;

/// <summary>
/// A multi-app run file as <c>dapr run -f</c> takes it. Fields about starting and logging app processes are accepted and
/// left to whoever starts them. Entries with the same appID are replicas of that app, which the Dapr CLI does not know.
/// </summary>
internal static class RunFile
{
    private static readonly string[] Elsewhere =
    [
        "command", "containerImage", "containerImagePullPolicy", "createService", "runtimePath", "daprdLogDestination", "appLogDestination",
        "logLevel", "apiListenAddresses", "enableProfiling", "placementHostAddress", "schedulerHostAddress", "appSSL", "readBufferSize",
        "enableApiLogging", "daprInternalGRPCPort", "profilePort", "metricsPort", "unixDomainSocket",
    ];

    public static IReadOnlyList<AppSpec> Load(string file, Problems problems)
    {
        var apps = new List<AppSpec>();
        var full = Path.GetFullPath(file);
        var folder = Path.GetDirectoryName(full)!;
        var documents = YamlFile.Read(full, problems);
        if (documents.Count == 0)
        {
            if (problems.Lines.Count == 0) problems.Add(file, "", "is empty");
            return apps;
        }

        var document = documents[0];
        if (document.Int("version", 1, 1) is null && !document.Has("version")) document.Report("version", "is required (1)");
        var common = Shared.Read(document.Map("common"), folder);
        foreach (var app in document.Maps("apps")) apps.Add(ReadApp(app, folder, common));
        if (apps.Count == 0) document.Report("apps", "needs at least one app");
        document.Close();
        return apps;
    }

    private static AppSpec ReadApp(Section app, string folder, Shared common)
    {
        var directory = Path.GetFullPath(app.Text("appDirPath", required: true) ?? ".", folder);
        var own = Shared.Read(app, directory, isApp: true);
        var appId = app.Text("appID") ?? Path.GetFileName(Path.TrimEndingDirectorySeparator(directory));
        var spec = new AppSpec
        {
            AppId = appId,
            AppPort = app.Int("appPort", 1, 65_535),
            AppChannelAddress = app.Text("appChannelAddress") ?? "127.0.0.1",
            HttpPort = app.Int("daprHTTPPort", 1, 65_535) ?? FreePort.Next(),
            GrpcPort = app.Int("daprGRPCPort", 1, 65_535) ?? FreePort.Next(),
            ResourcesPaths = First(own.ResourcesPaths, Existing(Path.Combine(directory, ".dapr", "resources")), common.ResourcesPaths),
            ConfigPath = own.ConfigPath ?? ExistingFile(Path.Combine(directory, ".dapr", "config.yaml")) ?? common.ConfigPath,
            MaxBodySize = own.MaxBodySize ?? common.MaxBodySize ?? AppSpec.DefaultMaxBodySize,
            AppMaxConcurrency = own.AppMaxConcurrency ?? common.AppMaxConcurrency ?? -1,
            HealthCheck = own.HealthCheck ?? common.HealthCheck,
            Environment = Merge(common.Environment, own.Environment),
        };
        app.Ignore(Elsewhere);
        app.Close();
        return spec;
    }

    private static IReadOnlyList<string> First(params ReadOnlySpan<IReadOnlyList<string>> lists)
    {
        foreach (var list in lists)
        {
            if (list.Count > 0) return list;
        }

        return [];
    }

    private static string[] Existing(string folder) => Directory.Exists(folder) ? [folder] : [];

    private static string? ExistingFile(string file) => File.Exists(file) ? file : null;

    private static Dictionary<string, string> Merge(IReadOnlyDictionary<string, string> common, IReadOnlyDictionary<string, string> own)
    {
        var merged = new Dictionary<string, string>(common);
        foreach (var (name, value) in own) merged[name] = value;
        return merged;
    }

    /// <summary>The fields that may stand under <c>common</c> as well as in an app entry.</summary>
    private sealed record Shared(
        IReadOnlyList<string> ResourcesPaths, string? ConfigPath, int? MaxBodySize, int? AppMaxConcurrency, HealthCheckSpec? HealthCheck,
        IReadOnlyDictionary<string, string> Environment)
    {
        public static Shared Read(Section? section, string folder, bool isApp = false)
        {
            if (section is null) return new([], null, null, null, null, new Dictionary<string, string>());
            var paths = section.Texts("resourcesPaths").ToList();
            if (section.Text("resourcesPath") is { } path) paths.Add(path);
            var environment = new Dictionary<string, string>();
            if (section.Map("env") is { } env)
            {
                foreach (var name in env.Names) environment[name] = env.Text(name) ?? "";
            }

            if (section.Text("appProtocol") is { } protocol and not "http")
                section.Report("appProtocol", $"'{protocol}' is not supported (only http)");
            int? size = null;
            if (section.Text("maxBodySize") is { } text)
            {
                if (CommandLine.TryParseSize(text, out var bytes)) size = bytes;
                else section.Report("maxBodySize", $"'{text}' must be a size such as 4Mi");
            }

            var result = new Shared(
                paths.Select(item => Path.GetFullPath(item, folder)).ToList(),
                section.Text("configFilePath") is { } config ? Path.GetFullPath(config, folder) : null,
                size,
                section.Int("appMaxConcurrency", -1, int.MaxValue),
                ReadHealthCheck(section),
                environment);
            if (!isApp)
            {
                section.Ignore(Elsewhere);
                section.Close();
            }

            return result;
        }

        private static HealthCheckSpec? ReadHealthCheck(Section section)
        {
            var standard = HealthCheckSpec.Default;
            var path = section.Text("appHealthCheckPath") ?? standard.Path;
            var interval = section.Int("appHealthProbeInterval", 1, 3_600);
            var timeout = section.Int("appHealthProbeTimeout", 1, 60_000);
            var threshold = section.Int("appHealthThreshold", 1, 1_000) ?? standard.Threshold;
            if (section.Bool("enableAppHealthCheck") is not true) return null;
            return new(
                path,
                interval is { } seconds ? TimeSpan.FromSeconds(seconds) : standard.Interval,
                timeout is { } milliseconds ? TimeSpan.FromMilliseconds(milliseconds) : standard.Timeout,
                threshold);
        }
    }
}
