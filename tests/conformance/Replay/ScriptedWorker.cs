using System.Text.Json.Nodes;
using Agents.Conformance.Processes;
using Dapr.Workflow.Protocol;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Kind = Dapr.Workflow.Protocol.HistoryEvent.EventTypeOneofCase;

namespace Agents.Conformance.Replay;

/// <summary>
/// A worker that answers as the recorded one did, and notes where what it is sent differs from what that was sent. Each instance is
/// compared in its own order; instances ran side by side.
/// </summary>
internal sealed class ScriptedWorker(GrpcClient grpc, Func<Task> streamIsGone) : IDisposable
{
    // The recorder decoded with an older definition, which knows nothing of these. An empty status and none are the same to every client.
    private static readonly HashSet<string> NotRecorded =
        ["parentTraceContext", "router", "completionToken", "appID", "startedAt", "parentInstanceId", "recurse"];

    private readonly List<TracedMessage> _items = [.. WorkflowTrace.WorkItems];
    private readonly List<TracedMessage> _answers = [.. WorkflowTrace.Answers];
    private readonly List<(WorkItem Item, TracedMessage Recorded)> _held = [];
    private readonly HashSet<int> _answered = [];
    private readonly List<string> _differences = [];
    private CancellationTokenSource _stream = new();

    /// <summary>The instance whose id the sidecar chose.</summary>
    private string? _chosenId;

    public IReadOnlyList<string> Differences => _differences;

    /// <summary>How many recorded messages were not seen.</summary>
    public int Missing => _items.Count;

    /// <summary>Whether all answers that the recorded worker had given by then are given.</summary>
    public bool HasAnsweredBefore(int line) => WorkflowTrace.Answers.Where(answer => answer.Line < line).All(answer => _answered.Contains(answer.Line));

    /// <summary>Works until it is disposed.</summary>
    public async Task RunAsync()
    {
        try
        {
            while (true)
            {
                using var stream = _stream;
                await TakeAsync(stream);
                await streamIsGone();

                // Both results reach the sidecar while nobody takes turns, and so they come in one.
                foreach (var (item, recorded) in _held) await AnswerAsync(item, recorded);
                _held.Clear();
                _stream = new();
            }
        }
        catch (OperationCanceledException)
        {
            // Disposed.
        }
    }

    public void Dispose() => _stream.Cancel();

    /// <summary>A message as text, without what differs from run to run.</summary>
    public static string Comparable(IMessage message)
    {
        var json = JsonNode.Parse(message.ToString()!)!;
        Strip(json);
        return Normal.Json(json.ToJsonString());
    }

    private async Task TakeAsync(CancellationTokenSource stream)
    {
        try
        {
            await foreach (var item in grpc.StreamAsync("GetWorkItems", new GetWorkItemsRequest(), WorkItem.Parser, stream.Token))
            {
                if (Recorded(item) is not { } recorded) continue;
                if (item.ActivityRequest is null || ResultsOfNextTurn(recorded) < 2)
                {
                    await AnswerAsync(item, recorded);
                    continue;
                }

                _held.Add((item, recorded));
                if (_held.Count == ResultsOfNextTurn(recorded)) await stream.CancelAsync();
            }
        }
        catch (OperationCanceledException) when (_held.Count > 0)
        {
            // Ended on purpose, to give several results at once.
        }
    }

    /// <summary>The recorded message that this one should be like; it is not looked for again.</summary>
    private TracedMessage? Recorded(WorkItem item)
    {
        var id = RecordedId(item);
        var task = item.ActivityRequest?.TaskId;
        var at = _items.FindIndex(other => Id((WorkItem)other.Message) == id && ((WorkItem)other.Message).ActivityRequest?.TaskId == task);
        if (at < 0)
        {
            _differences.Add($"not recorded: {Comparable(item)}");
            return null;
        }

        var recorded = _items[at];
        _items.RemoveAt(at);
        var (expected, actual) = (Comparable(recorded.Message), Comparable(item));
        if (expected != actual) _differences.Add($"work item {recorded.Line} is {actual} instead of {expected}");
        return recorded;
    }

    private async Task AnswerAsync(WorkItem item, TracedMessage recorded)
    {
        var id = Id((WorkItem)recorded.Message);
        var answer = _answers.First(other => other.Line > recorded.Line && other.Message switch
        {
            WorkflowResponse turn => item.WorkflowRequest is not null && turn.InstanceId == id,
            ActivityResponse result => item.ActivityRequest is { } request && result.InstanceId == id && result.TaskId == request.TaskId,
            _ => false,
        });
        _answers.Remove(answer);
        IMessage message;
        if (answer.Message is WorkflowResponse recordedTurn)
        {
            var turn = recordedTurn.Clone();
            (turn.InstanceId, turn.CompletionToken) = (Id(item), item.CompletionToken);
            var shift = Time(item) - Time((WorkItem)recorded.Message);
            foreach (var timer in turn.Actions.Where(action => action.CreateTimer is not null))
                timer.CreateTimer.FireAt = Timestamp.FromDateTimeOffset(timer.CreateTimer.FireAt.ToDateTimeOffset() + shift);
            message = turn;
        }
        else
        {
            var result = ((ActivityResponse)answer.Message).Clone();
            (result.InstanceId, result.CompletionToken) = (Id(item), item.CompletionToken);
            message = result;
        }

        var outcome = await grpc.CallAsync(answer.Method, message, default);
        if (outcome.Status != 0) _differences.Add($"answer {answer.Line} was refused: {outcome.Detail}");
        _answered.Add(answer.Line);
    }

    private int ResultsOfNextTurn(TracedMessage activity) =>
        _items.Where(other => other.Line > activity.Line && Id((WorkItem)other.Message) == Id((WorkItem)activity.Message))
            .Select(other => ((WorkItem)other.Message).WorkflowRequest).FirstOrDefault(turn => turn is not null)
            ?.NewEvents.Count(happened => happened.EventTypeCase is Kind.TaskCompleted or Kind.TaskFailed) ?? 1;

    private string RecordedId(WorkItem item)
    {
        var id = Id(item);
        var recorded = WorkflowTrace.WorkItems.Select(other => Id((WorkItem)other.Message)).ToList();
        if (recorded.Contains(id)) return id;
        _chosenId ??= recorded.First(other => Guid.TryParse(other, out _));
        return _chosenId;
    }

    private static string Id(WorkItem item) => item.WorkflowRequest?.InstanceId ?? item.ActivityRequest.WorkflowInstance.InstanceId;

    private static DateTimeOffset Time(WorkItem item) => item.WorkflowRequest.NewEvents[0].Timestamp.ToDateTimeOffset();

    private static void Strip(JsonNode? node)
    {
        if (node is JsonArray list)
        {
            foreach (var item in list) Strip(item);
        }
        else if (node is JsonObject map)
        {
            foreach (var name in map.Select(member => member.Key).Where(name => NotRecorded.Contains(name) || (name == "customStatus" && $"{map[name]}".Length == 0)).ToList())
                map.Remove(name);
            foreach (var (_, value) in map) Strip(value);
        }
    }
}
