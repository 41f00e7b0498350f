using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Agents.Testing.FakeModels;

/// <summary>What the model endpoint does with one request.</summary>
public abstract class Reply
{
    /// <summary>What every good reply says about its tokens, unless its script says otherwise.</summary>
    public const int PromptTokens = 1_000;

    /// <inheritdoc cref="PromptTokens"/>
    public const int CompletionTokens = 200;

    /// <summary>A good answer of these pieces, streamed or whole as the request asks.</summary>
    public static Reply Text(params string[] pieces) => new GoodReply(_ => pieces);

    /// <summary>A good answer that repeats the last message of the user, word by word.</summary>
    public static Reply Echo() => new GoodReply(request => [.. request.Question.Split(' ').Select((word, index) => index == 0 ? word : " " + word)]);

    /// <summary>
    /// An answer that is different every time it is asked for: each of its words is <c>{number of the request}.{place}</c>, both from 1, with a
    /// pause before each.
    /// </summary>
    public static Reply Unrepeatable(int words, TimeSpan pause) => new UnrepeatableReply(words, pause);

    /// <summary>The reply that fits the request, whichever comes when.</summary>
    public static Reply Choose(Func<RecordedRequest, Reply> choose) => new ChosenReply(choose);

    /// <summary>A good answer that asks for a tool.</summary>
    public static Reply ToolCall(string name, string arguments) => new ToolReply([(name, arguments)]);

    /// <summary>A good answer that asks for several tools at once.</summary>
    public static Reply ToolCalls(params (string Name, string Arguments)[] calls) => new ToolReply(calls);

    /// <summary>An error object as OpenAI sends it.</summary>
    /// <param name="retryAfter">The header of that name, in seconds.</param>
    public static Reply Error(int status, string message, string? code = null, int? retryAfter = null) => new ErrorReply(status, message, code, retryAfter);

    /// <summary>Exactly this body with status 200.</summary>
    public static Reply Body(string json) => new BodyReply(json);

    /// <summary>A stream, step by step.</summary>
    public static StreamReply Stream() => new();

    internal abstract Task SendAsync(RecordedRequest request, HttpContext context);

    internal static string VersionOf(string model) => $"{model}-2026-01-01";

    internal static JsonObject UsageOf(int prompt, int completion) =>
        new() { ["prompt_tokens"] = prompt, ["completion_tokens"] = completion, ["total_tokens"] = prompt + completion };

    private static Task CompletionAsync(RecordedRequest request, HttpContext context, JsonObject message, string finish) => context.Response.WriteAsJsonAsync(
        new JsonObject
        {
            ["id"] = "chatcmpl-fake",
            ["object"] = "chat.completion",
            ["created"] = 1_767_225_600,
            ["model"] = VersionOf(request.Model),
            ["system_fingerprint"] = "fp_fake",
            ["choices"] = new JsonArray(new JsonObject { ["index"] = 0, ["message"] = message, ["finish_reason"] = finish }),
            ["usage"] = UsageOf(PromptTokens, CompletionTokens),
        },
        context.RequestAborted);

    private sealed class GoodReply(Func<RecordedRequest, IReadOnlyList<string>> pieces) : Reply
    {
        internal override Task SendAsync(RecordedRequest request, HttpContext context)
        {
            if (!request.Stream)
                return CompletionAsync(request, context, new JsonObject { ["role"] = "assistant", ["content"] = string.Concat(pieces(request)) }, "stop");
            var stream = pieces(request).Aggregate(Stream(), (stream, piece) => stream.Text(piece));
            return stream.Finish().Usage(PromptTokens, CompletionTokens).Done().SendAsync(request, context);
        }
    }

    private sealed class UnrepeatableReply(int words, TimeSpan pause) : Reply
    {
        private int _asked;

        internal override async Task SendAsync(RecordedRequest request, HttpContext context)
        {
            var nonce = Interlocked.Increment(ref _asked);
            var stream = Stream();
            for (var word = 1; word <= words; word++)
                stream.Pause(pause).Text(string.Create(CultureInfo.InvariantCulture, $"{nonce}.{word} "));
            await stream.Finish().Usage(PromptTokens, CompletionTokens).Done().SendAsync(request, context);
        }
    }

    private sealed class ChosenReply(Func<RecordedRequest, Reply> choose) : Reply
    {
        internal override Task SendAsync(RecordedRequest request, HttpContext context) => choose(request).SendAsync(request, context);
    }

    private sealed class ToolReply(IReadOnlyList<(string Name, string Arguments)> calls) : Reply
    {
        internal override Task SendAsync(RecordedRequest request, HttpContext context)
        {
            if (!request.Stream)
                return CompletionAsync(request, context, new JsonObject { ["role"] = "assistant", ["content"] = null, ["tool_calls"] = Calls(false) }, "tool_calls");
            return Stream().Delta(new JsonObject { ["role"] = "assistant", ["tool_calls"] = Calls(true) })
                .Finish("tool_calls").Usage(PromptTokens, CompletionTokens).Done().SendAsync(request, context);
        }

        private JsonArray Calls(bool numbered) => new([.. calls.Index().Select(call =>
        {
            var said = new JsonObject
            {
                ["id"] = call.Index == 0 ? "call_fake" : string.Create(CultureInfo.InvariantCulture, $"call_fake_{call.Index}"),
                ["type"] = "function",
                ["function"] = new JsonObject { ["name"] = call.Item.Name, ["arguments"] = call.Item.Arguments },
            };
            if (numbered)
                said["index"] = call.Index;
            return said;
        })]);
    }

    private sealed class ErrorReply(int status, string message, string? code, int? retryAfter) : Reply
    {
        internal override Task SendAsync(RecordedRequest request, HttpContext context)
        {
            context.Response.StatusCode = status;
            if (retryAfter is { } seconds)
                context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
            return context.Response.WriteAsJsonAsync(
                new JsonObject { ["error"] = new JsonObject { ["message"] = message, ["type"] = "scripted", ["param"] = null, ["code"] = code } }, context.RequestAborted);
        }
    }

    private sealed class BodyReply(string json) : Reply
    {
        internal override Task SendAsync(RecordedRequest request, HttpContext context)
        {
            context.Response.ContentType = "application/json";
            return context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(json), context.RequestAborted).AsTask();
        }
    }
}
