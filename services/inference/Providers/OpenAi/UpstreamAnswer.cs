using System.ClientModel.Primitives;
using System.Net.ServerSentEvents;
using System.Text.Json.Nodes;
using Agents.Inference.Completions;
using Agents.Inference.Models;

namespace Agents.Inference.Providers.OpenAi;

/// <summary>One answer on its way in, read document by document. Disposal drops the connection, which ends the provider's work.</summary>
internal sealed class UpstreamAnswer : IAsyncDisposable
{
    private readonly PipelineResponse _response;
    private readonly ModelOptions _model;
    private readonly Watchdog _watchdog;
    private readonly BoundedStream _body;
    private readonly IAsyncEnumerator<JsonObject> _documents;

    public UpstreamAnswer(PipelineResponse response, ChatRequest request, ModelOptions model, Watchdog watchdog)
    {
        (_response, _model, _watchdog) = (response, model, watchdog);
        _body = new BoundedStream(response.ContentStream ?? Stream.Null, model.MaxOutputBytes);
        _documents = (request.Stream ? StreamedAsync(request.Choices) : WholeAsync()).GetAsyncEnumerator(watchdog.Token);
    }

    /// <summary>The first document, once <see cref="BeginAsync"/> has read it.</summary>
    public JsonObject? First { get; private set; }

    /// <summary>Reads the first document.</summary>
    /// <exception cref="ProviderException">The answer is broken, late, empty or too long.</exception>
    public async Task BeginAsync() => First = await NextAsync();

    /// <summary>The next document, or null after the last one. The provider must not be silent for too long.</summary>
    /// <exception cref="ProviderException">The answer is broken, late, too long or cut off.</exception>
    public async ValueTask<JsonObject?> NextInTimeAsync()
    {
        _watchdog.Expect(TimeSpan.FromSeconds(_model.BetweenTokensTimeoutSeconds));
        try
        {
            return await NextAsync();
        }
        finally
        {
            // A client that reads slowly is not the provider's silence.
            _watchdog.Rest();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _documents.DisposeAsync();
        await _body.DisposeAsync();
        _response.Dispose();
    }

    private async ValueTask<JsonObject?> NextAsync()
    {
        try
        {
            return await _documents.MoveNextAsync() ? _documents.Current : null;
        }
        catch (Exception exception) when (UpstreamErrors.From(exception, _watchdog) is { } failure)
        {
            throw failure;
        }
    }

    private async IAsyncEnumerable<JsonObject> WholeAsync()
    {
        using var bytes = new MemoryStream();
        await _body.CopyToAsync(bytes, _watchdog.Token);
        if (bytes.Length == 0)
            throw UpstreamErrors.Empty();
        var document = StrictJson.Parse(bytes.GetBuffer().AsSpan(0, (int)bytes.Length));
        yield return AnswerDocuments.Choices(document).Any() ? document : throw UpstreamErrors.Empty();
    }

    // Most providers end with [DONE]; one that ends its stream cleanly after finishing every choice has said all the same.
    private async IAsyncEnumerable<JsonObject> StreamedAsync(int choices)
    {
        var (began, finished, done) = (false, 0, false);
        var events = SseParser.Create(_body, (_, data) => data.SequenceEqual("[DONE]"u8) ? null : StrictJson.Parse(data));
        await foreach (var item in events.EnumerateAsync(_watchdog.Token))
        {
            if (item.Data is not { } document)
            {
                done = true;
                break;
            }
            if (document["error"] is not null)
                throw UpstreamErrors.InStream();
            began = true;
            finished += AnswerDocuments.Finished(document);
            yield return document;
        }
        if (!began && done)
            throw UpstreamErrors.Empty();
        if (!done && finished < choices)
            throw UpstreamErrors.Cut();
    }
}
