using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Agents.Testing.FakeModels;

/// <summary>
/// A model endpoint that speaks OpenAI's protocol over real HTTP and does what its scripts say. A request without a script, to
/// another path or without the key is answered with an error and reported by <see cref="DisposeAsync"/>.
/// </summary>
public sealed class FakeModelServer : IAsyncDisposable
{
    /// <summary>The key that the endpoint wants.</summary>
    public const string ApiKey = "sk-fake-0123456789";

    /// <summary>Name of the secret that holds it.</summary>
    public const string ApiKeySecret = "FAKE_MODEL_API_KEY";

    /// <summary>Price of the models, micro-units for a million tokens.</summary>
    public const long InputMicrosPerMillion = 2_500_000;

    /// <inheritdoc cref="InputMicrosPerMillion"/>
    public const long OutputMicrosPerMillion = 10_000_000;

    private const int Numbered = 120;

    private readonly ConcurrentDictionary<string, FakeModel> _models = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _unexpected = new();
    private WebApplication? _app;
    private int _taken;

    /// <summary>The models that <see cref="Configuration"/> offers: <c>fake-memory</c>, and numbered ones to be had from <see cref="NewModel"/>.</summary>
    public static IReadOnlyList<string> Ids { get; } = ["fake-memory", .. Enumerable.Range(1, Numbered).Select(NumberedId)];

    /// <summary>Base address, version included.</summary>
    public Uri Endpoint => new(new Uri((_app ?? throw new InvalidOperationException("The model endpoint has not started.")).Urls.Single()), "v1");

    /// <summary>What makes inference offer these models; <c>default</c> stays the built-in one.</summary>
    public IReadOnlyDictionary<string, string> Configuration => Ids
        .SelectMany((id, index) => ModelConfiguration(index, id))
        .Append(new("DefaultModel", "extractive"))
        .Append(new(ApiKeySecret, ApiKey))
        .ToDictionary();

    /// <summary>The entry of one model at this endpoint, for stacks that add their own behind <see cref="Ids"/>.</summary>
    public IReadOnlyDictionary<string, string> ModelConfiguration(int index, string id) => new Dictionary<string, string>
    {
        [Setting(index, "Id")] = id,
        [Setting(index, "Endpoint")] = Endpoint.ToString(),
        [Setting(index, "ApiKeySecret")] = ApiKeySecret,
        [Setting(index, "InputMicrosPerMillion")] = InputMicrosPerMillion.ToString(CultureInfo.InvariantCulture),
        [Setting(index, "OutputMicrosPerMillion")] = OutputMicrosPerMillion.ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>Environment variable for a setting of a model.</summary>
    public static string Setting(int index, string name) => string.Create(CultureInfo.InvariantCulture, $"Models__{index}__{name}");

    /// <summary>A model that no other test uses, with a script.</summary>
    public string NewModel(params Reply[] replies)
    {
        var number = Interlocked.Increment(ref _taken);
        if (number > Numbered)
            throw new InvalidOperationException($"More than {Numbered} models were taken; raise the number.");
        Script(NumberedId(number), replies);
        return NumberedId(number);
    }

    /// <summary>Replies in order, the last one again and again. The name is the one that reaches the endpoint.</summary>
    public void Script(string model, params Reply[] replies) => Model(model).Script(replies);

    /// <summary>What was asked of a model so far.</summary>
    public IReadOnlyList<RecordedRequest> Requests(string model) => Model(model).Requests;

    public async Task StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.Run(AnswerAsync);
        await _app.StartAsync();
    }

    /// <exception cref="InvalidOperationException">Something was asked that no script foresaw.</exception>
    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
            await _app.DisposeAsync();
        if (!_unexpected.IsEmpty)
            throw new InvalidOperationException("The model endpoint was asked what no script foresees:\n" + string.Join('\n', _unexpected));
    }

    private async Task AnswerAsync(HttpContext context)
    {
        if (context.Request.Method != HttpMethods.Post || context.Request.Path.Value is not ("/v1/chat/completions" or "/v1/embeddings"))
        {
            await RefuseAsync(context, $"{context.Request.Method} {context.Request.Path}");
            return;
        }
        var body = (await JsonNode.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted))!.AsObject();
        var aborted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var request = new RecordedRequest(body, context.Request.Headers.ToDictionary(header => header.Key.ToLowerInvariant(), header => header.Value.ToString()), aborted.Task, context.Request.Path);
        if (request.Headers.GetValueOrDefault("authorization") != $"Bearer {ApiKey}")
            await RefuseAsync(context, $"the key {request.Headers.GetValueOrDefault("authorization")}");
        else if (Model(request.Model).Take(request) is { } reply)
            await SendAsync(reply, request, context, aborted);
        else
            await RefuseAsync(context, $"the model '{request.Model}', which has no script");
    }

    private async Task SendAsync(Reply reply, RecordedRequest request, HttpContext context, TaskCompletionSource aborted)
    {
        try
        {
            await reply.SendAsync(request, context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The caller hung up, as told below to whoever wants to know.
        }
        catch (InvalidOperationException exception)
        {
            await RefuseAsync(context, exception.Message);
        }
        if (context.RequestAborted.IsCancellationRequested)
            aborted.SetResult();
    }

    private Task RefuseAsync(HttpContext context, string what)
    {
        _unexpected.Enqueue(what);
        context.Response.StatusCode = StatusCodes.Status501NotImplemented;
        return context.Response.WriteAsync($"No script for {what}.");
    }

    private FakeModel Model(string id) => _models.GetOrAdd(id, _ => new FakeModel());

    private static string NumberedId(int number) => string.Create(CultureInfo.InvariantCulture, $"fake-{number:00}");
}
