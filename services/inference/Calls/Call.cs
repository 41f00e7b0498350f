using System.Diagnostics;
using System.Text.Json.Nodes;
using Agents.Contracts;
using Agents.Defaults.Api;
using Agents.Defaults.Events;
using Agents.Defaults.Identity;
using Agents.Inference.Completions;
using Agents.Inference.Models;

namespace Agents.Inference.Calls;

/// <summary>
/// The account of one model call, from the moment it is handed to a provider. Whatever its end, its disposal publishes exactly one
/// <see cref="CallCompleted"/>.
/// </summary>
internal sealed class Call : IDisposable
{
    private readonly ICallRequest _request;
    private readonly Model _model;
    private readonly Caller _caller;
    private readonly CallTelemetry _telemetry;
    private readonly EventPublisher _events;
    private readonly TimeProvider _time;
    private readonly Activity? _activity;
    private readonly long _started;
    private JsonObject? _reported;
    private string? _version;
    private TimeSpan? _firstToken;
    private long _outputBytes;
    private bool _answering;
    private string? _error = "internal_error";

    public Call(ICallRequest request, Model model, Caller caller, CallTelemetry telemetry, EventPublisher events, TimeProvider time)
    {
        (_request, _model, _caller, _telemetry, _events, _time) = (request, model, caller, telemetry, events, time);
        _started = time.GetTimestamp();
        _activity = telemetry.Start(Id, model, request.Operation, request.Stream);
    }

    /// <summary>Joins the call's event, its trace and the caller's logs.</summary>
    public string Id { get; } = Ids.New("call");

    /// <summary>Takes note of what the provider answered: version, text, usage.</summary>
    public void Observe(JsonObject document)
    {
        _answering = true;
        if (AnswerDocuments.Version(document) is { Length: <= ModelOptions.MaxIdLength } version)
            _version = version;
        if (document["usage"] is JsonObject usage)
            _reported = usage;
        var bytes = AnswerDocuments.OutputBytes(document);
        if (bytes > 0)
            _firstToken ??= _time.GetElapsedTime(_started);
        _outputBytes += bytes;
    }

    /// <summary>Usage of the answer so far, with its cost, as the caller is told.</summary>
    public JsonObject UsageJson()
    {
        var usage = Usage();
        return usage.ToJson(_reported, _model.Price.Of(usage));
    }

    public void Succeed() => _error = null;

    /// <summary>Notes why there is no complete answer: a stable code.</summary>
    public void Fail(string code) => _error = code;

    public void Dispose()
    {
        var usage = Usage();
        var duration = _time.GetElapsedTime(_started);
        _events.Publish(new CallCompleted(
            _caller.Tenant, _time.GetUtcNow(), Id, _caller.Context.Turn, _caller.Context.Job, _request.Model, _model.Id, _version, "stable",
            _model.Tier, _request.Model == ModelCatalog.Default ? "alias" : "direct", "none", usage.Input, usage.Output, usage.Cached,
            _model.Price.Of(usage), Milliseconds(_firstToken), Milliseconds(duration)!.Value, _error));
        _telemetry.End(_activity, _model, _request.Operation, _version, usage, _request.Stream ? _firstToken : null, duration, _error);
    }

    // A call that broke off is paid for all the same: what the provider did not count is estimated. One that never began cost nothing.
    private Usage Usage()
    {
        if (!_answering)
            return Calls.Usage.None;
        return Calls.Usage.From(_reported, _request.Generates)
            ?? new Usage(Calls.Usage.TokensIn(_request.InputBytes), Calls.Usage.TokensIn(_outputBytes), 0, Estimated: true);
    }

    private static int? Milliseconds(TimeSpan? span) => span is { } value ? (int)value.TotalMilliseconds : null;
}
