using System.ClientModel;
using System.ClientModel.Primitives;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Agents.Inference.Completions;
using Agents.Inference.Models;
using OpenAI;
using OpenAI.Chat;
using Polly;
using Polly.Retry;

namespace Agents.Inference.Providers.OpenAi;

/// <summary>
/// An endpoint that speaks OpenAI's protocol. The caller's document goes there as it is, but for the model's name and the wish for
/// usage; a failure before the first document is tried again, at most three times in all.
/// </summary>
internal sealed partial class OpenAiProvider : IModelProvider, IDisposable
{
    private const int Attempts = 3;
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(10);

    private readonly ModelOptions _model;
    private readonly TimeProvider _time;
    private readonly ILogger<OpenAiProvider> _logger;
    private readonly HttpClient _http;
    private readonly ChatClient _client;
    private readonly ResiliencePipeline<UpstreamAnswer> _retry;

    public OpenAiProvider(ModelOptions model, AuthenticationPolicy authentication, TimeProvider time, ILogger<OpenAiProvider> logger)
    {
        (_model, _time, _logger) = (model, time, logger);
        // No redirects: they would carry the request, and with it the caller's text, to an address nobody configured.
        _http = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            ConnectTimeout = TimeSpan.FromSeconds(model.ConnectTimeoutSeconds),
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        })
        { Timeout = Timeout.InfiniteTimeSpan };
#pragma warning disable OPENAI001 // The only constructor that takes a credential other than a fixed key.
        _client = new ChatClient(model.UpstreamModel ?? model.Id, authentication, new OpenAIClientOptions
        {
            Endpoint = model.Endpoint,
            Transport = new HttpClientPipelineTransport(_http),
            RetryPolicy = new ClientRetryPolicy(maxRetries: 0),
            NetworkTimeout = Timeout.InfiniteTimeSpan,
        });
#pragma warning restore OPENAI001
        _retry = new ResiliencePipelineBuilder<UpstreamAnswer> { TimeProvider = time }.AddRetry(Retry()).Build();
    }

    public async IAsyncEnumerable<JsonObject> AnswerAsync(ChatRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var body = Body(request);
        using var watchdog = new Watchdog(TimeSpan.FromSeconds(_model.TotalTimeoutSeconds), _time, cancellationToken);
        await using var answer = await BeginAsync(request, body, watchdog);
        for (var document = answer.First; document is not null; document = await answer.NextInTimeAsync())
            yield return document;
    }

    public void Dispose() => _http.Dispose();

    private async Task<UpstreamAnswer> BeginAsync(ChatRequest request, BinaryData body, Watchdog watchdog)
    {
        try
        {
            return await _retry.ExecuteAsync(async (_) => await TryAsync(request, body, watchdog), watchdog.Token);
        }
        catch (OperationCanceledException exception) when (UpstreamErrors.From(exception, watchdog) is { } failure)
        {
            // The whole call's time ran out while it waited for its next attempt.
            throw failure;
        }
    }

    private async Task<UpstreamAnswer> TryAsync(ChatRequest request, BinaryData body, Watchdog watchdog)
    {
        // A whole answer comes in one piece when it is finished: for it only the limit on the call counts.
        if (request.Stream)
            watchdog.Expect(TimeSpan.FromSeconds(_model.FirstTokenTimeoutSeconds));
        UpstreamAnswer? answer = null;
        try
        {
            answer = new UpstreamAnswer(await SendAsync(body, watchdog.Token), request, _model, watchdog);
            await answer.BeginAsync();
            return answer;
        }
        catch (Exception exception)
        {
            if (answer is not null)
                await answer.DisposeAsync();
            if (UpstreamErrors.From(exception, watchdog) is { } failure)
                throw failure;
            throw;
        }
        finally
        {
            watchdog.Rest();
        }
    }

    private async Task<PipelineResponse> SendAsync(BinaryData body, CancellationToken cancellationToken)
    {
        using var content = BinaryContent.Create(body);
        var options = new RequestOptions
        {
            BufferResponse = false,
            ErrorOptions = ClientErrorBehaviors.NoThrow,
            CancellationToken = cancellationToken,
        };
        var response = (await _client.CompleteChatAsync(content, options)).GetRawResponse();
        if (response.Status == StatusCodes.Status200OK)
            return response;
        using (response)
            throw await UpstreamErrors.FromAsync(response, _time, cancellationToken);
    }

    private BinaryData Body(ChatRequest request)
    {
        var document = (JsonObject)request.Document.DeepClone();
        document["model"] = _model.UpstreamModel ?? _model.Id;
        if (request.Stream)
        {
            if (document["stream_options"] is not JsonObject)
                document["stream_options"] = new JsonObject();
            document["stream_options"]!["include_usage"] = true;
        }
        return BinaryData.FromString(document.ToJsonString());
    }

    private RetryStrategyOptions<UpstreamAnswer> Retry() => new()
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
            TryingAgain(_logger, _model.Id, retry.AttemptNumber + 1, (retry.Outcome.Exception as ProviderException)?.Problem.Code);
            return ValueTask.CompletedTask;
        },
    };

    [LoggerMessage(LogLevel.Warning, "Attempt {Attempt} to call {Model} failed with {Code}; trying again")]
    private static partial void TryingAgain(ILogger logger, string model, int attempt, string? code);
}
