using System.Collections.Concurrent;
using Agents.Conformance.Processes;

namespace Agents.Conformance.Replay;

/// <summary>Plays a recorded file against the local runtime, case by case, and keeps what differed.</summary>
internal sealed class Replayer
{
    private static readonly ConcurrentDictionary<string, Lazy<Task<IReadOnlyDictionary<string, string>>>> Results = [];
    private static readonly TimeSpan CallLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan NoAnswerLimit = TimeSpan.FromSeconds(2);

    private readonly string _file;
    private readonly Dictionary<string, string> _etags = [];
    private readonly HashSet<string> _failedPaths = [];
    private Stage? _stage;
    private WorkflowPlay? _workflows;

    private Replayer(string file) => _file = file;

    /// <summary>The differences by case id, empty for a case without any; a file is played once for all its cases.</summary>
    public static Task<IReadOnlyDictionary<string, string>> ResultsAsync(string file)
    {
        // Much of a replay is waiting, so the file that comes next begins along with this one.
        foreach (var name in Transcript.Files.SkipWhile(other => other != file).Take(2)) _ = Run(name).Value;
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
                // An excluded case is left out altogether, unless later cases build on it.
                if (Exclusions.Cases.ContainsKey($"{_file}/{recorded.Id}") && recorded.Id != "startup-calls-on-app") continue;
                var stage = await EnterAsync(StageSpec.For(_file, recorded.Id));
                await PrepareAsync(recorded.Id, stage);
                if (_file == "workflow-http-worker") await (_workflows ??= await WorkflowPlay.StartAsync(stage, default)).PrepareAsync(recorded.Id, default);
                results[recorded.Id] = recorded.Method.Length == 0 ? "" : await PlayAsync(recorded, stage);
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

    private async Task<string> PlayAsync(TranscriptCase recorded, Stage stage)
    {
        foreach (var app in stage.Apps) app.Calls.Clear();
        stage.Script.Load(recorded);
        var comparer = new Comparer(stage);
        if (recorded.HasNoAnswer) return await IsAnsweredAsync(recorded, stage) ? "it was answered" : "";
        var answer = await SendAsync(recorded, stage);
        if (_workflows is not null && recorded.Method == "GET")
        {
            // The recorder paused between its requests; here the worker may still be at it.
            await Wait.ForAsync(async () => !comparer.Answer(recorded, answer = await SendAsync(recorded, stage)).Any(), CallLimit, default);
        }

        if (recorded.Id == "ttl-get-expired")
        {
            // The recorder waited; here time passes until the entry is gone.
            await Wait.UntilAsync(async () => (answer = await SendAsync(recorded, stage)).Status == recorded.Status, "the entry expired", default);
        }

        Learn(recorded, answer);
        var expected = recorded.Calls.Where(call => !IsBackground(call.Method, call.Path)).ToList();
        await Wait.ForAsync(() => RealCalls(stage, expected).Count >= expected.Count, CallLimit, default);
        var differences = comparer.Answer(recorded, answer).Concat(Comparer.Calls(expected, RealCalls(stage, expected))).ToList();
        foreach (var call in expected.Where(call => call.ReplyStatus is >= 500 || call.ReplyBody.Contains("status", StringComparison.Ordinal))) _failedPaths.Add(call.Path);
        return string.Join('\n', differences);
    }

    private async Task<bool> IsAnsweredAsync(TranscriptCase recorded, Stage stage)
    {
        try
        {
            await SendAsync(recorded, stage).WaitAsync(NoAnswerLimit);
            return true;
        }
        catch (TimeoutException)
        {
            // As the recorder, it gives up.
            return false;
        }
    }

    /// <summary>
    /// The apps' calls, without those that belong to no case: probes, the recorder's cron binding, actors that earlier files left, and messages that an
    /// app once refused, which pubsub.sqlite keeps and delivers again later.
    /// </summary>
    private List<AppCall> RealCalls(Stage stage, List<RecordedCall> expected) =>
        [.. stage.Apps.SelectMany(app => app.Calls)
            .Where(call => !IsBackground(call.Method, call.Path) &&
                (!_failedPaths.Contains(call.Path) || expected.Any(other => other.Path == call.Path)))];

    private bool IsBackground(string method, string path) =>
        (_file == "workflow-http-worker" && path.StartsWith("/actors/", StringComparison.Ordinal)) || path is "/cronin" or "/dapr/config" or "/dapr/subscribe" or "/healthz" or "/healthz-seen";

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

        using var response = await http.SendAsync(request);
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
