using System.Text;
using Agents.Conformance.Processes;
using Dapr.Workflow.Protocol;

namespace Agents.Conformance.Replay;

/// <summary>The gRPC side of the recorded workflow run: a worker that answers as recorded, and the calls its client made between the HTTP requests.</summary>
internal sealed class WorkflowPlay : IAsyncDisposable
{
    /// <summary>The name under which differences of messages are told.</summary>
    public const string Messages = "(messages)";

    private readonly Stage _stage;
    private readonly GrpcClient _grpc;
    private readonly ScriptedWorker _worker;
    private readonly Queue<(TracedMessage Request, TracedMessage Answer)> _calls = new(WorkflowTrace.ClientCalls);
    private readonly List<string> _differences = [];
    private readonly Task _working;

    private WorkflowPlay(Stage stage)
    {
        _stage = stage;
        _grpc = new(stage.GrpcPort("alpha"));
        _worker = new(_grpc, () => WaitForWorkersAsync(0, default));
        _working = Task.Run(_worker.RunAsync);
    }

    public static async Task<WorkflowPlay> StartAsync(Stage stage, CancellationToken cancel)
    {
        var play = new WorkflowPlay(stage);
        await play.WaitForWorkersAsync(1, cancel);
        return play;
    }

    /// <summary>Does what the recorder did before the HTTP request of a case.</summary>
    public async Task PrepareAsync(string caseId, CancellationToken cancel)
    {
        switch (caseId)
        {
            case var _ when caseId.StartsWith("sdk-", StringComparison.Ordinal):
                while ((await CallAsync(cancel)).Method is not ("WaitForInstanceCompletion" or "GetInstance"))
                {
                }

                break;
            case "start":
                while (_calls.Count > 0) await CallAsync(cancel);
                break;
            case "raise-event":
                // The event before this one had a turn of its own.
                var second = WorkflowTrace.WorkItems.Single(item => item.Message is WorkItem { WorkflowRequest: { InstanceId: "h1" } turn } && turn.NewEvents.Any(happened => happened.EventRaised?.Name == "go"));
                await Wait.UntilAsync(() => _worker.HasAnsweredBefore(second.Line), "the worker has seen the other event", cancel);
                break;
            case "metadata-with-worker":
                foreach (var (name, value) in new[] { ("mykey", "my value"), ("k2", """{"a":1}""") })
                {
                    using var http = new HttpClient();
                    using var content = new StringContent(value, Encoding.UTF8);
                    (await http.PutAsync(new Uri(_stage.Address("alpha"), $"/v1.0/metadata/{name}"), content, cancel)).EnsureSuccessStatusCode();
                }

                break;
        }
    }

    /// <summary>All differences of messages, as one text.</summary>
    public async Task<string> EndAsync(CancellationToken cancel)
    {
        if (!await Wait.ForAsync(() => _worker.Missing == 0, TimeSpan.FromSeconds(5), cancel)) _differences.Add($"{_worker.Missing} recorded work items did not come");
        return string.Join('\n', _differences.Concat(_worker.Differences));
    }

    public async ValueTask DisposeAsync()
    {
        _worker.Dispose();
        await _working;
        _grpc.Dispose();
    }

    private async Task<TracedMessage> CallAsync(CancellationToken cancel)
    {
        var (request, recorded) = _calls.Dequeue();
        await Wait.UntilAsync(() => _worker.HasAnsweredBefore(request.Line), $"the worker has done what came before call {request.Call}", cancel);
        var answer = await _grpc.CallAsync(request.Method, request.Message, cancel);
        if (answer.Status != 0)
        {
            _differences.Add($"{request.Method} {request.Call} failed: {answer.Detail}");
            return request;
        }

        var real = recorded.Message.Descriptor.Parser.ParseFrom(answer.Message);
        var (expected, actual) = (ScriptedWorker.Comparable(recorded.Message), ScriptedWorker.Comparable(real));
        if (expected != actual) _differences.Add($"{request.Method} {request.Call} answered {actual} instead of {expected}");
        return request;
    }

    private async Task WaitForWorkersAsync(int count, CancellationToken cancel)
    {
        using var http = new HttpClient();
        await Wait.UntilAsync(
            async () => ((await http.GetFromJsonAsync<System.Text.Json.Nodes.JsonNode>(new Uri(_stage.Address("alpha"), "/v1.0/metadata"), cancel))!
                ["workflows"]?["connectedWorkers"]?.GetValue<int>() ?? 0) == count,
            $"{count} workers are connected", cancel);
    }
}
