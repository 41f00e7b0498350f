using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Agents.LocalRuntime.Grpc;
using Agents.LocalRuntime.Http;
using Dapr.Workflow.Protocol;

namespace Agents.LocalRuntime.Workflows;

/// <summary>The management API for workflows over HTTP. The component's name in the path means nothing.</summary>
internal static class WorkflowEndpoints
{
    private const int LongestId = 64;

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Answers the request, or says that none of these routes fits it.</summary>
    public static bool TryHandle(ApiRequest request, string version, WorkflowEngine engine, out Task done)
    {
        done = Task.CompletedTask;
        var path = request.Path;
        if (version == "v1.0-alpha2" || path.Count < 4) return false;
        var isPost = HttpMethods.IsPost(request.Method);
        switch (path.Count, path.Count > 4 ? path.Raw(4) : "")
        {
            case (4, _) when request.IsGet:
                done = GetAsync(request, engine, path.Text(3));
                return true;
            case (5, "start") when isPost:
                done = StartAsync(request, engine, path.Text(3));
                return true;
            case (5, "terminate" or "pause" or "resume" or "purge") when isPost:
                done = CommandAsync(request, path.Raw(4), engine, path.Text(3));
                return true;
            case (6, "raiseEvent") when isPost:
                done = RaiseAsync(request, engine, path.Text(3), path.Text(5));
                return true;
            default:
                return false;
        }
    }

    private static async Task GetAsync(ApiRequest request, WorkflowEngine engine, string id) =>
        await request.JsonAsync(Write(engine.Find(id) ?? throw NotFound(id, "")));

    private static async Task StartAsync(ApiRequest request, WorkflowEngine engine, string name)
    {
        string? given = request.Http.Request.Query["instanceID"];
        var id = string.IsNullOrEmpty(given) ? Guid.CreateVersion7().ToString() : given;
        if (id.Length > LongestId)
            throw new ApiException(400, "ERR_INSTANCE_ID_TOO_LONG", $"workflow instance ID exceeds the max length of {LongestId} characters");
        if (!id.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-'))
        {
            throw new ApiException(
                400, "ERR_INSTANCE_ID_INVALID", $"workflow instance ID '{id}' is invalid: only alphanumeric and underscore characters are allowed");
        }

        var start = new CreateInstanceRequest { InstanceId = id, Name = name, Input = await BodyAsync(request) };
        using var ended = Ended(request);
        try
        {
            await engine.StartAsync(start, request.Trace.TraceParent, ended.Token);
        }
        catch (GrpcException error)
        {
            throw new ApiException(
                500, "ERR_START_WORKFLOW",
                $"error starting workflow '{name}': unable to start workflow: failed to start workflow: rpc error: code = {error.Status} desc = {error.Message}");
        }

        await request.JsonAsync(JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, string> { ["instanceID"] = id }), StatusCodes.Status202Accepted);
    }

    private static async Task CommandAsync(ApiRequest request, string command, WorkflowEngine engine, string id)
    {
        using var ended = Ended(request);
        try
        {
            switch (command)
            {
                case "terminate":
                    await engine.TerminateAsync(id, null, recursive: true, ended.Token);
                    break;
                case "pause":
                    await engine.SuspendAsync(id, null, ended.Token);
                    break;
                case "resume":
                    await engine.ResumeAsync(id, null, ended.Token);
                    break;
                default:
                    await engine.PurgeAsync(id, recursive: true, force: false);
                    break;
            }
        }
        catch (GrpcException error)
        {
            throw (command, error) switch
            {
                ("terminate", NoSuchInstanceException) => NotFound(id, $"failed to submit termination request:: {error.Message}"),
                ("purge", NoSuchInstanceException) => NotFound(id, $"failed to purge workflow state: failed to fetch workflow state: {error.Message}"),
                ("terminate", _) => Failed(
                    "ERR_TERMINATE_WORKFLOW", $"error terminating workflow '{id}': failed to terminate workflow {id}: failed to submit termination request:: ", error),
                ("pause", _) => Failed("ERR_PAUSE_WORKFLOW", $"error pausing workflow {id}: failed to pause workflow {id}: failed to suspend workflow: ", error),
                ("resume", _) => Failed("ERR_RESUME_WORKFLOW", $"error resuming workflow {id}: failed to resume workflow {id}: failed to resume workflow: ", error),
                _ => Failed("ERR_PURGE_WORKFLOW", $"error purging workflow {id}: failed to Purge workflow {id}: ", error),
            };
        }

        await request.JsonAsync("{}"u8.ToArray(), StatusCodes.Status202Accepted);
    }

    private static async Task RaiseAsync(ApiRequest request, WorkflowEngine engine, string id, string name)
    {
        var body = await BodyAsync(request);
        using var ended = Ended(request);
        try
        {
            await engine.RaiseAsync(id, name, body.Length == 0 ? null : body, ended.Token);
        }
        catch (GrpcException error)
        {
            throw Failed("ERR_RAISE_EVENT_WORKFLOW", $"error raising event on workflow '{id}': failed to raise event {name} on workflow {id}: failed to raise event: ", error);
        }

        await request.JsonAsync("{}"u8.ToArray(), StatusCodes.Status202Accepted);
    }

    private static async Task<string> BodyAsync(ApiRequest request)
    {
        try
        {
            return Encoding.UTF8.GetString(await request.ReadBodyAsync());
        }
        catch (BodyTooLargeException error)
        {
            throw new ApiException(400, "ERR_MALFORMED_REQUEST", $"failed deserializing HTTP body: {error.Message}");
        }
    }

    private static CancellationTokenSource Ended(ApiRequest request) =>
        CancellationTokenSource.CreateLinkedTokenSource(request.Aborted, request.Sidecar.Stopping);

    private static ApiException Failed(string code, string before, GrpcException error) => new(500, code, before + error.Message);

    /// <summary>daprd formats its errors with one argument too many, and so they look like this.</summary>
    private static ApiException NotFound(string id, string extra) => new(
        404, "ERR_INSTANCE_ID_NOT_FOUND",
        $"unable to find workflow with the provided instance ID: {id}{(extra.Length == 0 ? "" : $"%!(EXTRA *fmt.wrapError={extra})")}");

    private static ReadOnlyMemory<byte> Write(WorkflowState state)
    {
        var output = new ArrayBufferWriter<byte>(512);
        using var json = new Utf8JsonWriter(output, Options);
        json.WriteStartObject();
        json.WriteString("instanceID", state.InstanceId);
        json.WriteString("workflowName", state.Name);
        json.WriteString("createdAt", Time(state.CreatedTimestamp));
        json.WriteString("lastUpdatedAt", Time(state.LastUpdatedTimestamp));
        json.WriteString("runtimeStatus", Status(state.WorkflowStatus));
        json.WriteStartObject("properties");
        if (state.CustomStatus is { Length: > 0 } status) json.WriteString("dapr.workflow.custom_status", status);
        if (state.FailureDetails is { } failure)
        {
            json.WriteString("dapr.workflow.failure.error_message", failure.ErrorMessage);
            json.WriteString("dapr.workflow.failure.error_type", failure.ErrorType);
            if (failure.StackTrace is { Length: > 0 } stack) json.WriteString("dapr.workflow.failure.stack_trace", stack);
        }

        if (state.Input is { } input) json.WriteString("dapr.workflow.input", input);
        if (state.Output is { } result) json.WriteString("dapr.workflow.output", result);
        json.WriteEndObject();
        json.WriteEndObject();
        json.Flush();
        return output.WrittenMemory;
    }

    private static string Time(Google.Protobuf.WellKnownTypes.Timestamp time) => time.ToString().Trim('"');

    private static string Status(OrchestrationStatus status) => status switch
    {
        OrchestrationStatus.Running => "RUNNING",
        OrchestrationStatus.Completed => "COMPLETED",
        OrchestrationStatus.ContinuedAsNew => "CONTINUED_AS_NEW",
        OrchestrationStatus.Failed => "FAILED",
        OrchestrationStatus.Canceled => "CANCELED",
        OrchestrationStatus.Terminated => "TERMINATED",
        OrchestrationStatus.Pending => "PENDING",
        OrchestrationStatus.Suspended => "SUSPENDED",
        _ => "UNKNOWN",
    };
}
