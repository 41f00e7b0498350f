using Agents.Defaults.Api;
using Agents.Defaults.Ledgers;
using Agents.Defaults.State;
using Dapr.Client;

namespace Agents.Testing.Ledgers;

/// <summary>How likely what goes wrong is, at each call to the store.</summary>
internal sealed record Faults(double Crash, double Lost, double Pause)
{
    public static Faults None { get; } = new(0, 0, 0);
}

/// <summary>A process of a history: its own ledgers and client over a shared store, and its own bad luck.</summary>
internal sealed class SimulatedProcess : HttpMessageHandler
{
    private readonly World _world;
    private readonly HttpMessageInvoker _store;
    private readonly Faults _faults;
    private readonly Sabotage _sabotage;
    private readonly TaskCompletionSource _gone = new();

    public SimulatedProcess(World world, int number, HttpMessageInvoker store, LedgerLimits limits, Faults faults, Sabotage? sabotage = null)
    {
        (_world, Number, _store, _faults, _sabotage) = (world, number, store, faults, sabotage ?? Sabotage.None);
        var http = new HttpClient(this, disposeHandler: false) { Timeout = Timeout.InfiniteTimeSpan };
        var time = new WorldTime(world, this);
        Dapr = new DaprHttpClient(http, new Uri("http://127.0.0.1"), Json.Options, null);
        Ledgers = new LedgerSet(new Stores(Dapr, time), time) { Limits = limits };
    }

    public int Number { get; }

    public DaprClient Dapr { get; }

    public LedgerSet Ledgers { get; }

    public bool Alive { get; private set; } = true;

    /// <summary>Its steps come before all others: an observer from outside.</summary>
    public bool Urgent { get; init; }

    public int PausedUntil { get; private set; }

    /// <summary>Completes when the process dies.</summary>
    public Task Gone => _gone.Task;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var call = await StoreCall.FromAsync(request).ConfigureAwait(false);
        var answer = new TaskCompletionSource<HttpResponseMessage>();
        _world.Add(new Step(this, () => Alive ? MeetAsync(call, answer) : Task.CompletedTask));
        return await answer.Task.ConfigureAwait(false);
    }

    private async Task MeetAsync(StoreCall call, TaskCompletionSource<HttpResponseMessage> answer)
    {
        var faults = _world.Calm ? Faults.None : _faults;
        if (_world.Random.NextDouble() < faults.Pause)
            PausedUntil = _world.Steps + _world.Random.Next(1, 60);
        if (_world.Random.NextDouble() < faults.Crash)
        {
            // Before the call, after it, or with the request still on its way.
            await SendAsync(call, _world.Random.Next(3)).ConfigureAwait(false);
            Alive = false;
            _gone.SetResult();
            return;
        }
        if (_world.Random.NextDouble() < faults.Lost)
        {
            await SendAsync(call, _world.Random.Next(3)).ConfigureAwait(false);
            answer.SetException(new HttpRequestException("lost"));
            return;
        }
        answer.SetResult(await _sabotage.SendAsync(this, call, _store, SendLater).ConfigureAwait(false));
    }

    private async Task SendAsync(StoreCall call, int when)
    {
        if (when == 1)
            (await _sabotage.SendAsync(this, call, _store, SendLater).ConfigureAwait(false)).Dispose();
        else if (when == 2)
            SendLater(call);
    }

    // The request lands whatever has become of its sender.
    private void SendLater(StoreCall call) =>
        _world.Add(new Step(this, async () => (await call.SendAsync(_store).ConfigureAwait(false)).Dispose(), InFlight: true));
}

/// <summary>A request that can be sent when its sender is gone, and more than once.</summary>
internal sealed record StoreCall(HttpMethod Method, string PathAndQuery, byte[]? Body)
{
    /// <summary>Of the form <c>/v1.0/state/statestore/{key}</c>, unescaped; without the key for a write.</summary>
    public string Path => Uri.UnescapeDataString(PathAndQuery.Split('?')[0]);

    public bool IsWrite => Method == HttpMethod.Post && !Path.EndsWith("/bulk", StringComparison.Ordinal);

    public static async Task<StoreCall> FromAsync(HttpRequestMessage request) => new(
        request.Method, request.RequestUri!.PathAndQuery, request.Content is { } content ? await content.ReadAsByteArrayAsync().ConfigureAwait(false) : null);

    public async Task<HttpResponseMessage> SendAsync(HttpMessageInvoker store)
    {
        using var request = new HttpRequestMessage(Method, PathAndQuery);
        if (Body is not null)
        {
            request.Content = new ByteArrayContent(Body);
            request.Content.Headers.TryAddWithoutValidation("Content-Type", "application/json");
        }
        var response = await store.SendAsync(request, CancellationToken.None).ConfigureAwait(false);
        await response.Content.LoadIntoBufferAsync().ConfigureAwait(false);
        return response;
    }
}
