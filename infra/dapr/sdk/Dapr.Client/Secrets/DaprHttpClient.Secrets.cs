namespace Dapr.Client;

internal sealed partial class DaprHttpClient
{
    public override async Task<Dictionary<string, string>> GetSecretAsync(string storeName, string key, IReadOnlyDictionary<string, string>? metadata = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(storeName);
        ArgumentException.ThrowIfNullOrEmpty(key);
        var path = SidecarUrl.Path("v1.0", "secrets", storeName, key).WithMetadata(metadata);
        return await CallForAsync<Dictionary<string, string>>("Secret", Request(HttpMethod.Get, path), cancellationToken) ?? [];
    }

    public override async Task<Dictionary<string, Dictionary<string, string>>> GetBulkSecretAsync(string storeName, IReadOnlyDictionary<string, string>? metadata = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(storeName);
        var path = SidecarUrl.Path("v1.0", "secrets", storeName, "bulk").WithMetadata(metadata);
        return await CallForAsync<Dictionary<string, Dictionary<string, string>>>("Bulk secret", Request(HttpMethod.Get, path), cancellationToken) ?? [];
    }
}
