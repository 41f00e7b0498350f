using Agents.Local;
using Agents.Local.Topology;
using Agents.Testing;
using Xunit;

namespace Agents.EndToEnd.Tests;

/// <summary>
/// The solution started as on real Dapr, with one sidecar process per service process. A script translates daprd's command line into
/// one of the local runtime, which knows the apps of its own process only; so what one service does by itself is what is seen here.
/// </summary>
public sealed class DaprdTests
{
    private sealed class DaprdStack : Stack
    {
        private readonly string _folder = Directory.CreateTempSubdirectory("agents-daprd-").FullName;

        protected override ValueTask<LocalHostOptions> ConfigureAsync(LocalHostOptions options)
        {
            var programs = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../.."));
            var configuration = Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
            string Program(string project) => Path.Combine(programs, project, configuration, project);
            var dapr = new DaprPrograms(
                // Two processes do not share one database file here, as they would share one Redis.
                Script("daprd", $"mkdir -p \"$2\" && cd \"$2\" && exec '{Program("Agents.LocalRuntime")}' \"$@\""),
                Script("placement", $"exec '{Program("Agents.Local.StandIn")}' \"$@\""),
                Script("scheduler", $"exec '{Program("Agents.Local.StandIn")}' \"$@\""));
            return ValueTask.FromResult(options with { Dapr = dapr, ComponentsFolder = Path.Combine(RepositoryRoot, "components", "local") });
        }

        public override async ValueTask DisposeAsync()
        {
            await base.DisposeAsync();
            Directory.Delete(_folder, recursive: true);
        }

        private string Script(string name, string line)
        {
            var file = Path.Combine(_folder, name);
            File.WriteAllText(file, $"#!/bin/sh\n{line}\n");
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            return file;
        }
    }

    [Fact]
    public async Task The_solution_starts_with_one_sidecar_per_service_and_survives_the_loss_of_one()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the stand-in for daprd is a shell script");
        var token = TestContext.Current.CancellationToken;
        await using var stack = new DaprdStack();
        await stack.InitializeAsync();
        Assert.Equal(["placement", "scheduler", .. stack.Host.Services.Select(service => $"daprd-{service.Name}")], stack.Host.Dapr.Select(child => child.Name));

        var user = stack.Operator;
        var session = (await user.CreateAsync("/v1/sessions", new { metadata = new { on = "one sidecar each" } }, token)).Text("id");
        var daprd = stack.Host.Dapr.Single(child => child.Name == "daprd-conversation-0");
        daprd.Kill();
        await Eventually.TrueAsync(() => daprd.Restarts == 1 && daprd.IsReady, "the killed sidecar is back", token);
        Assert.Equal("one sidecar each", (await user.GetAsync($"/v1/sessions/{session}", token))["metadata"].Text("on"));
    }
}
