using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Agents.Conformance.Processes;
using Agents.Testing;

namespace Agents.Conformance.Behaviour;

public class LifecycleTests
{
    [Fact]
    public async Task A_term_signal_lets_deliveries_finish_and_their_handlers_save_state()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var world = new World();
        world.AddSqlite();
        var release = new TaskCompletionSource();
        Api? api = null;
        var app = world.AddSubscriber("app", [World.Subscription("events", "/events")], async (_, _) =>
        {
            await release.Task;
            await api!.SaveAsync("store", "handled", "yes", cancel);
        });
        await world.StartAsync(cancel);
        api = world.Api();
        await api.PublishAsync("pubsub", "events", "1", cancel);
        await Wait.UntilAsync(() => app.CallsTo("/events").Any(), "the handler runs", cancel);
        using (var term = Process.Start("kill", ["-TERM", $"{world.Runtime.Process.Id}"])) await term.WaitForExitAsync(cancel);
        Assert.False(await Wait.ForAsync(() => world.Runtime.Process.HasExited, TimeSpan.FromMilliseconds(300), cancel));
        release.SetResult();
        await world.Runtime.Process.WaitForExitAsync(cancel).WaitAsync(TimeSpan.FromSeconds(10), cancel);
        Assert.Equal(0, world.Runtime.Process.ExitCode);

        await world.StartRuntimeAsync(cancel);
        Assert.Equal("yes", await world.Api().GetAsync("store", "handled", cancel));
        Assert.False(await Wait.ForAsync(() => app.CallsTo("/events").Count() > 1, TimeSpan.FromMilliseconds(300), cancel), "the handled message came again");
    }

    [Fact]
    public async Task The_shutdown_call_ends_one_sidecar_and_the_last_one_ends_the_process()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var world = new World();
        world.AddCaller("one");
        world.AddCaller("two");
        await world.StartAsync(cancel);
        Assert.Equal(HttpStatusCode.NoContent, (await world.Api(0).Http.PostAsync("/v1.0/shutdown", null, cancel)).StatusCode);
        var closed = world.Api(0);
        await Wait.UntilAsync(async () => !await AnswersAsync(closed, cancel), "the first sidecar is closed", cancel);
        Assert.True(await AnswersAsync(world.Api(1), cancel));
        await world.Api(1).Http.PostAsync("/v1.0/shutdown", null, cancel);
        await world.Runtime.Process.WaitForExitAsync(cancel).WaitAsync(TimeSpan.FromSeconds(10), cancel);
        Assert.Equal(0, world.Runtime.Process.ExitCode);
    }

    [Fact]
    public async Task The_runtime_goes_when_its_parent_has_died()
    {
        var cancel = TestContext.Current.CancellationToken;
        using var parent = Process.Start(new ProcessStartInfo("sleep", "60"))!;
        await using var world = new World();
        world.AddCaller("app");
        await world.StartAsync(cancel, arguments: ["--parent-pid", $"{parent.Id}"]);
        parent.Kill();
        await parent.WaitForExitAsync(cancel);
        await world.Runtime.Process.WaitForExitAsync(cancel).WaitAsync(TimeSpan.FromSeconds(10), cancel);
        Assert.Equal(0, world.Runtime.Process.ExitCode);
    }

    [Fact]
    public async Task A_port_in_use_ends_the_start_with_a_message()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        var (exitCode, errors) = await RuntimeProcess.RunAsync(["--app-id", "a", "--dapr-http-port", $"{port}"], TestContext.Current.CancellationToken);
        Assert.Equal(1, exitCode);
        Assert.Contains($"{port}", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Daprs_flags_are_taken_and_those_without_meaning_here_are_ignored()
    {
        var cancel = TestContext.Current.CancellationToken;
        using var place = new Workplace();
        place.AddComponent("store", "state.in-memory");
        var port = Ports.Next();
        await using var runtime = await RuntimeProcess.StartAsync(
        [
            "--app-id=flags", "--dapr-http-port", $"{port}", "--resources-path", place.Resources, "--max-body-size", "1Ki", "--metrics-port", "9999",
            "--placement-host-address", "localhost:1", "--log-as-json", "--enable-api-logging=false", "--mode", "standalone",
        ]);
        using var api = new Api(port);
        await api.SaveAsync("store", "k", "v", cancel);
        Assert.Equal(HttpStatusCode.BadRequest, await api.TrySaveAsync("store", "k", new string('x', 2_000), cancel));
    }

    private static async Task<bool> AnswersAsync(Api api, CancellationToken cancel)
    {
        try
        {
            return (await api.Http.GetAsync("/v1.0/healthz", cancel)).IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
