using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Agents.Local.Processes;
using Xunit;

namespace Agents.Local.Tests.Processes;

/// <summary>The host with real processes.</summary>
public sealed class LocalHostTests : IDisposable
{
    private readonly StandInSolution _solution = new();
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false });

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _http.Dispose();
        _solution.Dispose();
    }

    [Fact]
    public async Task Starts_everything_behind_one_address_and_ends_all_of_it()
    {
        var progress = new ConcurrentQueue<StartProgress>();
        int[] ids;
        string data;
        await using (var host = await LocalHost.StartAsync(
            _solution.Options with { Replicas = new Dictionary<string, int> { ["conversation"] = 2 }, OnProgress = progress.Enqueue }, Token))
        {
            Assert.Equal(["conversation-0", "conversation-1", "analytics-0"], host.Services.Select(child => child.Name));
            Assert.All(host.Services, child => Assert.True(child.IsReady));
            Assert.Equal(new StartProgress(4, 4), progress.Last());
            Assert.Equal(HttpStatusCode.OK, (await _http.GetAsync(new Uri(host.Address, "/health/ready"), Token)).StatusCode);

            var one = await AskAsync(host, "/v1/agents");
            var other = await AskAsync(host, "/v1/agents");
            Assert.Equal(["conversation-0", "conversation-1"], new[] { one, other }.Select(who => who.GetProperty("replica").GetString()!).Order());
            Assert.Equal(host.ApiKey, one.GetProperty("key").GetString());
            Assert.Equal(96, one.GetProperty("tokens").GetInt32());
            Assert.Equal("analytics", (await AskAsync(host, "/")).GetProperty("app").GetString());

            var child = host.Services.Single(child => child.Name == one.GetProperty("replica").GetString());
            Assert.Equal((child.ProcessId, $"{child.AppPort}", $"{child.DaprHttpPort}"),
                (one.GetProperty("pid").GetInt32(), one.GetProperty("port").GetString(), one.GetProperty("sidecar").GetString()));
            Assert.Contains("the runtime was here", await File.ReadAllTextAsync(host.Runtime.LogPath, Token), StringComparison.Ordinal);

            ids = [.. host.Services.Append(host.Runtime).Select(running => running.ProcessId!.Value)];
            data = host.DataPath;
        }

        Assert.All(ids, id => Assert.False(IsRunning(id)));
        Assert.False(Directory.Exists(data));
    }

    [Fact]
    public async Task A_replica_is_replaced_without_anybody_noticing()
    {
        await using var host = await LocalHost.StartAsync(_solution.Options with { Replicas = new Dictionary<string, int> { ["conversation"] = 2 } }, Token);
        var ids = host.Services.Select(child => child.ProcessId).ToList();
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var asking = Task.WhenAll(Enumerable.Range(0, 4).Select(async _ =>
        {
            while (!enough.IsCancellationRequested)
                await AskAsync(host, "/v1/agents");
        }));
        foreach (var child in host.Services)
            await child.ReplaceAsync(Token);
        await enough.CancelAsync();
        await asking;

        Assert.All(host.Services, child => Assert.True(child.IsReady));
        Assert.Empty(ids.Intersect(host.Services.Select(child => child.ProcessId)));
        Assert.All(host.Services, child => Assert.Equal(0, child.Restarts));
    }

    [Fact]
    public async Task A_process_that_dies_comes_back_at_its_ports_and_one_that_was_stopped_does_not()
    {
        var lines = new ConcurrentQueue<string>();
        await using var host = await LocalHost.StartAsync(_solution.Options with { Diagnostics = lines.Enqueue }, Token);
        var child = host.Services.Single(child => child.AppId == "conversation");
        var before = await AskAsync(host, "/v1/agents");

        child.Kill();
        await Eventually.TrueAsync(() => child.Restarts == 1 && child.IsReady, "the killed process is back", Token);
        var after = await AskAsync(host, "/v1/agents");
        Assert.NotEqual(before.GetProperty("pid").GetInt32(), after.GetProperty("pid").GetInt32());
        Assert.Equal(before.GetProperty("port").GetString(), after.GetProperty("port").GetString());
        Assert.Contains("conversation-0 ended with code 137", Assert.Single(lines), StringComparison.Ordinal);

        await child.StopAsync();
        Assert.Null(child.ProcessId);
        using (var refused = await _http.GetAsync(new Uri(host.Address, "/v1/agents"), Token))
            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await _http.GetAsync(new Uri(host.Address, "/health/ready"), Token)).StatusCode);

        child.Start();
        await child.WaitUntilReadyAsync(Token);
        Assert.Equal(before.GetProperty("port").GetString(), (await AskAsync(host, "/v1/agents")).GetProperty("port").GetString());
        Assert.Single(lines);
    }

    [Fact]
    public async Task A_paused_process_is_silent_until_it_is_resumed_and_loses_its_turn_meanwhile()
    {
        await using var host = await LocalHost.StartAsync(
            _solution.Options with { Replicas = new Dictionary<string, int> { ["conversation"] = 2 } }, Token);
        var paused = host.Services[0];
        paused.Pause();
        await Eventually.TrueAsync(() => !paused.IsReady, "the silent replica is taken out", Token);
        for (var i = 0; i < 4; i++)
            Assert.Equal("conversation-1", (await AskAsync(host, "/v1/agents")).GetProperty("replica").GetString());

        paused.Resume();
        await paused.WaitUntilReadyAsync(Token);
        Assert.Equal(0, paused.Restarts);
    }

    [Fact]
    public async Task A_service_that_cannot_start_is_named_with_its_last_words_and_nothing_stays()
    {
        var options = _solution.Options with
        {
            Environment = new Dictionary<string, string> { ["STANDIN_FAILS"] = "analytics" },
            Diagnostics = _ => { },
        };
        var failed = await Assert.ThrowsAsync<LocalHostException>(() => LocalHost.StartAsync(options, Token));
        Assert.Contains("analytics-0 did not start", failed.Message, StringComparison.Ordinal);
        Assert.Contains("ended with code 7", failed.Message, StringComparison.Ordinal);
        Assert.Contains("this service was told to fail", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_taken_port_is_named()
    {
        using var taken = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        var failed = await Assert.ThrowsAsync<LocalHostException>(() => LocalHost.StartAsync(_solution.Options with { Port = port }, Token));
        Assert.Contains($"Port {port} is taken", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_killed_host_leaves_no_process_behind()
    {
        using var host = Process.Start(new ProcessStartInfo(StandInSolution.Program, ["host", _solution.Root, _solution.Programs])
        {
            RedirectStandardOutput = true,
        })!;
        var line = await host.StandardOutput.ReadLineAsync(Token).AsTask().WaitAsync(TimeSpan.FromSeconds(20), Token);
        var ids = line!.Split(' ').Select(int.Parse).ToList();
        Assert.Equal(3, ids.Count);
        Assert.All(ids, id => Assert.True(IsRunning(id)));

        host.Kill();
        await host.WaitForExitAsync(Token);
        await Eventually.TrueAsync(() => !ids.Any(IsRunning), "all children have ended", Token);
    }

    [Fact]
    public async Task A_process_that_ignores_the_request_to_end_is_ended_by_force()
    {
        using var folder = new ScratchFolder();
        using var probe = new HttpClient();
        await using var child = new Child(
            new ChildProgram
            {
                Name = "stubborn",
                FileName = "/bin/sh",
                Arguments = ["-c", "trap '' TERM; echo up; while :; do sleep 0.1; done"],
                WorkingFolder = folder.Path,
                ReadyLine = "up",
            },
            folder.Path, probe, _ => Assert.Fail("It must not be restarted."), TimeProvider.System);
        child.Start();
        await child.WaitUntilReadyAsync(Token);
        var id = child.ProcessId!.Value;
        await child.StopAsync(TimeSpan.FromMilliseconds(200));
        Assert.False(IsRunning(id));
    }

    private async Task<JsonElement> AskAsync(LocalHost host, string path)
    {
        using var response = await _http.GetAsync(new Uri(host.Address, path), Token);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return JsonDocument.Parse(await response.Content.ReadAsStringAsync(Token)).RootElement;
    }

    private static bool IsRunning(int id)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            return !process.HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
