using System.Collections.Concurrent;
using Agents.Conformance.Processes;

namespace Agents.Conformance.Replay;

/// <summary>Plays a recorded file against the local runtime, case by case, and keeps what differed.</summary>
internal sealed class Replayer
{
    private static readonly ConcurrentDictionary<string, Lazy<Task<IReadOnlyDictionary<string, string>>>> Results = [];
    private static readonly TimeSpan CallLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Impatience = TimeSpan.FromSeconds(2);

    private readonly string _file;
    private readonly Dictionary<string, string> _etags = [];
    private readonly HashSet<string> _failedPaths = [];
    private readonly HashSet<string> _deactivated = [];
    private readonly HashSet<string> _periodic = [];
    private Stage? _stage;
    private WorkflowPlay? _workflows;

    private Replayer(string file) => _file = file;

    /// <summary>The differences by case id, empty for a case without any; a file is played once for all its cases.</summary>
    public static Task<IReadOnlyDictionary<string, string>> ResultsAsync(string file)
    {
        // Much of a replay is waiting, so the files that come next begin along with this one.
        foreach (var name in Transcript.Files.SkipWhile(other => other != file).Take(4)) _ = Run(name).Value;
        return Run(file).Value;
    }

    private static Lazy<Task<IReadOnlyDictionary<string, string>>> Run(string file) =>
        Results.GetOrAdd(file, name => new(() => Task.Run(() => new Replayer(name).PlayAsync())));

    private async Task<IReadOnlyDictionary<string, string>> PlayAsync()
    {
        var results = new Dictionary<string, string>();
        try
        {
            if (_file == "workflow-http")
            {
                // Without a worker each command waits for one; no case builds on another, so they wait together.
                var stage = await EnterAsync(StageSpec.For(_file, ""));
                await Task.WhenAll(Transcript.Load(_file).Select(async recorded =>
                {
                    var differences = await PlayAsync(recorded, stage);
                    lock (results) results[recorded.Id] = differences;
                }));
                return results;
            }

            foreach (var recorded in Transcript.Load(_file))
            {
                if (Exclusions.Cases.ContainsKey($"{_file}/{recorded.Id}")) continue;
                var stage = await EnterAsync(StageSpec.For(_file, recorded.Id));
                await PrepareAsync(recorded.Id, stage);
                if (_file == "workflow-http-worker") await (_workflows ??= await WorkflowPlay.StartAsync(stage, default)).PrepareAsync(recorded.Id, default);
                results[recorded.Id] = _file == ConcurrencyReplay.File ? await ConcurrencyReplay.PlayAsync(recorded.Id, stage)
                    : recorded.Id == "startup-calls-on-app" ? await StartUpAsync(recorded, stage)
                    : recorded.Method.Length == 0 ? "" : await PlayAsync(recorded, stage);
            }
        }
        finally
        {
            if (_workflows is not null)
            {
                results[WorkflowPlay.Messages] = await _workflows.EndAsync(default);
                await _workflows.DisposeAsync();
            }

            if (_stage is not null) await _stage.DisposeAsync();
        }

        return results;
    }

    private async Task<Stage> EnterAsync(StageSpec spec)
    {
        if (_stage?.Spec.Name == spec.Name) return _stage;
        if (_stage is not null) await _stage.DisposeAsync();
        _stage = null;
        return _stage = await Stage.StartAsync(spec, default);
    }

    /// <summary>What the recorder did between the requests.</summary>
    private static async Task PrepareAsync(string id, Stage stage)
    {
        switch (id)
        {
            case "startup-calls-on-app" or "app-back-invoke":
                await stage.StartAppsAsync();
                break;
            case "ready-healthz":
                await stage.WaitUntilReadyAsync(default);
                break;
            case "app-gone-invoke":
                await stage.StopAppsAsync();
                break;
            case "apphealth-unhealthy-healthz" or "apphealth-recovered":
                stage.Script.Healthy = id != "apphealth-unhealthy-healthz";
                using (var http = new HttpClient())
                {
                    var address = new Uri(stage.Address("gamma"), "/v1.0/invoke/gamma/method/healthz-seen");
                    await Wait.UntilAsync(async () => (await http.GetAsync(address)).IsSuccessStatusCode == stage.Script.Healthy, "the health probes took effect", default);
                }

                break;
        }
    }

    /// <summary>What an app is asked first, in which order and with which headers.</summary>
    private static async Task<string> StartUpAsync(TranscriptCase recorded, Stage stage)
    {
        var expected = recorded.Calls.Take(2).ToList();
        var app = stage.Apps.Single();
        await Wait.ForAsync(() => app.Calls.Count >= expected.Count, CallLimit, default);
        var real = app.Calls.Take(expected.Count).ToList();
        var order = expected.Select(call => call.Path).SequenceEqual(real.Select(call => call.Path)) ? [] : (string[])["another order"];
        return string.Join('\n', order.Concat(Comparer.Calls(expected, real).Where(difference => !difference.Contains("Content-Type", StringComparison.Ordinal))));
    }

    private async Task<string> PlayAsync(TranscriptCase recorded, Stage stage)
    {
        foreach (var app in stage.Apps)
        {
            _deactivated.UnionWith(app.Calls.Where(call => call.Method == "DELETE").Select(call => call.Path));
            app.Calls.Clear();
        }

        stage.Script.Load(recorded);
        var comparer = new Comparer(stage);
        var answer = await SendAsync(recorded, stage);
        if (_workflows is not null && recorded.Method == "GET")
        {
            // The recorder paused between its requests; here the worker may still be at it.
            await Wait.ForAsync(async () => !comparer.Answer(recorded, answer = await SendAsync(recorded, stage)).Any(), CallLimit, default);
        }

        if (recorded.Id is "ttl-get-expired" or "reminder-one-shot-get-after")
        {
            // The recorder waited; here time passes until the entry, or the reminder that has fired, is gone.
            await Wait.UntilAsync(async () => (answer = await SendAsync(recorded, stage)).Status == recorded.Status, "the entry expired", default);
        }
        else if (recorded.Id == "metadata-active-actors")
        {
            // By then the recorder had seen idle actors go.
            var wanted = Comparer.ActorCounts(recorded.ResponseBody);
            await Wait.UntilAsync(async () => Comparer.ActorCounts((answer = await SendAsync(recorded, stage)).Text) == wanted, "idle actors were let go", default);
            _deactivated.UnionWith(stage.Apps.SelectMany(app => app.Calls).Select(call => call.Path));
            var gone = Transcript.Load(_file).SelectMany(other => other.Calls).Where(call => call.Method == "DELETE").Select(call => call.Path);
            if (!_deactivated.SetEquals(gone)) return $"deactivated were {string.Join(", ", _deactivated)}";
        }

        if (recorded.Status is null && answer.Status != 0) return $"answered {answer.Status} instead of waiting";

        Learn(recorded, answer);
        var expected = recorded.Calls.Where(call => !IsBackground(call.Method, call.Path)).ToList();
        await Wait.ForAsync(() => RealCalls(stage, expected).Count >= expected.Count, CallLimit, default);
        var differences = comparer.Answer(recorded, answer).Concat(Comparer.Calls(expected, RealCalls(stage, expected))).ToList();
        Schedule(recorded);
        foreach (var call in expected.Where(call => call.ReplyStatus is >= 500 || call.ReplyBody.Contains("status", StringComparison.Ordinal))) _failedPaths.Add(call.Path);
        return string.Join('\n', differences);
    }

    /// <summary>What fires every so often does it once more on a slow machine, until it is deleted.</summary>
    private void Schedule(TranscriptCase recorded)
    {
        var fires = recorded.Path.Replace("/v1.0/", "/", StringComparison.Ordinal)
            .Replace("/reminders/", "/method/remind/", StringComparison.Ordinal)
            .Replace("/timers/", "/method/timer/", StringComparison.Ordinal);
        if (recorded.Method == "DELETE") _periodic.Remove(fires);
        else if (recorded.Body is { } body && body.AsSpan().IndexOf("\"period\""u8) >= 0) _periodic.Add(fires);
    }

    /// <summary>
    /// The apps' calls, without those that belong to no case: probes, the recorder's cron binding, actors that have idled
    /// (compared at the end) or that earlier files left, schedules of earlier cases, and messages that an app once refused, which
    /// pubsub.sqlite keeps and delivers again later.
    /// </summary>
    private List<AppCall> RealCalls(Stage stage, List<RecordedCall> expected) =>
        [.. stage.Apps.SelectMany(app => app.Calls)
            .Where(call => !IsBackground(call.Method, call.Path) &&
                (!(_failedPaths.Contains(call.Path) || _periodic.Contains(call.Path)) || expected.Any(other => other.Path == call.Path)))];

    private bool IsBackground(string method, string path) =>
        (method == "DELETE" && path.StartsWith("/actors/", StringComparison.Ordinal) && path != "/actors/Idle/i1") ||
        (_file == "workflow-http-worker" && path.StartsWith("/actors/", StringComparison.Ordinal)) ||
        path is "/cronin" or "/dapr/config" or "/dapr/subscribe" or "/healthz" or "/healthz-seen";

    private async Task<RealAnswer> SendAsync(TranscriptCase recorded, Stage stage)
    {
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, ActivityHeadersPropagator = null });
        var target = new Uri(stage.Address(recorded.Sidecar!).GetLeftPart(UriPartial.Authority) + Translate(recorded.Path), new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        using var request = new HttpRequestMessage(HttpMethod.Parse(recorded.Method), target);
        if (recorded.Body is { } body)
            request.Content = new ByteArrayContent(System.Text.Encoding.Latin1.GetBytes(Translate(System.Text.Encoding.Latin1.GetString(body))));
        foreach (var (name, value) in recorded.Headers)
        {
            if (!request.Headers.TryAddWithoutValidation(name, Translate(value)))
                request.Content?.Headers.TryAddWithoutValidation(name, value);
        }

        // The recorder, too, gave up where daprd kept it waiting.
        using var patience = new CancellationTokenSource(recorded.Status is null ? Impatience : Timeout.InfiniteTimeSpan);
        HttpResponseMessage sent;
        try
        {
            sent = await http.SendAsync(request, patience.Token);
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested)
        {
            return new(0, new Dictionary<string, string>(), []);
        }

        using var response = sent;
        var headers = response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated)
            .ToDictionary(header => header.Key, header => string.Join(", ", header.Value), StringComparer.OrdinalIgnoreCase);
        return new((int)response.StatusCode, headers, await response.Content.ReadAsByteArrayAsync());
    }

    /// <summary>Notes which of our ETags stands for which recorded one.</summary>
    private void Learn(TranscriptCase recorded, RealAnswer answer)
    {
        var theirs = recorded.ResponseHeaders.FirstOrDefault(header => header.Name == "Etag").Value;
        if (theirs is not null && answer.Headers.TryGetValue("Etag", out var ours)) _etags[theirs] = ours;
    }

    private string Translate(string text) => Normal.Uuid().Replace(text, match => _etags.GetValueOrDefault(match.Value, match.Value));
}
