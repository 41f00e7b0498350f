using System.Diagnostics;
using System.Text.Json;
using Agents.Contracts;
using Agents.Defaults.Api;
using Agents.Defaults.Identity;
using Agents.Inference.Accounts;
using Agents.Inference.Completions;
using Agents.Inference.Deployments;
using Agents.Inference.Routing;

namespace Agents.Inference.Calls;

/// <summary>
/// The account of one model call, from the moment its money is reserved. Whatever its end, its disposal settles it: one
/// <see cref="CallCompleted"/>, written together with what it charges.
/// </summary>
internal sealed class Call : IDisposable
{
    private readonly CallWork _work;
    private readonly ModelRoute _route;
    private readonly Caller _caller;
    private readonly Reservation _reservation;
    private readonly CallTelemetry _telemetry;
    private readonly Treasury _treasury;
    private readonly TimeProvider _time;
    private readonly Activity? _activity;
    private readonly long _started;
    private Deployment _deployment;
    private byte[]? _reported;
    private string? _version;
    private TimeSpan? _firstToken;
    private long _outputBytes;
    private bool _answering;
    private bool _fellBack;
    private string _cache = "none";
    private string? _error = "internal_error";

    public Call(CallWork work, ModelRoute route, Caller caller, Reservation reservation, CallTelemetry telemetry, Treasury treasury, TimeProvider time)
    {
        (_work, _route, _caller, _reservation, _telemetry, _treasury, _time) = (work, route, caller, reservation, telemetry, treasury, time);
        _deployment = route.Targets[0];
        _started = time.GetTimestamp();
        _activity = telemetry.Start(Id, work.Operation, _deployment, work.Stream);
    }

    /// <summary>Joins the call's event, its trace and the caller's logs.</summary>
    public string Id { get; } = Ids.New("call");

    /// <summary>The model's version as the provider reported it.</summary>
    public string? Version => _version;

    /// <summary>Notes who answers.</summary>
    public void At(Deployment deployment, bool fellBack) => (_deployment, _fellBack) = (deployment, fellBack);

    /// <summary>Notes that the answer was given before: it costs nothing.</summary>
    public void Hit(Deployment deployment, string? version)
    {
        (_deployment, _version, _cache) = (deployment, version, "exact");
        _firstToken = _time.GetElapsedTime(_started);
    }

    /// <summary>Takes note of what the provider answered: version, text, usage.</summary>
    public void Observe(in AnswerDocument document)
    {
        _answering = true;
        if (_version is null && !document.Model.Equals(default))
            _version = ReadVersion(document);
        if (document.HasUsage)
            _reported = document.Json[document.Usage].ToArray();
        if (document.OutputBytes == 0)
            return;
        _firstToken ??= _time.GetElapsedTime(_started);
        _outputBytes += document.OutputBytes;
    }

    /// <summary>Usage of the answer so far, with its cost, as the caller is told: JSON.</summary>
    public ReadOnlyMemory<byte> UsageJson()
    {
        var usage = Usage();
        return usage.ToJson(_reported, _deployment.Price.Of(usage), _work.Generates);
    }

    /// <summary>Tokens used so far.</summary>
    public long Tokens
    {
        get
        {
            var usage = Usage();
            return (long)usage.Input + usage.Output;
        }
    }

    /// <summary>Whether a budget covers the call: then its answer must not be longer than what was reserved.</summary>
    public bool IsLimited => _reservation.Purse is not null;

    public bool HasSucceeded => _error is null;

    /// <summary>The usage as those are told who get the answer again: it costs them nothing.</summary>
    public ReadOnlyMemory<byte> FreeUsageJson() => Usage().ToJson(_reported, 0);

    public void Succeed() => _error = null;

    /// <summary>Notes why there is no complete answer: a stable code.</summary>
    public void Fail(string code) => _error = code;

    public void Dispose()
    {
        var usage = Usage();
        var cost = _deployment.Price.Of(usage);
        var duration = _time.GetElapsedTime(_started);
        var reason = _fellBack ? "fallback" : _route.IsAlias ? "alias" : "direct";
        var completed = new CallCompleted(
            _caller.Tenant, _time.GetUtcNow(), Id, _caller.Context.Turn, _caller.Context.Job, _route.Name, _deployment.Id, _version, "stable",
            _deployment.Tier, reason, _cache, usage.Input, usage.Output, usage.Cached, cost, Milliseconds(_firstToken), Milliseconds(duration)!.Value,
            _error, _caller.Context.Agent, _caller.Context.AgentVersion, _caller.Context.User, _caller.Context.Lane,
            _caller.Context.Session);
        _treasury.Settle(_reservation, completed, new Amounts(cost, 1, (long)usage.Input + usage.Output));
        _telemetry.End(_activity, _work.Operation, _deployment, _version, usage, _work.Stream ? _firstToken : null, duration, _error);
    }

    // A call that broke off is paid for all the same: what the provider did not count is estimated. One that never began cost nothing.
    private Usage Usage()
    {
        if (!_answering)
            return Calls.Usage.None;
        var usage = Calls.Usage.From(_reported, _work.Generates) ?? new Usage(
            Calls.Usage.TokensIn(_work.PromptBytes()), Calls.Usage.TokensIn(_outputBytes), 0, Estimated: true);
        // A count beyond what was asked for cannot be true, and a budget has reserved no more.
        return !IsLimited || (usage.Input <= _work.MaxInput && usage.Output <= _work.MaxOutput)
            ? usage
            : new Usage(Math.Min(usage.Input, _work.MaxInput), Math.Min(usage.Output, _work.MaxOutput), Math.Min(usage.Cached, _work.MaxInput), Estimated: true);
    }

    // Nearly always the same few names.
    private string? ReadVersion(in AnswerDocument document)
    {
        var reader = new Utf8JsonReader(document.Json.Span[document.Model]);
        reader.Read();
        if (_deployment.LastVersion is { } last && reader.ValueTextEquals(last))
            return last;
        var version = reader.GetString()!;
        return version.Length <= Names.MaxLength ? _deployment.LastVersion = version : null;
    }

    private static int? Milliseconds(TimeSpan? span) => span is { } value ? (int)value.TotalMilliseconds : null;
}
