namespace Agents.Retrieval.Tests.Indexing;

/// <summary>Something happens between a change of the manifest being sent and its arrival.</summary>
internal sealed class PausedStore(HttpMessageHandler store) : HttpMessageHandler
{
    private readonly HttpMessageInvoker _store = new(store, disposeHandler: false);

    public Func<Task>? BeforeNextManifest { get; set; }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (BeforeNextManifest is { } happens && await Manifests.IsOneAsync(request, cancellationToken))
        {
            BeforeNextManifest = null;
            await happens();
        }
        return await _store.SendAsync(request, cancellationToken);
    }
}
