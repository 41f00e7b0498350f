using System.Text.Json.Nodes;
using Agents.Contracts;
using Agents.Defaults.Api;
using Agents.Defaults.Ledgers;
using Agents.Defaults.State;
using Agents.Local;
using Agents.Retrieval.Documents;
using Agents.Retrieval.Ingestion;
using Agents.Retrieval.Names;
using Agents.Retrieval.Segments;
using Agents.Testing;
using Dapr.Client;

[assembly: AssemblyFixture(typeof(Agents.Retrieval.Tests.Api.RetrievalStack))]

namespace Agents.Retrieval.Tests.Api;

/// <summary>Tests that share the stack take turns, since some of them make its broker fail.</summary>
[CollectionDefinition(nameof(RetrievalStack))]
public sealed class RetrievalStackTests;

/// <summary>Two replicas of retrieval, a runtime that can be told to fail, and a look into the store behind them.</summary>
public sealed class RetrievalStack : Stack
{
    public const string Tenant = "default";

    private DaprClient? _dapr;

    /// <summary>The sidecar of another service.</summary>
    public DaprClient Dapr => _dapr ??= new DaprClientBuilder()
        .UseHttpEndpoint($"http://127.0.0.1:{Sidecar.DaprHttpPort}").UseDaprApiToken(Host.DaprApiToken)
        .UseJsonSerializationOptions(Json.Options).Build();

    internal DocumentRecords Documents => new(Stores, new LedgerSet(Stores, TimeProvider.System), new Claims(Stores));

    internal UploadStore Uploads => new(Stores);

    internal SegmentStore Segments => new(Stores, TimeProvider.System);

    internal OpenWork OpenWork => new(Stores, TimeProvider.System);

    internal Stores Stores => new(Dapr, TimeProvider.System);

    private Local.Processes.Child Sidecar => Host.Services.First(child => child.AppId == "conversation");

    /// <summary>The operator, talking to one replica of retrieval past the front door.</summary>
    public ApiClient At(int replica) =>
        Client(Host.ApiKey, new Uri($"http://127.0.0.1:{Host.Services.Single(child => child.AppId == "retrieval" && child.Replica == replica).AppPort}"));

    /// <summary>A new collection of the operator's tenant.</summary>
    public async Task<string> NewCollectionAsync(CancellationToken cancellationToken) =>
        (await Operator.CreateAsync("/v1/collections", new { name = Guid.CreateVersion7().ToString() }, cancellationToken)).Text("id");

    /// <summary>Asks as conversation does: through the sidecar, on behalf of a tenant.</summary>
    public async Task<FoundPassages> SearchInternallyAsync(string tenant, SearchPassages search, CancellationToken cancellationToken)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(
            HttpMethod.Post, $"http://127.0.0.1:{Sidecar.DaprHttpPort}/v1.0/invoke/retrieval/method/internal/search");
        request.Content = JsonContent.Create(search, options: Json.Options);
        request.Headers.Add("dapr-api-token", Host.DaprApiToken);
        request.Headers.Add("x-agents-tenant", tenant);
        using var response = await http.SendAsync(request, cancellationToken);
        if (!response.IsSuccessStatusCode)
            throw new InvalidOperationException($"{(int)response.StatusCode} {await response.Content.ReadAsStringAsync(cancellationToken)}");
        return (await response.Content.ReadFromJsonAsync<FoundPassages>(Json.Options, cancellationToken))!;
    }

    /// <summary>Runs something while the broker takes no message.</summary>
    public async Task WithoutBrokerAsync(Func<Task> action, CancellationToken cancellationToken)
    {
        var faults = new ComponentFaults(Host);
        await faults.SetAsync("pubsub", new { mode = "down" }, cancellationToken);
        try
        {
            await action();
        }
        finally
        {
            await faults.ClearAsync("pubsub", CancellationToken.None);
        }
    }

    public override async ValueTask DisposeAsync()
    {
        _dapr?.Dispose();
        await base.DisposeAsync();
    }

    protected override ValueTask<LocalHostOptions> ConfigureAsync(LocalHostOptions options) => ValueTask.FromResult(options with
    {
        Replicas = new Dictionary<string, int> { ["retrieval"] = 2 },
        RuntimeArguments = ["--enable-fault-injection"],
    });
}

/// <summary>What the tests of this folder say to the API.</summary>
internal static class Requests
{
    public static string DocumentsOf(string collection) => $"/v1/collections/{collection}/documents";

    /// <summary>By words, which find nothing else than what has them.</summary>
    public static async Task<IReadOnlyList<JsonNode>> SearchAsync(this ApiClient client, string collection, string query, CancellationToken cancellationToken, int limit = 10) =>
        [.. (await client.CreateAsync($"/v1/collections/{collection}/search", new { query, limit, mode = "lexical" }, cancellationToken)).List("data").Select(found => found!)];

    /// <summary>Posts a document and waits for its end.</summary>
    public static async Task<string> AddAsync(this ApiClient client, string collection, object document, CancellationToken cancellationToken, string status = "ready")
    {
        var id = (await client.CreateAsync(DocumentsOf(collection), document, cancellationToken)).Text("id");
        await client.BecomesAsync(collection, id, status, cancellationToken);
        return id;
    }

    public static Task BecomesAsync(this ApiClient client, string collection, string document, string status, CancellationToken cancellationToken, TimeSpan? within = null) =>
        Eventually.TrueAsync(
            async () => (await client.GetAsync($"{DocumentsOf(collection)}/{document}", cancellationToken)).Text("status") == status,
            $"document {document} is {status}", cancellationToken, within);

    public static async Task<string> CountsAsync(this ApiClient client, string collection, CancellationToken cancellationToken)
    {
        var counts = (await client.GetAsync($"/v1/collections/{collection}", cancellationToken))["documents"];
        return $"{counts.Number("queued")} {counts.Number("indexing")} {counts.Number("ready")} {counts.Number("failed")}";
    }
}
