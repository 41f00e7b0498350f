using Agents.Local.Demo;
using Agents.Local.Topology;

namespace Agents.Local.Cli;

/// <summary>One run of the local host, from the first line to the exit code.</summary>
internal static class Session
{
    private const int DefaultPort = 8080;
    private const string RepositoryQuestion = "What happens when the replica that answers a turn dies in the middle?";
    private const string AnyQuestion = "What is this about?";

    public static async Task<int> RunAsync(HostArguments arguments, TextWriter output, ProgressBar bar, CancellationToken stop)
    {
        var named = arguments.DaprPrograms;
        var options = new LocalHostOptions
        {
            Port = arguments.Port ?? (arguments.Demo ? 0 : DefaultPort),
            DataFolder = arguments.DataFolder,
            ApiKey = arguments.ApiKey ?? Given(Environment.GetEnvironmentVariable("AGENTS_API_KEY")),
            Replicas = arguments.Replicas,
            ComponentsFolder = arguments.ComponentsFolder,
            Cluster = arguments.Cluster,
            Environment = arguments.AllowedCallbackHosts.Index().ToDictionary(host => $"Egress__Allow__{host.Index}", host => host.Item),
            Diagnostics = bar.Say,
            OnProgress = progress => bar.Show("Starting Agents", progress.Ready, progress.Total),
        };
        try
        {
            if (arguments.Daprd)
                options = options with { Dapr = DaprPrograms.Find(named.GetValueOrDefault("--daprd"), named.GetValueOrDefault("--placement"), named.GetValueOrDefault("--scheduler")) };
            var documents = arguments.Demo
                ? DocumentFolder.Read(arguments.Docs ?? Programs.RepositoryRoot(), markdownOnly: arguments.Docs is null)
                : null;
            await using var host = await LocalHost.StartAsync(options, stop);
            bar.End();
            if (documents is not null)
            {
                var question = arguments.Ask ?? (arguments.Docs is null ? RepositoryQuestion : AnyQuestion);
                using var api = new ApiClient(host.Address, host.ApiKey);
                await DemoRun.RunAsync(api, documents, question, output, bar, stop);
                return 0;
            }

            await output.WriteLineAsync(Welcome.Text(host.Address, host.ApiKey));
            await Task.Delay(Timeout.InfiniteTimeSpan, stop);
            return 0;
        }
        catch (LocalHostException e)
        {
            bar.Say(e.Message);
            return 1;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Asked to stop, and everything has ended; a demo has not told its story then.
            return arguments.Demo ? 1 : 0;
        }
    }

    private static string? Given(string? value) => string.IsNullOrWhiteSpace(value) ? null : value;
}
