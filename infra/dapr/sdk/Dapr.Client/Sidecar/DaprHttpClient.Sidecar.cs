using System.Net.Mime;
using System.Text;

namespace Dapr.Client;

internal sealed partial class DaprHttpClient
{
    private static readonly TimeSpan HealthInterval = TimeSpan.FromMilliseconds(500);

    public override Task<bool> CheckHealthAsync(CancellationToken cancellationToken = default) =>
        IsHealthyAsync("/v1.0/healthz", cancellationToken);

    public override Task<bool> CheckOutboundHealthAsync(CancellationToken cancellationToken = default) =>
        IsHealthyAsync("/v1.0/healthz/outbound", cancellationToken);

    public override async Task WaitForSidecarAsync(CancellationToken cancellationToken = default)
    {
        while (!await CheckOutboundHealthAsync(cancellationToken)) await Task.Delay(HealthInterval, cancellationToken);
    }

    public override async Task ShutdownSidecarAsync(CancellationToken cancellationToken = default)
    {
        using var request = Request(HttpMethod.Post, "/v1.0/shutdown");
        using var response = await _http.SendAsync(request, cancellationToken);
        response.EnsureSuccessStatusCode();
    }

    public override async Task<DaprMetadata> GetMetadataAsync(CancellationToken cancellationToken = default)
    {
        var answer = await CallForAsync<MetadataAnswer>("Get metadata", Request(HttpMethod.Get, "/v1.0/metadata"), cancellationToken);
        var actors = answer?.ActorRuntime?.ActiveActors ?? answer?.Actors ?? [];
        var components = answer?.Components ?? [];
        return new DaprMetadata(
            answer?.Id ?? "",
            actors.ConvertAll(it => new DaprActorMetadata(it.Type, it.Count)),
            answer?.Extended ?? [],
            components.ConvertAll(it => new DaprComponentsMetadata(it.Name, it.Type, it.Version ?? "", it.Capabilities ?? [])));
    }

    public override async Task SetMetadataAsync(string attributeName, string attributeValue, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(attributeName);
        var body = Body(Encoding.UTF8.GetBytes(attributeValue ?? ""), MediaTypeNames.Text.Plain);
        var request = Request(HttpMethod.Put, SidecarUrl.Path("v1.0", "metadata", attributeName), body);
        using var _ = await CallAsync("Set metadata", request, cancellationToken);
    }

    private async Task<bool> IsHealthyAsync(string path, CancellationToken cancellationToken)
    {
        using var request = Request(HttpMethod.Get, path);
        try
        {
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            return response.IsSuccessStatusCode;
        }
        catch (Exception error) when (error is HttpRequestException || IsTimeout(error, cancellationToken))
        {
            // A sidecar that cannot be reached, or not in time, is what this question is asked for.
            return false;
        }
    }

    private sealed record MetadataAnswer(
        string? Id,
        List<ActorAnswer>? Actors,
        ActorRuntimeAnswer? ActorRuntime,
        Dictionary<string, string>? Extended,
        List<ComponentAnswer>? Components);

    private sealed record ActorRuntimeAnswer(List<ActorAnswer>? ActiveActors);

    private sealed record ActorAnswer(string Type, int Count);

    private sealed record ComponentAnswer(string Name, string Type, string? Version, string[]? Capabilities);
}
