using System.Collections.Concurrent;
using System.Net.Http.Headers;
using Dapr.Client;

namespace Agents.Inference.Providers.OpenAi;

/// <summary>API keys of providers, from the secret store component; read again after five minutes or when one was refused.</summary>
internal sealed class ProviderKeys(DaprClient dapr, TimeProvider time)
{
    private const string Store = "secrets";
    private static readonly TimeSpan Kept = TimeSpan.FromMinutes(5);

    private readonly ConcurrentDictionary<string, (AuthenticationHeaderValue Key, long ReadAt)> _keys = new(StringComparer.Ordinal);

    /// <summary>The secret of that name, as bearer token.</summary>
    /// <exception cref="ProviderException">The store does not answer or has no such secret.</exception>
    public async ValueTask<AuthenticationHeaderValue> GetAsync(string name, CancellationToken cancellationToken)
    {
        if (_keys.TryGetValue(name, out var known) && time.GetElapsedTime(known.ReadAt) < Kept)
            return known.Key;
        var key = new AuthenticationHeaderValue("Bearer", await ReadAsync(name, cancellationToken));
        _keys[name] = (key, time.GetTimestamp());
        return key;
    }

    public void Forget(string name) => _keys.TryRemove(name, out _);

    private async Task<string> ReadAsync(string name, CancellationToken cancellationToken)
    {
        Dictionary<string, string> values;
        try
        {
            values = await dapr.GetSecretAsync(Store, name, cancellationToken: cancellationToken);
        }
        catch (Exception exception) when (exception is Dapr.DaprException or HttpRequestException)
        {
            throw UpstreamErrors.NoCredential(exception);
        }
        // A secret usually holds one value, under its own name; some stores choose that name themselves.
        var value = values.GetValueOrDefault(name) ?? (values.Count == 1 ? values.Values.Single() : null);
        return string.IsNullOrWhiteSpace(value) ? throw UpstreamErrors.NoCredential() : value.Trim();
    }
}
