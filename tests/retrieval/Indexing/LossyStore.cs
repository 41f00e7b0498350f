namespace Agents.Retrieval.Tests.Indexing;

/// <summary>Changes of the manifest are not sent, sent without an answer, or sent some requests later.</summary>
internal sealed class LossyStore(HttpMessageHandler store, Random random) : HttpMessageHandler
{
    private readonly SemaphoreSlim _oneAtATime = new(1, 1);
    private readonly HttpMessageInvoker _store = new(store, disposeHandler: false);
    private readonly List<(int Requests, byte[] Body)> _late = [];
    private bool _calm;

    public int Lost { get; private set; }

    public void Calm() => _calm = true;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        await _oneAtATime.WaitAsync(cancellationToken);
        try
        {
            for (var i = _late.Count - 1; i >= 0; i--)
            {
                var (requests, body) = _late[i];
                _late[i] = (requests - 1, body);
                if (requests > 0)
                    continue;
                _late.RemoveAt(i);
                using var late = new HttpRequestMessage(HttpMethod.Post, "http://127.0.0.1/v1.0/state/statestore") { Content = new ByteArrayContent(body) };
                (await _store.SendAsync(late, CancellationToken.None)).Dispose();
            }
            if (!_calm && await Manifests.IsOneAsync(request, cancellationToken) && random.Next(3) == 0)
            {
                var sent = await request.Content!.ReadAsByteArrayAsync(cancellationToken);
                Lost++;
                switch (random.Next(3))
                {
                    case 0:
                        (await _store.SendAsync(request, cancellationToken)).Dispose();
                        break;
                    case 1:
                        _late.Add((random.Next(1, 12), sent));
                        break;
                }
                throw new HttpRequestException("lost");
            }
            return await _store.SendAsync(request, cancellationToken);
        }
        finally
        {
            _oneAtATime.Release();
        }
    }
}

/// <summary>Tells changes of the manifest from other requests.</summary>
internal static class Manifests
{
    public static async Task<bool> IsOneAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        request.Method == HttpMethod.Post && (await request.Content!.ReadAsByteArrayAsync(cancellationToken)).AsSpan().IndexOf("\"index/"u8) >= 0;
}
