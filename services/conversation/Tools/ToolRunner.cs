using System.Globalization;
using System.Text.Json;
using Agents.Conversation.Models;
using Agents.Conversation.Sessions;
using Agents.Conversation.Turns;
using Agents.Conversation.Turns.Running;

namespace Agents.Conversation.Tools;

/// <summary>
/// Runs one round of tools, side by side. Each call is in the log before its tool runs, and its result before the model reads it: a
/// replica that takes over knows what took effect, and never runs a tool twice that does not bear it.
/// </summary>
internal sealed partial class ToolRunner(TimeProvider time, ILogger<ToolRunner> logger)
{
    // An entry of the log has at most 64 KB, and a character may take six bytes of it.
    private const int MaxCalls = 8;
    private const int MaxArguments = 4_000;
    private const int MaxText = 4_000;
    private const int MaxContent = 5_000;

    /// <summary>Records and runs what a model asked for.</summary>
    public async Task<ToolStep> RunAsync(
        LiveTurn live, SessionRecord session, IReadOnlyList<ITool> tools, int number, string text, IReadOnlyList<ToolCall> asked, int firstPassage,
        CancellationToken cancellationToken)
    {
        var calls = asked.Take(MaxCalls).Select(call => call with { Arguments = call.Arguments.Length > MaxArguments ? "" : call.Arguments }).ToList();
        for (var index = 0; index < calls.Count; index++)
        {
            live.Post(
                new TurnEvent.Tool(EffectId(live.Id, number, index), Short(calls[index].Name), "started"),
                new RecordedCall(number, index, index == 0 ? text[..Math.Min(text.Length, MaxText)] : "", calls[index]));
        }
        await live.FlushAsync();
        var step = new ToolStep(text, calls, new Dictionary<int, ToolResult>());
        return await CompleteAsync(live, session, tools, number, step, firstPassage, fresh: true, cancellationToken);
    }

    /// <summary>Runs what a round still lacks.</summary>
    /// <param name="fresh">False when another replica may have begun it.</param>
    public async Task<ToolStep> CompleteAsync(
        LiveTurn live, SessionRecord session, IReadOnlyList<ITool> tools, int number, ToolStep step, int firstPassage, bool fresh,
        CancellationToken cancellationToken)
    {
        var results = await Task.WhenAll(step.Calls.Select(async (call, index) =>
        {
            if (step.Results.TryGetValue(index, out var known))
                return known;
            var context = new ToolContext(session, live.Id, EffectId(live.Id, number, index), firstPassage + (index * ToolContext.MaxPassages));
            var result = await OneAsync(tools, call, context, fresh, cancellationToken);
            live.Post(
                new TurnEvent.Tool(context.EffectId, Short(call.Name), result.Failed ? "failed" : "done"), new RecordedResult(number, index, result));
            return result;
        }));
        await live.FlushAsync();
        return step with { Results = results.Index().ToDictionary(item => item.Index, item => item.Item) };
    }

    private async Task<ToolResult> OneAsync(
        IReadOnlyList<ITool> tools, ToolCall call, ToolContext context, bool fresh, CancellationToken cancellationToken)
    {
        if (tools.FirstOrDefault(tool => tool.Name == call.Name) is not { } tool)
            return ToolResult.Failure($"There is no tool of that name. Tools: {string.Join(", ", tools.Select(known => known.Name))}.");
        if (!fresh && !tool.Repeatable)
            return ToolResult.Failure("Interrupted: whether this call took effect is not known. It was not repeated.");
        if (!TryParse(call.Arguments, out var arguments))
            return ToolResult.Failure("The arguments are not a JSON object of at most 4000 characters.");
        if (SchemaCheck.Fault(tool.Parameters, arguments) is { } fault)
            return ToolResult.Failure($"The arguments do not fit the schema: {fault}");
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var clock = new CancellationTokenSource(tool.Limit, time);
        await using var link = clock.Token.Register(limit.Cancel);
        try
        {
            var result = await tool.RunAsync(context, arguments, limit.Token);
            return result.Content.Length > MaxContent ? result with { Content = result.Content[..MaxContent] + "\n[cut: the result is longer]" } : result;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return ToolResult.Failure($"The tool did not answer within {tool.Limit.TotalSeconds:0} seconds.");
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // The model is told that it failed; why is for the operator.
            Failed(logger, context.EffectId, exception);
            return ToolResult.Failure("The tool failed.");
        }
    }

    private static bool TryParse(string arguments, out JsonElement parsed)
    {
        try
        {
            using var document = JsonDocument.Parse(arguments.Trim().Length == 0 ? "{}" : arguments, new JsonDocumentOptions { MaxDepth = 16, AllowDuplicateProperties = false });
            parsed = document.RootElement.Clone();
            // Written once, so that no escape in it is found to be half a character later.
            JsonSerializer.Serialize(parsed);
            return parsed.ValueKind == JsonValueKind.Object;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // Said to the model by the caller.
            parsed = default;
            return false;
        }
    }

    private static string EffectId(string turn, int step, int index) => string.Create(CultureInfo.InvariantCulture, $"{turn}.{step}.{index}");

    private static string Short(string name) => name.Length > 64 ? name[..64] : name;

    [LoggerMessage(LogLevel.Warning, "Tool call {Call} failed")]
    private static partial void Failed(ILogger logger, string call, Exception exception);
}
