using System.Net;
using System.Text.Json.Nodes;

namespace Agents.Torture.Actors;

/// <summary>Clients that increment the counters through any sidecar, each increment until it is acknowledged.</summary>
internal sealed class CounterClients(CounterFleet fleet, int actors, int seed) : IDisposable
{
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(50);

    private readonly HttpClient _http = new(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(1) }) { Timeout = TimeSpan.FromSeconds(10) };
    private int _acknowledged;
    private int _repeated;

    public int Acknowledged => _acknowledged;

    /// <summary>Attempts that failed or broke off, so that the increment was sent again.</summary>
    public int Repeated => _repeated;

    /// <summary>Has each actor register a reminder that is due within half a minute.</summary>
    public async Task RemindAsync(CancellationToken cancellationToken)
    {
        var random = new Random(seed);
        for (var actor = 0; actor < actors; actor++)
            await UntilDoneAsync(random, actor, "Remember", JsonValue.Create(random.Next(1, 30)), cancellationToken);
    }

    public Task RunAsync(int clients, int increments, CancellationToken cancellationToken) =>
        Task.WhenAll(Enumerable.Range(0, clients).Select(client => ClientAsync(client, increments / clients, cancellationToken)));

    /// <summary>The sum of all counters, and how many have been reminded.</summary>
    public async Task<(long Sum, int Reminded)> ReadAsync(CancellationToken cancellationToken)
    {
        var (sum, reminded) = (0L, 0);
        for (var actor = 0; actor < actors; actor++)
        {
            var truth = await _http.GetFromJsonAsync<JsonNode>(new Uri(fleet.Sidecars[0], $"/v1.0/state/store/c{actor}"), cancellationToken);
            sum += truth!["total"]!.GetValue<long>();
            if (truth["reminded"]!.GetValue<bool>()) reminded++;
        }

        return (sum, reminded);
    }

    public void Dispose() => _http.Dispose();

    private async Task ClientAsync(int client, int increments, CancellationToken cancellationToken)
    {
        var random = new Random((seed * 100) + client);
        var numbers = new long[actors];
        for (var n = 0; n < increments; n++)
        {
            var actor = random.Next(actors);
            var increment = new JsonObject { ["client"] = $"client-{client}", ["number"] = ++numbers[actor] };
            await UntilDoneAsync(random, actor, "Add", increment, cancellationToken);
            Interlocked.Increment(ref _acknowledged);
            await Task.Delay(random.Next(10, 30), cancellationToken);
        }
    }

    private async Task UntilDoneAsync(Random random, int actor, string method, JsonNode body, CancellationToken cancellationToken)
    {
        while (true)
        {
            var sidecar = fleet.Sidecars[random.Next(fleet.Sidecars.Count)];
            try
            {
                using var response = await _http.PostAsJsonAsync(new Uri(sidecar, $"/v1.0/actors/Counter/c{actor}/method/{method}"), body, cancellationToken);
                if (response.StatusCode == HttpStatusCode.OK) return;
            }
            catch (Exception error) when (error is HttpRequestException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
            {
                // Killed or paused: whether it was counted is unknown, and the same number is sent again.
            }

            Interlocked.Increment(ref _repeated);
            await Task.Delay(RetryPause, cancellationToken);
        }
    }
}
