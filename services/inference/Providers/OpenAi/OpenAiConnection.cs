using System.ClientModel;
using System.ClientModel.Primitives;
using Agents.Inference.Models;
using OpenAI;
using OpenAI.Chat;
using OpenAI.Embeddings;
using Polly;
using Polly.Retry;

namespace Agents.Inference.Providers.OpenAi;

/// <summary>
/// The way to an endpoint that speaks OpenAI's protocol, for one configured model: connections, credential, timeouts, and at most three
/// attempts before the first document.
/// </summary>
internal sealed partial class OpenAiConnection : IDisposable
{
    private const int Attempts = 3;
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(10);

    private readonly TimeProvider _time;
    private readonly ILogger<OpenAiConnection> _logger;
    private readonly HttpClient _http;
    private readonly ResiliencePipeline _retry;

    public OpenAiConnection(ModelOptions model, AuthenticationPolicy authentication, TimeProvider time, ILogger<OpenAiConnection> logger)
    {
        (Model, _time, _logger) = (model, time, logger);
        // No redirects: they would carry the request, and with it the caller's text, to an address nobody configured.
        _http = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            ConnectTimeout = TimeSpan.FromSeconds(model.ConnectTimeoutSeconds),
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        })
        { Timeout = Timeout.InfiniteTimeSpan };
        var options = new OpenAIClientOptions
        {
            Endpoint = model.Endpoint,
            Transport = new HttpClientPipelineTransport(_http),
            RetryPolicy = new ClientRetryPolicy(maxRetries: 0),
            NetworkTimeout = Timeout.InfiniteTimeSpan,
        };
#pragma warning disable OPENAI001 // The only constructors that take a credential other than a fixed key.
        Chat = new ChatClient(UpstreamModel, authentication, options);
        Embeddings = new EmbeddingClient(UpstreamModel, authentication, options);
#pragma warning restore OPENAI001
        _retry = new ResiliencePipelineBuilder { TimeProvider = time }.AddRetry(Retry()).Build();
    }

    public ModelOptions Model { get; }

    /// <summary>What the provider calls the model.</summary>
    public string UpstreamModel => Model.UpstreamModel ?? Model.Id;

    public ChatClient Chat { get; }

    public EmbeddingClient Embeddings { get; }

    /// <summary>Limits the time of a whole call.</summary>
    public Watchdog Watch(CancellationToken cancellationToken) => new(TimeSpan.FromSeconds(Model.TotalTimeoutSeconds), _time, cancellationToken);

    /// <summary>The first attempt that succeeds, or the failure of the last.</summary>
    public async Task<T> TryAsync<T>(Func<Task<T>> attempt, Watchdog watchdog)
    {
        try
        {
            return await _retry.ExecuteAsync(async _ => await attempt(), watchdog.Token);
        }
        catch (OperationCanceledException exception) when (UpstreamErrors.From(exception, watchdog) is { } failure)
        {
            // The whole call's time ran out while it waited for its next attempt.
            throw failure;
        }
    }

    /// <summary>Sends a document to one of the clients' operations; the answer's body is not read yet.</summary>
    public async Task<PipelineResponse> SendAsync(
        Func<BinaryContent, RequestOptions, Task<ClientResult>> operation, BinaryData body, CancellationToken cancellationToken)
    {
        using var content = BinaryContent.Create(body);
        var options = new RequestOptions
        {
            BufferResponse = false,
            ErrorOptions = ClientErrorBehaviors.NoThrow,
            CancellationToken = cancellationToken,
        };
        var response = (await operation(content, options)).GetRawResponse();
        if (response.Status == StatusCodes.Status200OK)
            return response;
        using (response)
            throw await UpstreamErrors.FromAsync(response, _time, cancellationToken);
    }

    public void Dispose() => _http.Dispose();

    private RetryStrategyOptions Retry() => new()
    {
        MaxRetryAttempts = Attempts - 1,
        BackoffType = DelayBackoffType.Exponential,
        UseJitter = true,
        Delay = FirstDelay,
        MaxDelay = LongestDelay,
        ShouldHandle = retry => ValueTask.FromResult(
            retry.Outcome.Exception is ProviderException { Transient: true } failure && !(failure.Problem.RetryAfter > LongestDelay)),
        DelayGenerator = retry => ValueTask.FromResult((retry.Outcome.Exception as ProviderException)?.Problem.RetryAfter),
        OnRetry = retry =>
        {
            TryingAgain(_logger, Model.Id, retry.AttemptNumber + 1, (retry.Outcome.Exception as ProviderException)?.Problem.Code);
            return ValueTask.CompletedTask;
        },
    };

    [LoggerMessage(LogLevel.Warning, "Attempt {Attempt} to call {Model} failed with {Code}; trying again")]
    private static partial void TryingAgain(ILogger logger, string model, int attempt, string? code);
}
