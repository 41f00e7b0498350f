using Dapr.Client;

namespace Agents.Testing.Ledgers;

/// <summary>A store in memory that simulated processes share, each with a client of its own that dies when the test says so.</summary>
public sealed class SharedStore(TimeProvider time) : IDisposable
{
    private readonly HttpMessageInvoker _store = new(new RedisLikeStore(time));
    private readonly SemaphoreSlim _gate = new(1);

    /// <summary>The client of a process that dies in its n-th call to the store, which takes place: nothing gets an answer from there on.</summary>
    public DaprClient Client(int calls = int.MaxValue) => new DaprHttpClient(
        new HttpClient(new Connection(_store, _gate, calls)), new Uri("http://127.0.0.1"), Agents.Defaults.Api.Json.Options, null);

    public void Dispose()
    {
        _store.Dispose();
        _gate.Dispose();
    }

    private sealed class Connection(HttpMessageInvoker store, SemaphoreSlim gate, int calls) : HttpMessageHandler
    {
        private int _left = calls;

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            await gate.WaitAsync(cancellationToken);
            try
            {
                if (--_left < 0)
                    throw new HttpRequestException("The process has died.");
                var answer = await store.SendAsync(request, cancellationToken);
                return _left > 0 ? answer : throw new HttpRequestException("The process dies.");
            }
            finally
            {
                gate.Release();
            }
        }
    }
}
