using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Agents.Testing.FakeModels;

/// <summary>A streamed reply, each step sent off at once. Without <see cref="Done"/> it ends as its last step leaves it.</summary>
public sealed class StreamReply : Reply
{
    private readonly List<Func<RecordedRequest, HttpContext, Task>> _steps = [];

    /// <summary>A chunk of text.</summary>
    public StreamReply Text(string text) => Delta(new JsonObject { ["role"] = "assistant", ["content"] = text });

    /// <summary>A chunk of text that says when it was sent: the timestamp of <see cref="System.Diagnostics.Stopwatch"/>, and a space.</summary>
    public StreamReply Stamp() => Chunk(() => Choice(
        new JsonObject { ["role"] = "assistant", ["content"] = string.Create(CultureInfo.InvariantCulture, $"{Stopwatch.GetTimestamp()} ") }, null));

    /// <summary>A chunk with this delta.</summary>
    public StreamReply Delta(JsonObject delta) => Chunk(() => Choice((JsonObject)delta.DeepClone(), null));

    /// <summary>The last chunk of the choice.</summary>
    public StreamReply Finish(string reason = "stop") => Chunk(() => Choice([], reason));

    /// <summary>The usage chunk, if the request asked for one.</summary>
    public StreamReply Usage(int prompt, int completion) => Step((request, context) =>
        request.IncludeUsage ? SendAsync(request, context, [], UsageOf(prompt, completion)) : Task.CompletedTask);

    public StreamReply Done() => Raw("data: [DONE]\n\n");

    /// <summary>Exactly these characters.</summary>
    public StreamReply Raw(string text) => Step((_, context) => context.Response.WriteAsync(text, context.RequestAborted));

    /// <summary>Nothing until the gate opens.</summary>
    public StreamReply Wait(Gate gate) => Step((_, context) => gate.PassAsync(context.RequestAborted));

    /// <summary>Nothing for a while: a model that takes its time.</summary>
    public StreamReply Pause(TimeSpan pause) => Step((_, context) => Task.Delay(pause, context.RequestAborted));

    /// <summary>The same chunk until the caller has enough.</summary>
    public StreamReply Endless(string text) => Step(async (request, context) =>
    {
        while (!context.RequestAborted.IsCancellationRequested)
            await SendAsync(request, context, new JsonArray(Choice(new JsonObject { ["content"] = text }, null)), null);
    });

    /// <summary>The connection breaks. What was sent just before may be lost with it, unless a gate lets it arrive first.</summary>
    public StreamReply Cut() => Step((_, context) =>
    {
        context.Abort();
        return Task.CompletedTask;
    });

    internal override async Task SendAsync(RecordedRequest request, HttpContext context)
    {
        if (!request.Stream)
            throw new InvalidOperationException("The script streams, but the request did not ask for a stream.");
        context.Response.ContentType = "text/event-stream";
        await context.Response.Body.FlushAsync(context.RequestAborted);
        foreach (var step in _steps)
        {
            await step(request, context);
            await context.Response.Body.FlushAsync(CancellationToken.None);
        }
    }

    private static JsonObject Choice(JsonObject delta, string? finish) => new() { ["index"] = 0, ["delta"] = delta, ["finish_reason"] = finish };

    private static Task SendAsync(RecordedRequest request, HttpContext context, JsonArray choices, JsonObject? usage)
    {
        var chunk = new JsonObject
        {
            ["id"] = "chatcmpl-fake",
            ["object"] = "chat.completion.chunk",
            ["created"] = 1_767_225_600,
            ["model"] = VersionOf(request.Model),
            ["choices"] = choices,
        };
        if (request.IncludeUsage)
            chunk["usage"] = usage;
        return context.Response.WriteAsync($"data: {chunk.ToJsonString()}\n\n", context.RequestAborted);
    }

    private StreamReply Chunk(Func<JsonObject> choice) => Step((request, context) => SendAsync(request, context, new JsonArray(choice()), null));

    private StreamReply Step(Func<RecordedRequest, HttpContext, Task> step)
    {
        _steps.Add(step);
        return this;
    }
}
