using Dapr.Workflow.Grpc;
using Dapr.Workflow.Protocol;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Dapr.Workflow.Worker;

/// <summary>Takes work from the sidecar as long as the app runs, over one stream that is opened again whenever it breaks.</summary>
internal sealed partial class WorkflowWorker(
    TaskHub hub, WorkItems items, WorkflowRuntimeOptions options, TimeProvider time, ILogger<WorkflowWorker> logger) : BackgroundService
{
    /// <summary>Turns are short and busy: more of them at once gain nothing. Activities mostly wait for others.</summary>
    private const int MaxAtOnce = 100;

    private static readonly TimeSpan _helloTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan _completionTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan _farewell = TimeSpan.FromSeconds(5);

    // Workflows and activities must not stand in each other's way.
    private readonly WorkerLane _turns = new(MaxAtOnce);
    private readonly WorkerLane _activities = new(MaxAtOnce);
    private readonly Backoff _reconnect = new(TimeSpan.FromMilliseconds(250), TimeSpan.FromSeconds(15), time);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // A worker would be handed every workflow of the app, also those only other replicas know.
        if (options.IsEmpty) return;
        try
        {
            while (true)
            {
                await ServeAsync(stoppingToken);
                await _reconnect.WaitAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The app stops; the sidecar hands out what was not finished to another worker, or to this one later.
        }
    }

    /// <summary>Serves one stream until it breaks or the app stops.</summary>
    private async Task ServeAsync(CancellationToken stoppingToken)
    {
        var ended = new CancellationTokenSource();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ended.Token, stoppingToken);
        var session = new WorkerSession(CompleteAsync, ended);
        try
        {
            await CallAsync("Hello", new Empty(), Empty.Parser, _helloTimeout, stoppingToken);
            Connected(logger);
            _reconnect.Reset();
            var taking = session.TakeAsync(hub.StreamAsync("GetWorkItems", new GetWorkItemsRequest(), WorkItem.Parser, ended.Token));
            await Task.WhenAny(taking, Task.Delay(Timeout.Infinite, either.Token));
            if (stoppingToken.IsCancellationRequested)
            {
                await session.FinishAsync(_farewell, time);
                await ended.CancelAsync();
            }

            await taking;
        }
        catch (DaprApiException error)
        {
            Disconnected(logger, error.ErrorCode, error.Message);
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested && !stoppingToken.IsCancellationRequested)
        {
            AnswerLost(logger);
        }
        finally
        {
            await ended.CancelAsync();
        }
    }

    private async Task CompleteAsync(WorkItem item, CancellationToken sessionEnded)
    {
        switch (item.RequestCase)
        {
            case WorkItem.RequestOneofCase.WorkflowRequest:
                var turn = await _turns.RunAsync(() => items.RunAsync(item.WorkflowRequest, item.CompletionToken), sessionEnded);
                await AnswerAsync("CompleteOrchestratorTask", turn, turn.InstanceId);
                break;
            case WorkItem.RequestOneofCase.ActivityRequest:
                var result = await _activities.RunAsync(() => items.RunAsync(item.ActivityRequest, item.CompletionToken), sessionEnded);
                await AnswerAsync("CompleteActivityTask", result, result.InstanceId);
                break;
        }
    }

    private async Task AnswerAsync(string method, IMessage answer, string instanceId)
    {
        try
        {
            await CallAsync(method, answer, CompleteTaskResponse.Parser, _completionTimeout, CancellationToken.None);
        }
        catch (DaprApiException error) when (!error.IsTransient)
        {
            // The sidecar no longer waits for it, or will not have it; it decides what becomes of the instance.
            Refused(logger, method, instanceId, error.ErrorCode, error.Message);
        }
    }

    private async Task<T> CallAsync<T>(string method, IMessage request, MessageParser<T> parser, TimeSpan timeout, CancellationToken cancellationToken)
        where T : class, IMessage<T>
    {
        using var limit = new CancellationTokenSource(timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await hub.CallAsync(method, request, parser, either.Token);
        }
        catch (OperationCanceledException error) when (!cancellationToken.IsCancellationRequested)
        {
            throw GrpcError.Of(GrpcStatus.DeadlineExceeded, $"The sidecar did not answer {method} in {timeout.TotalSeconds} seconds.", error);
        }
    }

    [LoggerMessage(1, LogLevel.Information, "The workflow worker is connected to the sidecar")]
    private static partial void Connected(ILogger logger);

    [LoggerMessage(2, LogLevel.Warning, "The workflow worker lost the sidecar ({Code}): {Reason}")]
    private static partial void Disconnected(ILogger logger, string code, string reason);

    [LoggerMessage(4, LogLevel.Warning, "The workflow worker ended its stream, because the sidecar did not take an answer")]
    private static partial void AnswerLost(ILogger logger);

    [LoggerMessage(3, LogLevel.Warning, "The sidecar did not take {Method} of workflow {InstanceId} ({Code}): {Reason}")]
    private static partial void Refused(ILogger logger, string method, string instanceId, string code, string reason);
}
