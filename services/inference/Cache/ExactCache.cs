using System.Collections.Concurrent;
using Agents.Defaults.State;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Options;

namespace Agents.Inference.Cache;

/// <summary>
/// Answers to equal requests of a tenant: in the store, for every replica, with a copy in memory. Equal requests that come at the same
/// time wait for the first of them, one per replica.
/// </summary>
internal sealed partial class ExactCache(Stores stores, IOptions<CacheOptions> options, TimeProvider time, ILogger<ExactCache> logger) : IDisposable
{
    private readonly MemoryCache _memory = new(new MemoryCacheOptions { SizeLimit = options.Value.MemoryBytes });
    private readonly ConcurrentDictionary<string, Flight> _flights = new(StringComparer.Ordinal);

    /// <summary>The answer at a key, if it is young enough. A store that is away holds no answers.</summary>
    public async ValueTask<CachedAnswer?> FindAsync(string key, CachePolicy policy, CancellationToken cancellationToken)
    {
        if (!_memory.TryGetValue<CachedAnswer>(key, out var answer))
        {
            try
            {
                answer = (await stores.Main.GetAsync<CachedAnswer>(key, cancellationToken))?.Value;
            }
            catch (Exception exception) when (exception is Dapr.DaprException or HttpRequestException)
            {
                // Without its cache the gateway still answers, only dearer.
                Away(logger, exception.GetType().Name);
            }
            if (answer is not null)
                Remember(key, answer, policy.Ttl - Age(answer));
        }
        return answer is not null && Age(answer) < policy.MaxAge ? answer : null;
    }

    /// <summary>How long ago an answer was given.</summary>
    public TimeSpan Age(CachedAnswer answer) => TimeSpan.FromSeconds(Math.Max(0, time.GetUtcNow().ToUnixTimeSeconds() - answer.At));

    /// <summary>Joins those who wait for the answer at a key; the first one leads and must <see cref="LandAsync"/>.</summary>
    public Flight Join(string key, CachePolicy policy, out bool leads)
    {
        var mine = new Flight();
        var flight = _flights.GetOrAdd(key, mine);
        leads = flight == mine;
        // The flight before may have landed since the caller looked.
        if (leads && _memory.TryGetValue<CachedAnswer>(key, out var answer) && answer is not null && Age(answer) < policy.MaxAge)
        {
            leads = false;
            Land(key, mine, answer);
        }
        return flight;
    }

    /// <summary>The leader has an answer to keep, or none: then one of those who wait leads next.</summary>
    public async Task LandAsync(string key, Flight? flight, CachedAnswer? answer, TimeSpan ttl)
    {
        if (answer is not null)
            Remember(key, answer, ttl);
        if (flight is not null)
            Land(key, flight, answer);
        if (answer is null)
            return;
        try
        {
            await stores.Main.PutAsync(key, answer, CancellationToken.None, ttl);
        }
        catch (Exception exception) when (exception is Dapr.DaprException or HttpRequestException)
        {
            // This replica remembers it; the others will ask.
            Away(logger, exception.GetType().Name);
        }
    }

    public void Dispose() => _memory.Dispose();

    private void Land(string key, Flight flight, CachedAnswer? answer)
    {
        _flights.TryRemove(KeyValuePair.Create(key, flight));
        flight.Land(answer);
    }

    private void Remember(string key, CachedAnswer answer, TimeSpan ttl)
    {
        if (ttl > TimeSpan.Zero)
            _memory.Set(key, answer, new MemoryCacheEntryOptions { AbsoluteExpirationRelativeToNow = ttl, Size = answer.Content.Length + 512 });
    }

    [LoggerMessage(LogLevel.Warning, "The cache's store does not answer: {Cause}")]
    private static partial void Away(ILogger logger, string cause);
}

/// <summary>An answer that several equal requests wait for.</summary>
internal sealed class Flight
{
    private readonly TaskCompletionSource<CachedAnswer?> _landed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The answer; null when there is none to share.</summary>
    public Task<CachedAnswer?> Landed => _landed.Task;

    public void Land(CachedAnswer? answer) => _landed.TrySetResult(answer);
}
