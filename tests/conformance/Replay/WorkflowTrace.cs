using System.Text.Json;
using Agents.SdkTests.Workflows;
using Dapr.Workflow.Protocol;
using Google.Protobuf;

namespace Agents.Conformance.Replay;

/// <summary>A message of the recorded gRPC run.</summary>
/// <param name="Line">Where it stands; the order of the run.</param>
/// <param name="Call">The number of its call.</param>
/// <param name="Method">The method called.</param>
/// <param name="IsRequest">Whether the client or worker sent it.</param>
/// <param name="Message">In our own definition.</param>
internal sealed record TracedMessage(int Line, int Call, string Method, bool IsRequest, IMessage Message);

/// <summary>The recorded gRPC run of the JavaScript SDK: what the sidecar sent to its worker, what that answered, and what its client asked.</summary>
internal static class WorkflowTrace
{
    public static IReadOnlyList<TracedMessage> Messages { get; } = [.. Load()];

    /// <summary>Calls of the client, in order, each with its answer.</summary>
    public static IEnumerable<(TracedMessage Request, TracedMessage Answer)> ClientCalls =>
        from request in Messages
        where request.IsRequest && request.Method is not ("GetWorkItems" or "CompleteOrchestratorTask" or "CompleteActivityTask")
        select (request, Messages.Single(other => other.Call == request.Call && !other.IsRequest));

    public static IEnumerable<TracedMessage> WorkItems => Messages.Where(message => message.Method == "GetWorkItems" && !message.IsRequest);

    public static IEnumerable<TracedMessage> Answers =>
        Messages.Where(message => message.IsRequest && message.Method is "CompleteOrchestratorTask" or "CompleteActivityTask");

    private static IEnumerable<TracedMessage> Load()
    {
        using var stream = typeof(WorkflowTrace).Assembly.GetManifestResourceStream("transcripts/workflow-grpc")!;
        using var reader = new StreamReader(stream);
        for (var line = 0; reader.ReadLine() is { } text; line++)
        {
            var record = JsonSerializer.Deserialize<JsonElement>(text);
            if (!record.TryGetProperty("message", out var message)) continue;
            var recorded = RecordedMessages.Build(new(record.GetProperty("type").GetString()!, message, 0));
            if (recorded is CompleteTaskResponse && record.GetProperty("ev").GetString() != "response-message") continue;
            yield return new(
                line, record.GetProperty("n").GetInt32(), record.GetProperty("path").GetString()!.Split('/')[^1],
                record.GetProperty("ev").GetString() == "request-message", recorded);
        }
    }
}
