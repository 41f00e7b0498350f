using System.Threading.Channels;
using Agents.LocalRuntime.Grpc;
using Dapr.Workflow.Protocol;

namespace Agents.LocalRuntime.Workflows;

/// <summary>One worker that takes work over one stream.</summary>
/// <param name="call">The call that holds the stream open.</param>
internal sealed class WorkerStream(GrpcCall call)
{
    private readonly Channel<WorkItem> _items = Channel.CreateUnbounded<WorkItem>(new() { SingleReader = true });

    /// <summary>The sidecar it came to, one of those of the app.</summary>
    public Apps.Sidecar Sidecar => call.Sidecar;

    /// <summary>Answers without a token belong to the stream of the same connection.</summary>
    public string ConnectionId => call.ConnectionId;

    /// <summary>The work it has and has not answered; kept by <see cref="WorkItems"/>, under its lock.</summary>
    public HashSet<Work> InHand { get; } = [];

    public int MessageLimit => call.Sidecar.Spec.MaxBodySize;

    /// <summary>What does not reach the worker any more is given to another one when the stream is removed.</summary>
    public void Send(WorkItem item) => _items.Writer.TryWrite(item);

    /// <summary>Sends until the worker goes or the sidecar stops.</summary>
    public async Task RunAsync()
    {
        await call.BeginAsync();
        await foreach (var item in _items.Reader.ReadAllAsync(call.Ended)) await call.WriteAsync(item);
    }
}
