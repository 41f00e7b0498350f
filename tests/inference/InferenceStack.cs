using System.ClientModel;
using System.ClientModel.Primitives;
using System.Net;
using System.Net.ServerSentEvents;
using System.Text.Json.Nodes;
using Agents.Local;
using Agents.Testing;
using Agents.Testing.FakeModels;
using OpenAI;
using OpenAI.Chat;

[assembly: Xunit.AssemblyFixture(typeof(Agents.Inference.Tests.InferenceStack))]

namespace Agents.Inference.Tests;

/// <summary>The stack, with a few models that are configured in their own way.</summary>
public sealed class InferenceStack : Stack
{
    /// <summary>Waits one second for a first token.</summary>
    public const string LateModel = "late-model";

    /// <summary>Waits one second for the next token.</summary>
    public const string SilentModel = "silent-model";

    /// <summary>Has three seconds for the whole call.</summary>
    public const string SlowModel = "slow-model";

    /// <summary>Reads 20,000 bytes of an answer.</summary>
    public const string ShortModel = "short-model";

    /// <summary>Nobody listens at its endpoint.</summary>
    public const string LostModel = "lost-model";

    /// <summary>Its secret does not exist.</summary>
    public const string KeylessModel = "keyless-model";

    /// <summary>Has a slash in its name, and the provider calls it <see cref="OriginalName"/>.</summary>
    public const string RenamedModel = "vendor/renamed";

    /// <inheritdoc cref="RenamedModel"/>
    public const string OriginalName = "original";

    private static readonly (string Model, string Setting, string Value)[] Own =
    [
        (LateModel, "FirstTokenTimeoutSeconds", "1"),
        (SilentModel, "BetweenTokensTimeoutSeconds", "1"),
        (SlowModel, "TotalTimeoutSeconds", "3"),
        (ShortModel, "MaxOutputBytes", "20000"),
        (LostModel, "Endpoint", $"http://127.0.0.1:{Ports.Next()}/v1"),
        (KeylessModel, "ApiKeySecret", "NO_SUCH_SECRET"),
        (RenamedModel, "UpstreamModel", OriginalName),
    ];

    /// <summary>The official client, with the operator's key and without retries of its own.</summary>
    public ChatClient Chat(string model) => new(model, new ApiKeyCredential(Host.ApiKey), ClientOptions());

    public OpenAIClientOptions ClientOptions() => new() { Endpoint = new Uri(Host.Address, "v1"), RetryPolicy = new ClientRetryPolicy(0) };

    /// <summary>A request as the wire has it; the answer is open for reading as it comes.</summary>
    public async Task<HttpResponseMessage> PostAsync(object body, CancellationToken cancellationToken, ApiClient? client = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions") { Content = JsonContent.Create(body) };
        return await (client ?? Operator).Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
    }

    /// <summary>The data of a stream's frames.</summary>
    public static async IAsyncEnumerable<string> FramesAsync(
        HttpResponseMessage response, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        await foreach (var item in SseParser.Create(body).EnumerateAsync(cancellationToken))
            yield return item.Data;
    }

    /// <summary>A streamed request to its end.</summary>
    public async Task<List<string>> StreamAsync(string model, CancellationToken cancellationToken, bool includeUsage = false)
    {
        using var response = await PostAsync(Question(model, stream: true, includeUsage), cancellationToken);
        if (response.StatusCode != HttpStatusCode.OK)
            throw new InvalidOperationException($"{(int)response.StatusCode} {await response.Content.ReadAsStringAsync(cancellationToken)}");
        return await FramesAsync(response, cancellationToken).ToListAsync(cancellationToken);
    }

    /// <summary>A refused request: its status, its error object and its Retry-After.</summary>
    public async Task<(int Status, JsonNode Error, TimeSpan? RetryAfter)> RefusedAsync(
        string model, CancellationToken cancellationToken, bool stream = true, ApiClient? client = null)
    {
        using var response = await PostAsync(Question(model, stream, includeUsage: false), cancellationToken, client);
        var body = JsonNode.Parse(await response.Content.ReadAsStringAsync(cancellationToken));
        return ((int)response.StatusCode, body!["error"]!, response.Headers.RetryAfter?.Delta);
    }

    public static JsonObject Question(string model, bool stream, bool includeUsage)
    {
        var question = new JsonObject
        {
            ["model"] = model,
            ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = "Say something." }),
            ["stream"] = stream,
        };
        if (includeUsage)
            question["stream_options"] = new JsonObject { ["include_usage"] = true };
        return question;
    }

    /// <summary>What analytics counted for a tenant's calls of a model, once there are <paramref name="calls"/>.</summary>
    public static async Task<JsonNode> FiguresAsync(ApiClient client, string model, int calls, CancellationToken cancellationToken)
    {
        JsonNode? figures = null;
        await Eventually.TrueAsync(
            async () =>
            {
                var summary = await client.GetAsync("/v1/analytics/summary", cancellationToken);
                figures = summary["model"].List("by_model").SingleOrDefault(entry => entry.Text("model") == model);
                return figures?.Number("calls") >= calls;
            },
            $"{calls} calls of {model} are counted", cancellationToken, TimeSpan.FromMinutes(1));
        return figures!;
    }

    protected override ValueTask<LocalHostOptions> ConfigureAsync(LocalHostOptions options)
    {
        var environment = new Dictionary<string, string>(options.Environment);
        for (var i = 0; i < Own.Length; i++)
        {
            var index = FakeModelServer.Ids.Count + i;
            foreach (var (name, value) in Models.ModelConfiguration(index, Own[i].Model))
                environment[name] = value;
            environment[FakeModelServer.Setting(index, Own[i].Setting)] = Own[i].Value;
        }
        return ValueTask.FromResult(options with { Environment = environment });
    }
}
