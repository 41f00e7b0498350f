using System.Buffers;
using Agents.Inference.Calls;
using Agents.Inference.Providers;
using Agents.Inference.Resilience;

namespace Agents.Inference.Completions;

/// <summary>
/// Passes a provider's chunks on as they come, those that came together in one go. Usage is taken out of them and sent once, at the
/// end, to clients that asked for it. After the first byte a failure is an error frame, and <c>[DONE]</c> is missing.
/// </summary>
internal static class StreamedAnswer
{
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(10);

    /// <param name="answer">Stands on its first chunk, so that what fails before it still gets a status of its own.</param>
    /// <param name="kept">Takes a copy of each frame, for the cache; null when nothing is kept.</param>
    public static async Task SendAsync(
        RoutedAnswer answer, ChatRequest request, Call call, EventStream events, List<ReadOnlyMemory<byte>>? kept, TimeProvider time,
        CancellationToken cancellationToken)
    {
        events.Begin();
        try
        {
            var frame = ReadOnlyMemory<byte>.Empty;
            while (true)
            {
                var document = answer.Current;
                call.Observe(document);
                if (!document.HasUsage || document.Choices > 0)
                    frame = Write(document, request, events, kept);
                var next = answer.MoveNextAsync();
                if (!next.IsCompleted)
                {
                    // Nothing more has arrived: what has, goes out now.
                    await events.FlushAsync(cancellationToken);
                    if (!await NextAsync(next, events, time))
                        break;
                }
                else if (!await next)
                {
                    break;
                }
            }
            if (request.IncludeUsage)
                events.Write(UsageChunk(frame, call.UsageJson()));
            events.WriteDone();
            call.Succeed();
        }
        catch (ProviderException failure)
        {
            call.Fail(failure.Problem.Code);
            events.WriteError(failure.Problem);
        }
        await events.FlushAsync(cancellationToken);
    }

    /// <summary>A chunk that carries usage alone, with the head of another one.</summary>
    public static ReadOnlyMemory<byte> UsageChunk(ReadOnlyMemory<byte> frame, ReadOnlyMemory<byte> usage)
    {
        var output = new ArrayBufferWriter<byte>(usage.Length + 256);
        output.Write("{"u8);
        if (!frame.IsEmpty)
        {
            using var document = System.Text.Json.JsonDocument.Parse(frame);
            foreach (var member in document.RootElement.EnumerateObject())
            {
                if (!member.NameEquals("id"u8) && !member.NameEquals("created"u8) && !member.NameEquals("model"u8))
                    continue;
                output.Write("\""u8);
                output.Write(System.Runtime.InteropServices.JsonMarshal.GetRawUtf8PropertyName(member));
                output.Write("\":"u8);
                output.Write(System.Runtime.InteropServices.JsonMarshal.GetRawUtf8Value(member.Value));
                output.Write(","u8);
            }
        }
        output.Write("\"object\":\"chat.completion.chunk\",\"choices\":[],\"usage\":"u8);
        output.Write(usage.Span);
        output.Write("}"u8);
        return output.WrittenMemory;
    }

    private static ReadOnlyMemory<byte> Write(in AnswerDocument document, ChatRequest request, EventStream events, List<ReadOnlyMemory<byte>>? kept)
    {
        // A null is what OpenAI sends in every chunk but the last to those who asked.
        var (before, after) = request.IncludeUsage && !document.HasUsage ? (document.Json, default) : document.WithoutUsage();
        events.Write(before, after);
        if (kept is null && !request.IncludeUsage)
            return default;
        ReadOnlyMemory<byte> frame = after.IsEmpty ? before : (byte[])[.. before.Span, .. after.Span];
        kept?.Add(frame);
        return frame;
    }

    private static async Task<bool> NextAsync(ValueTask<bool> pending, EventStream events, TimeProvider time)
    {
        var next = pending.AsTask();
        while (true)
        {
            try
            {
                return await next.WaitAsync(KeepAlive, time);
            }
            catch (TimeoutException) when (!next.IsCompleted)
            {
                // Not cancelled with the client: the chunk under way has to be awaited in any case, and it ends then by itself.
                events.WriteKeepAlive();
                await events.FlushAsync(CancellationToken.None);
            }
        }
    }
}
