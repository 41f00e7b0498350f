using System.Net;
using Dapr.Client;

namespace Agents.Testing.Ledgers;

/// <summary>A store that, when told to, takes some more writes, loses the answer to the last of them, and is away from then on.</summary>
public sealed class FailingStore() : DelegatingHandler(new RedisLikeStore())
{
    private int? _left;

    /// <summary>A client of this store, as a service has one.</summary>
    public DaprClient Client() => RedisLikeStore.ClientOf(this);

    /// <summary>So many writes take place; only those before the last are answered.</summary>
    public void AwayAfter(int writes) => _left = writes;

    /// <summary>From now on it answers again.</summary>
    public void Back() => _left = null;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (_left == 0)
            throw new HttpRequestException("The store is away.", null, HttpStatusCode.ServiceUnavailable);
        // Many keys are read by a POST, too.
        var reads = request.Method == HttpMethod.Get || request.RequestUri!.AbsolutePath.EndsWith("/bulk", StringComparison.Ordinal);
        if (_left is null || reads || --_left > 0)
            return await base.SendAsync(request, cancellationToken);
        (await base.SendAsync(request, cancellationToken)).Dispose();
        throw new HttpRequestException("The answer is lost.", null, HttpStatusCode.ServiceUnavailable);
    }
}
