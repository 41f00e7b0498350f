using System.Collections.Concurrent;
using System.Text.Json.Nodes;

namespace Agents.Testing.Storms;

/// <summary>A turn that is being answered, and by which life of which replica, as the product's own records say.</summary>
internal sealed record HeldTurn(string Turn, string Replica, string Epoch);

/// <summary>Looks into the store for whoever holds the turns that are being answered.</summary>
internal sealed class LeaseHolders(Stack stack) : IDisposable
{
    private readonly HttpClient _sidecar = NewSidecar(stack);

    // Lives that were ended by a kill: a record may still name them.
    private readonly ConcurrentDictionary<string, bool> _ended = new();

    /// <summary>Which of these sessions' turns are held by a living replica.</summary>
    public async Task<IReadOnlyList<HeldTurn>> FindAsync(IEnumerable<string> sessions, CancellationToken cancellationToken)
    {
        var keys = new JsonArray([.. sessions.Select(session => (JsonNode)$"session/default/{session}")]);
        using var response = await _sidecar.PostAsJsonAsync("/v1.0/state/sessionstore/bulk", new JsonObject { ["keys"] = keys }, cancellationToken);
        response.EnsureSuccessStatusCode();
        var found = (JsonArray)await response.JsonAsync(cancellationToken);
        return
        [
            .. found.Select(item => item?["data"]?["v"]?["running"]).OfType<JsonObject>()
                .Select(running => new HeldTurn(running.Text("id"), running["owner"].Text("name"), running["owner"].Text("epoch")))
                .Where(held => !_ended.ContainsKey(held.Epoch)),
        ];
    }

    /// <summary>These lives are over.</summary>
    public void End(IEnumerable<HeldTurn> held)
    {
        foreach (var turn in held)
            _ended[turn.Epoch] = true;
    }

    public void Dispose() => _sidecar.Dispose();

    private static HttpClient NewSidecar(Stack stack)
    {
        // Every replica has its sidecar in the runtime, which nobody kills here.
        var port = stack.Host.Services.First(child => child.AppId == "conversation").DaprHttpPort;
        var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        client.DefaultRequestHeaders.Add("dapr-api-token", stack.Host.DaprApiToken);
        return client;
    }
}
