using System.Text.Json.Nodes;
using Agents.Local;
using Agents.Testing;

namespace Agents.Torture;

/// <summary>The databases' file system is full, or read-only when the runtime starts: writes are refused clearly, reads go on.</summary>
internal sealed class StoreFull : FaultRun
{
    // Small enough to fill at once, large enough for all that a long run stores.
    private readonly SmallDisk _disk = new(512);
    private readonly string _components = Directory.CreateTempSubdirectory("agents-components-").FullName;

    protected override int Replicas => 1;

    protected override ValueTask<LocalHostOptions> ConfigureAsync(LocalHostOptions options)
    {
        foreach (var file in Directory.GetFiles(Path.Combine(RepositoryRoot, "components", "local")))
        {
            var text = File.ReadAllText(file);
            foreach (var database in (string[])["state.db", "sessions.db", "messages.db"])
                text = text.Replace($"value: {database}", $"value: {Path.Combine(_disk.Folder, database)}", StringComparison.Ordinal);
            File.WriteAllText(Path.Combine(_components, Path.GetFileName(file)), text);
        }

        return base.ConfigureAsync(options with { ComponentsFolder = _components });
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _disk.Dispose();
        Directory.Delete(_components, recursive: true);
    }

    protected override async Task<string> FaultAsync(int number, CancellationToken cancellationToken)
    {
        var session = await OpenSessionAsync(cancellationToken);
        return number % 2 == 0 ? await ReadOnlyAsync(session, cancellationToken) : await FullAsync(session, cancellationToken);
    }

    /// <summary>Under load a request may be refused for the moment, as any client is.</summary>
    private async Task<string> OpenSessionAsync(CancellationToken cancellationToken)
    {
        var session = "";
        await Eventually.TrueAsync(
            async () =>
            {
                using var response = await Operator.Http.PostAsJsonAsync("/v1/sessions", new { }, cancellationToken);
                if (response.IsSuccessStatusCode)
                    session = (await response.Content.ReadFromJsonAsync<JsonNode>(cancellationToken))!.Text("id");
                return response.IsSuccessStatusCode;
            },
            "a session is opened",
            cancellationToken);
        return session;
    }

    private async Task<string> FullAsync(string session, CancellationToken cancellationToken)
    {
        var until = TimeSpan.FromMilliseconds(Random.Next(500, 3_000));
        _disk.Fill();
        try
        {
            await Task.Delay(until, cancellationToken);
            // A checkpoint may have freed a page: full is what it must be while the session is read.
            _disk.Fill();
            await Operator.GetAsync($"/v1/sessions/{session}", cancellationToken);
        }
        finally
        {
            _disk.Free();
        }

        return $"no space left for {until.TotalSeconds:0.0} s, a session was read meanwhile";
    }

    private async Task<string> ReadOnlyAsync(string session, CancellationToken cancellationToken)
    {
        await Host.Runtime.StopAsync(TimeSpan.Zero);
        if (!_disk.TryMakeReadOnly())
            throw new InvalidOperationException("Somebody writes to the databases although the runtime has ended.");
        Host.Runtime.Start();
        await Task.Delay(Random.Next(500, 2_000), cancellationToken);
        _disk.MakeWritable();
        await Host.Runtime.WaitUntilReadyAsync(cancellationToken);
        await Operator.GetAsync($"/v1/sessions/{session}", cancellationToken);
        return "the runtime started on read-only databases, which then became writable";
    }
}
