using System.Globalization;

namespace Agents.Local.Topology;

/// <summary>One process of an app, with the ports it and its sidecar listen on.</summary>
/// <param name="Replica">Counted from 0.</param>
internal sealed record AppProcess(RunApp App, int Replica, int AppPort, int DaprHttpPort, int DaprGrpcPort)
{
    public string Name => $"{App.Id}-{Replica}";
}

/// <summary>Everything that is to run, decided before anything is started.</summary>
/// <param name="Ports">Where further ports come from.</param>
internal sealed record Solution(RunFile File, IReadOnlyList<AppProcess> Processes, Ports Ports)
{
    /// <exception cref="LocalHostException">The run file is unusable, or replicas were asked of an app it does not name.</exception>
    /// <param name="cluster">Each role is an app of its own.</param>
    public static Solution Read(string repositoryRoot, IReadOnlyDictionary<string, int> replicas, bool cluster = false)
    {
        var file = RunFile.Read(Path.Combine(repositoryRoot, "dapr.yaml"));
        IReadOnlyList<RunApp> apps = cluster ? [.. Roles.Apart(file.Apps)] : file.Apps;
        foreach (var app in replicas.Keys.Where(app => apps.All(known => known.Id != app)))
            throw new LocalHostException($"There is no app {app}; the apps are {string.Join(", ", apps.Select(known => known.Id))}.");

        var ports = new Ports();
        return new Solution(file, [
            .. from app in apps
               from replica in Enumerable.Range(0, replicas.GetValueOrDefault(app.Id, 1))
               select new AppProcess(app, replica, ports.Take(), ports.Take(), ports.Take())], ports);
    }

    /// <summary>The environment of one service process.</summary>
    public IReadOnlyDictionary<string, string> EnvironmentOf(AppProcess process, Keys keys)
    {
        var environment = new Dictionary<string, string>(File.Environment);
        foreach (var (name, value) in process.App.Environment)
            environment[name] = value;
        environment["APP_ID"] = process.App.Id;
        environment["APP_PORT"] = Text(process.AppPort);
        environment["APP_API_TOKEN"] = keys.AppApiToken;
        environment["DAPR_HTTP_PORT"] = Text(process.DaprHttpPort);
        environment["DAPR_GRPC_PORT"] = Text(process.DaprGrpcPort);
        environment["DAPR_API_TOKEN"] = keys.DaprApiToken;
        environment["AGENTS_REPLICA"] = process.Name;
        environment["AGENTS_API_KEY"] = keys.ApiKey;
        return environment;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
