namespace Dapr.Client;

internal sealed partial class DaprHttpClient
{
    public override async Task<Dictionary<string, string>> GetSecretAsync(
        string storeName, string key, IReadOnlyDictionary<string, string>? metadata = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(storeName);
        ArgumentException.ThrowIfNullOrEmpty(key);
        var request = Request(HttpMethod.Get, SidecarUrl.Path("v1.0", "secrets", storeName, key).WithMetadata(metadata));
        return await CallForAsync<Dictionary<string, string>>("Secret", request, cancellationToken) ?? [];
    }

    public override async Task<Dictionary<string, Dictionary<string, string>>> GetBulkSecretAsync(
        string storeName, IReadOnlyDictionary<string, string>? metadata = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(storeName);
        var request = Request(HttpMethod.Get, SidecarUrl.Path("v1.0", "secrets", storeName, "bulk").WithMetadata(metadata));
        return await CallForAsync<Dictionary<string, Dictionary<string, string>>>("Bulk secret", request, cancellationToken) ?? [];
    }
}
