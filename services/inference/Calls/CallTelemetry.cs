using System.Diagnostics;
using System.Diagnostics.Metrics;
using Agents.Inference.Deployments;

namespace Agents.Inference.Calls;

/// <summary>
/// A span and figures for each call, named by OpenTelemetry's conventions for generative AI. Names, counts and times only: no text
/// of a message or an answer.
/// </summary>
internal sealed partial class CallTelemetry : IDisposable
{
    private const string Name = "Agents.Inference";
    private const string Operation = "gen_ai.operation.name";
    private const string Provider = "gen_ai.provider.name";
    private const string RequestModel = "gen_ai.request.model";
    private const string ResponseModel = "gen_ai.response.model";
    private const string ErrorType = "error.type";
    private const string TokenType = "gen_ai.token.type";

    private readonly ILogger<CallTelemetry> _logger;
    private readonly ActivitySource _source = new(Name);
    private readonly Meter _meter;
    private readonly Histogram<int> _tokens;
    private readonly Histogram<double> _duration;
    private readonly Histogram<double> _firstChunk;

    public CallTelemetry(IMeterFactory meters, ILogger<CallTelemetry> logger)
    {
        _logger = logger;
        _meter = meters.Create(Name);
        _tokens = _meter.CreateHistogram<int>("gen_ai.client.token.usage", "{token}", "Tokens read and written.", advice: new()
        {
            HistogramBucketBoundaries = [1, 4, 16, 64, 256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304],
        });
        var seconds = new InstrumentAdvice<double>
        {
            HistogramBucketBoundaries = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92],
        };
        _duration = _meter.CreateHistogram("gen_ai.client.operation.duration", "s", "Duration of a call.", advice: seconds);
        _firstChunk = _meter.CreateHistogram(
            "gen_ai.client.operation.time_to_first_chunk", "s", "Time from the start of a streamed call to its first token.",
            advice: seconds);
    }

    /// <param name="model">Who is likely to answer.</param>
    public Activity? Start(string callId, string operation, Deployment model, bool stream)
    {
        if (!_source.HasListeners())
            return null;
        var activity = _source.StartActivity($"{operation} {model.Id}", ActivityKind.Client);
        activity?.SetTag(Operation, operation).SetTag(Provider, model.Owner).SetTag(RequestModel, model.Id)
            .SetTag("gen_ai.request.stream", stream).SetTag("agents.call.id", callId);
        return activity;
    }

    /// <param name="model">Who answered in the end.</param>
    public void End(
        Activity? activity, string operation, Deployment model, string? version, Usage usage, TimeSpan? firstToken, TimeSpan duration, string? error)
    {
        var tags = new TagList { { Operation, operation }, { Provider, model.Owner }, { RequestModel, model.Id } };
        if (version is not null)
            tags.Add(ResponseModel, version);
        if (usage != Usage.None)
        {
            tags.Add(TokenType, "input");
            _tokens.Record(usage.Input, tags);
            tags[tags.Count - 1] = new(TokenType, "output");
            _tokens.Record(usage.Output, tags);
            tags.RemoveAt(tags.Count - 1);
        }
        if (firstToken is { } first)
            _firstChunk.Record(first.TotalSeconds, tags);
        if (error is not null)
        {
            tags.Add(ErrorType, error);
            Failed(_logger, model.Id, error, duration.TotalMilliseconds);
        }
        _duration.Record(duration.TotalSeconds, tags);
        if (activity is null)
            return;
        activity.DisplayName = $"{operation} {model.Id}";
        activity.SetTag(RequestModel, model.Id).SetTag(Provider, model.Owner).SetTag(ResponseModel, version).SetTag(ErrorType, error)
            .SetTag("gen_ai.usage.input_tokens", usage.Input).SetTag("gen_ai.usage.output_tokens", usage.Output)
            .SetTag("agents.usage.estimated", usage.Estimated);
        if (error is not null)
            activity.SetStatus(ActivityStatusCode.Error, error);
        activity.Dispose();
    }

    public void Dispose()
    {
        _source.Dispose();
        _meter.Dispose();
    }

    [LoggerMessage(LogLevel.Warning, "The call of {Model} ended with {Error} after {Milliseconds} ms")]
    private static partial void Failed(ILogger logger, string model, string error, double milliseconds);
}
