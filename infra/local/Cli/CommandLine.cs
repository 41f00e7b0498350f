using System.Globalization;

namespace Agents.Local.Cli;

/// <summary>What the command line asks for, with every value checked.</summary>
internal sealed record HostArguments
{
    public bool Demo { get; init; }

    /// <summary>A folder or file of documents for the demo; null means this repository's Markdown.</summary>
    public string? Docs { get; init; }

    public string? Ask { get; init; }

    /// <summary>The front door's port; null means the default of the command.</summary>
    public int? Port { get; init; }

    public string? DataFolder { get; init; }

    public string? ApiKey { get; init; }

    public IReadOnlyDictionary<string, int> Replicas { get; init; } = new Dictionary<string, int>();

    /// <summary><c>host:port</c> that callbacks and tools may call although they are not public.</summary>
    public IReadOnlyList<string> AllowedCallbackHosts { get; init; } = [];

    /// <summary>One process per app of the chart.</summary>
    public bool Cluster { get; init; }

    public string? ComponentsFolder { get; init; }

    /// <summary>Real Dapr instead of the local runtime.</summary>
    public bool Daprd { get; init; }

    /// <summary>Paths of Dapr's programs by option, such as <c>--daprd</c>; those not named are looked for.</summary>
    public IReadOnlyDictionary<string, string> DaprPrograms { get; init; } = new Dictionary<string, string>();
}

/// <summary>The outcome of reading a command line.</summary>
internal abstract record Command
{
    private Command()
    {
    }

    internal sealed record Run(HostArguments Arguments) : Command;

    internal sealed record Help : Command;

    /// <param name="Why">One line: what was refused and why.</param>
    internal sealed record Refused(string Why) : Command;
}

internal static class CommandLine
{
    public const int MaxReplicas = 16;

    public static string Usage { get; } = """
        Usage: dotnet run --project infra/local -- [demo] [options]

        Starts Agents on this machine: Dapr, the services and one front door.

          demo                     ingest documents, ask one question, print the streamed answer, and end
          --docs FOLDER|FILE       demo: your own .md, .txt and .html documents (default: this repository's Markdown)
          --ask QUESTION           demo: the question to ask
          --port N                 port of the front door (default 8080; demo: any free port)
          --data DIR               keep all data, logs and keys in DIR (default: a temporary folder, removed at the end)
          --api-key KEY            the admin key (default: $AGENTS_API_KEY, the one kept in DIR, or a new one)
          --replicas APP=N         run N processes of a service; may be repeated
          --topology merged|cluster
                                   one process per service (default), or one per app of the chart: each lane's workers, hooks, ingestion
          --allow-callback-host HOST:PORT
                                   let webhooks and tools call this host although it is not public; may be repeated
          --components DIR         Dapr components to use (default: components/local; with daprd: components/redis)
          --runtime local|daprd    the local Dapr runtime of this repository (default), or a real Dapr with one daprd per process
          --daprd FILE, --placement FILE, --scheduler FILE
                                   with --runtime daprd: Dapr's programs (default: from PATH or ~/.dapr/bin)
          --help                   show this text
        """;

    public static Command Parse(IReadOnlyList<string> args)
    {
        var parsed = new HostArguments();
        for (var i = 0; i < args.Count; i++)
        {
            var (flag, value) = Split(args[i]);
            switch (flag)
            {
                case "demo" when i == 0:
                    parsed = parsed with { Demo = true };
                    continue;
                case "--help" or "-h":
                    return new Command.Help();
                case "--docs" or "--ask" or "--port" or "--data" or "--api-key" or "--replicas" or "--topology" or "--allow-callback-host" or "--components" or "--runtime"
                    or "--daprd" or "--placement" or "--scheduler":
                    break;
                case "demo":
                    return new Command.Refused("demo must be the first argument.");
                default:
                    return new Command.Refused($"{flag} is not an option of the local host.");
            }

            value ??= i + 1 < args.Count ? args[++i] : null;
            if (string.IsNullOrWhiteSpace(value))
                return new Command.Refused($"{flag} needs a value.");

            var (next, why) = Apply(parsed, flag, value);
            if (why is not null)
                return new Command.Refused(why);
            parsed = next;
        }

        return parsed switch
        {
            { Demo: false, Docs: not null } => new Command.Refused("--docs belongs to demo."),
            { Demo: false, Ask: not null } => new Command.Refused("--ask belongs to demo."),
            { Daprd: false, DaprPrograms.Count: > 0 } => new Command.Refused($"{parsed.DaprPrograms.Keys.First()} belongs to --runtime daprd."),
            _ => new Command.Run(parsed),
        };
    }

    private static (HostArguments Arguments, string? Why) Apply(HostArguments arguments, string flag, string value)
    {
        switch (flag)
        {
            case "--docs":
                return Path.Exists(value)
                    ? (arguments with { Docs = Path.GetFullPath(value) }, null)
                    : (arguments, $"--docs {value}: no such file or folder.");
            case "--ask":
                return (arguments with { Ask = value }, null);
            case "--port":
                return Number(value, 1, 65_535) is { } port
                    ? (arguments with { Port = port }, null)
                    : (arguments, $"--port {value}: a port is a number from 1 to 65535.");
            case "--data":
                return (arguments with { DataFolder = Path.GetFullPath(value) }, null);
            case "--api-key":
                return value.Length is >= 16 and <= 200 && value.All(c => c is > ' ' and <= '~')
                    ? (arguments with { ApiKey = value }, null)
                    : (arguments, "--api-key: a key has 16 to 200 visible ASCII characters and no space.");
            case "--replicas":
                return Replicas(arguments, value);
            case "--allow-callback-host":
                return Uri.TryCreate($"http://{value}", UriKind.Absolute, out var host) && host.Authority.Equals(value, StringComparison.OrdinalIgnoreCase) && value.Contains(':', StringComparison.Ordinal)
                    ? (arguments with { AllowedCallbackHosts = [.. arguments.AllowedCallbackHosts, value] }, null)
                    : (arguments, $"--allow-callback-host {value}: write HOST:PORT.");
            case "--components":
                return Directory.Exists(value)
                    ? (arguments with { ComponentsFolder = Path.GetFullPath(value) }, null)
                    : (arguments, $"--components {value}: no such folder.");
            case "--daprd" or "--placement" or "--scheduler":
                return File.Exists(value)
                    ? (arguments with { DaprPrograms = new Dictionary<string, string>(arguments.DaprPrograms) { [flag] = Path.GetFullPath(value) } }, null)
                    : (arguments, $"{flag} {value}: no such file.");
            case "--runtime":
                return value is "local" or "daprd"
                    ? (arguments with { Daprd = value == "daprd" }, null)
                    : (arguments, $"--runtime {value}: the choices are local and daprd.");
            default:
                return value switch
                {
                    "merged" or "cluster" => (arguments with { Cluster = value == "cluster" }, null),
                    _ => (arguments, $"--topology {value}: the choices are merged and cluster."),
                };
        }
    }

    private static (HostArguments Arguments, string? Why) Replicas(HostArguments arguments, string value)
    {
        var at = value.IndexOf('=', StringComparison.Ordinal);
        if (at <= 0 || Number(value[(at + 1)..], 1, MaxReplicas) is not { } count)
            return (arguments, $"--replicas {value}: write APP=N with N from 1 to {MaxReplicas}.");
        var app = value[..at];
        return arguments.Replicas.ContainsKey(app)
            ? (arguments, $"--replicas {value}: {app} was given before.")
            : (arguments with { Replicas = new Dictionary<string, int>(arguments.Replicas) { [app] = count } }, null);
    }

    private static int? Number(string text, int least, int most) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : null;

    private static (string Flag, string? Value) Split(string argument)
    {
        var at = argument.IndexOf('=', StringComparison.Ordinal);
        return argument.StartsWith("--", StringComparison.Ordinal) && at > 0
            ? (argument[..at], argument[(at + 1)..])
            : (argument, null);
    }
}
