using System.Net.ServerSentEvents;
using System.Text.Json;
using Agents.Inference.Completions;
using Agents.Inference.Deployments;
using Agents.Inference.Resilience;

namespace Agents.Inference.Providers.OpenAi;

/// <summary>One answer on its way in, read document by document. Disposal drops the connection, which ends the provider's work.</summary>
internal sealed class UpstreamAnswer(HttpResponseMessage response, ChatRequest request, Deployment deployment, Deadline deadline) : IAnswer
{
    private BoundedStream? _body;
    private IAsyncEnumerator<SseItem<AnswerDocument?>>? _events;
    private int _finished;

    public AnswerDocument Current { get; private set; }

    /// <summary>Reads the first document.</summary>
    /// <exception cref="ProviderException">The answer is broken, late, empty or too long.</exception>
    public async Task BeginAsync()
    {
        _body = new BoundedStream(await response.Content.ReadAsStreamAsync(deadline.Token), deployment.MaxOutputBytes);
        if (!request.Stream)
        {
            Current = await WholeAsync(_body);
            return;
        }
        _events = SseParser.Create(_body, (_, data) => Parse(data)).EnumerateAsync(deadline.Token).GetAsyncEnumerator(deadline.Token);
        if (!await ReadAsync(_events.MoveNextAsync()))
            throw UpstreamErrors.Empty();
    }

    /// <summary>On to the next document. The provider must not be silent for too long.</summary>
    /// <exception cref="ProviderException">The answer is broken, late, too long or cut off.</exception>
    public ValueTask<bool> MoveNextAsync()
    {
        if (_events is null)
            return new ValueTask<bool>(false);
        var next = _events.MoveNextAsync();
        if (!next.IsCompletedSuccessfully)
            return ReadAsync(next);
        // What has arrived already is handed on at once, so that the caller knows when there is nothing to wait for.
        var moved = next.Result;
        if (!moved || _events.Current.Data is not { IsError: false } document)
            return LandAsync(moved);
        Take(document);
        return new ValueTask<bool>(true);
    }

    public async ValueTask DisposeAsync()
    {
        if (_events is not null)
            await _events.DisposeAsync();
        if (_body is not null)
            await _body.DisposeAsync();
        response.Dispose();
    }

    private async ValueTask<bool> ReadAsync(ValueTask<bool> next)
    {
        deadline.Expect(Current.Json.IsEmpty ? deployment.FirstTokenTimeout : deployment.BetweenTokensTimeout);
        try
        {
            return Land(await next);
        }
        catch (Exception exception) when (UpstreamErrors.From(exception, deadline) is { } failure)
        {
            throw failure;
        }
        finally
        {
            // A client that reads slowly is not the provider's silence.
            deadline.Rest();
        }
    }

    // Asynchronous only so that a failure comes with the result.
    private async ValueTask<bool> LandAsync(bool moved) => await new ValueTask<bool>(Land(moved));

    private bool Land(bool moved)
    {
        // Most providers end with [DONE]; one that ends its stream cleanly after finishing every choice has said all the same.
        if (!moved)
            return Current.Json.IsEmpty || _finished < request.Choices ? throw UpstreamErrors.Cut() : false;
        if (_events!.Current.Data is not { } document)
            return false;
        if (document.IsError)
            throw UpstreamErrors.InStream();
        Take(document);
        return true;
    }

    private void Take(AnswerDocument document)
    {
        _finished += document.Finished;
        Current = document;
    }

    // The parser's bytes are gone once it goes on, so each document gets its own.
    private static AnswerDocument? Parse(ReadOnlySpan<byte> data)
    {
        if (data.SequenceEqual("[DONE]"u8))
            return null;
        if (data.IndexOfAny((byte)'\n', (byte)'\r') < 0)
            return AnswerDocument.Read(data.ToArray());
        // A line break would end the frame on its way out.
        using var document = StrictJson.Parse(data.ToArray());
        return AnswerDocument.Read(JsonSerializer.SerializeToUtf8Bytes(document));
    }

    private async Task<AnswerDocument> WholeAsync(Stream body)
    {
        var length = response.Content.Headers.ContentLength;
        using var bytes = new MemoryStream((int)Math.Clamp(length ?? 4_096, 0, deployment.MaxOutputBytes));
        await body.CopyToAsync(bytes, deadline.Token);
        if (bytes.Length == 0)
            throw UpstreamErrors.Empty();
        var document = AnswerDocument.Read(bytes.GetBuffer().AsMemory(0, (int)bytes.Length));
        return document.Choices > 0 ? document : throw UpstreamErrors.Empty();
    }
}
