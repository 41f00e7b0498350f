using System.Net;
using System.Text.Json.Nodes;

namespace Agents.Testing.Requests;

/// <summary>A client as they should be: it asks any replica, again and again under the same idempotency key, until an answer is final.</summary>
internal sealed class PatientClient(Stack stack, Random random)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly IReadOnlyList<ApiClient> _replicas =
        [.. stack.Host.Services.Where(child => child.AppId == "conversation").Select(child => stack.At("conversation", child.Replica, stack.Host.ApiKey))];

    /// <summary>Attempts that were cut, or told to come again.</summary>
    public int Repetitions { get; private set; }

    public async Task<Settled> SendAsync(HttpMethod method, string path, object? body, string? key, CancellationToken cancellationToken, string? bearer = null)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Patience);
        while (true)
        {
            ApiClient replica;
            lock (random)
                replica = _replicas[random.Next(_replicas.Count)];
            using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
            if (key is not null)
                request.Headers.Add("Idempotency-Key", key);
            if (bearer is not null)
                request.Headers.Authorization = new System.Net.Http.Headers.AuthenticationHeaderValue("Bearer", bearer);
            try
            {
                using var response = await replica.Http.SendAsync(request, limit.Token);
                var settled = new Settled(response.StatusCode, await response.Content.ReadAsStringAsync(limit.Token), response.Headers.Contains("Idempotent-Replayed"));
                if ((int)settled.Status < 500 && settled.Code is not "idempotency_running")
                    return settled;
            }
            catch (Exception exception) when (exception is HttpRequestException or IOException)
            {
                // The replica is gone: the next attempt asks another one.
            }
            Repetitions++;
            await Task.Delay(Pause, limit.Token);
        }
    }

    public async Task<JsonNode> GetAsync(string path, CancellationToken cancellationToken) => Read(path, await SendAsync(HttpMethod.Get, path, null, null, cancellationToken));

    public async Task<JsonNode> CreateAsync(string path, object body, CancellationToken cancellationToken) =>
        Read(path, await SendAsync(HttpMethod.Post, path, body, Guid.CreateVersion7().ToString(), cancellationToken));

    /// <summary>As <see cref="CreateAsync"/>, where the answer is given only once: should it be lost, another one is made.</summary>
    public async Task<JsonNode> CreateSecretAsync(string path, object body, CancellationToken cancellationToken) =>
        Read(path, await SendAsync(HttpMethod.Post, path, body, null, cancellationToken));

    /// <summary>Whether a key is good.</summary>
    public async Task<bool> AcceptsAsync(string key, CancellationToken cancellationToken) =>
        (await SendAsync(HttpMethod.Get, "/v1/agents/default", null, null, cancellationToken, key)).Status == HttpStatusCode.OK;

    private static JsonNode Read(string path, Settled settled) => settled.Status < HttpStatusCode.BadRequest
        ? JsonNode.Parse(settled.Body)!
        : throw new InvalidOperationException($"{path}: {(int)settled.Status} {settled.Body}");
}
