using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace Agents.Conformance.Processes;

/// <summary>A client of one sidecar.</summary>
internal sealed class Api(int port) : IDisposable
{
    public HttpClient Http { get; } = new(new SocketsHttpHandler { UseProxy = false, ActivityHeadersPropagator = null })
    {
        BaseAddress = new Uri($"http://127.0.0.1:{port}"),
        Timeout = TimeSpan.FromSeconds(30),
    };

    public async Task SaveAsync(string store, string key, string value, CancellationToken cancel) =>
        Assert.Equal(HttpStatusCode.NoContent, await TrySaveAsync(store, key, value, cancel));

    public async Task<HttpStatusCode> TrySaveAsync(string store, string key, string value, CancellationToken cancel)
    {
        using var response = await Http.PostAsJsonAsync($"/v1.0/state/{store}", new[] { new { key, value } }, cancel);
        return response.StatusCode;
    }

    /// <summary>The value, or null for a key that is not there.</summary>
    public async Task<string?> GetAsync(string store, string key, CancellationToken cancel)
    {
        using var response = await Http.GetAsync($"/v1.0/state/{store}/{key}", cancel);
        Assert.True(response.IsSuccessStatusCode, $"{(int)response.StatusCode} {await response.Content.ReadAsStringAsync(cancel)}");
        return response.StatusCode == HttpStatusCode.NoContent ? null : (await response.Content.ReadFromJsonAsync<JsonNode>(cancel))!.GetValue<string>();
    }

    public async Task PublishAsync(string pubsub, string topic, string data, CancellationToken cancel, string query = "")
    {
        using var response = await TryPublishAsync(pubsub, topic, data, cancel, query);
        Assert.True(response.StatusCode == HttpStatusCode.NoContent, await response.Content.ReadAsStringAsync(cancel));
    }

    public Task<HttpResponseMessage> TryPublishAsync(string pubsub, string topic, string data, CancellationToken cancel, string query = "") =>
        Http.PostAsync($"/v1.0/publish/{pubsub}/{topic}{query}", new StringContent(data, Encoding.UTF8, "application/json"), cancel);

    public static async Task<string> ErrorCodeAsync(HttpResponseMessage response, CancellationToken cancel) =>
        (await response.Content.ReadFromJsonAsync<JsonNode>(cancel))!["errorCode"]!.GetValue<string>();

    public async Task WaitUntilReadyAsync(CancellationToken cancel) => await Wait.UntilAsync(
        async () => (await Http.GetAsync("/v1.0/healthz", cancel)).IsSuccessStatusCode, "the sidecar is ready", cancel);

    public void Dispose() => Http.Dispose();
}
