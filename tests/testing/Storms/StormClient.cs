using System.Net;

namespace Agents.Testing.Storms;

/// <summary>A user who asks, streams, and when cut off asks any replica for the rest.</summary>
internal sealed class StormClient(Stack stack, string agent, StormLedger ledger, Random random)
{
    public const int TurnsPerSession = 5;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly IReadOnlyList<ApiClient> _replicas =
        [.. stack.Host.Services.Where(child => child.AppId == "conversation").Select(child => stack.At("conversation", child.Replica, stack.Host.ApiKey))];

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Patience * TurnsPerSession);
        var session = await OpenAsync(limit.Token);
        ledger.Active[session] = true;
        for (var n = 0; n < TurnsPerSession; n++)
        {
            ledger.Sessions.AddOrUpdate(session, 1, (_, asked) => asked + 1);
            await AskAsync(session, limit.Token);
        }
        ledger.Active.TryRemove(session, out _);
    }

    private async Task<string> OpenAsync(CancellationToken cancellationToken)
    {
        var key = Guid.CreateVersion7().ToString();
        while (true)
        {
            try
            {
                using var request = Post("/v1/sessions", new { agent, ttl_seconds = 86_400 }, key);
                using var response = await Any().Http.SendAsync(request, cancellationToken);
                if (response.StatusCode == HttpStatusCode.Created)
                    return (await response.JsonAsync(cancellationToken)).Text("id");
                await JudgeAsync(response, cancellationToken);
            }
            catch (Exception exception) when (IsCut(exception, cancellationToken))
            {
                // Tried again under the same key.
            }
            await Task.Delay(200, cancellationToken);
        }
    }

    private async Task AskAsync(string session, CancellationToken cancellationToken)
    {
        var key = Guid.CreateVersion7().ToString();
        SeenTurn? seen = null;
        while (seen is null)
        {
            try
            {
                using var request = Post($"/v1/sessions/{session}/turns", new { input = "When was the lighthouse built?", stream = true }, key);
                using var response = await Any().Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
                if (response.StatusCode != HttpStatusCode.OK)
                    await JudgeAsync(response, cancellationToken);
                else
                    await ReadAsync(response, frame => Note(seen ??= Begin(session, frame), frame), cancellationToken);
            }
            catch (Exception exception) when (IsCut(exception, cancellationToken))
            {
                // Without a first event the question is asked again under the same key; else the rest is asked for below.
            }
            if (seen is null)
                await Task.Delay(200, cancellationToken);
        }
        while (!seen.Ended)
            await ResumeAsync(seen, cancellationToken);
    }

    private async Task ResumeAsync(SeenTurn seen, CancellationToken cancellationToken)
    {
        seen.Resumes++;
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/sessions/{seen.Session}/turns/{seen.Turn}/events");
            if (seen.LastId is { } last)
                request.Headers.Add("Last-Event-ID", last);
            // A replica may stand still: whoever hears nothing for a while asks another one.
            using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            silence.CancelAfter(TimeSpan.FromSeconds(4));
            using var response = await Any().Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, silence.Token);
            if (response.StatusCode != HttpStatusCode.OK)
                await JudgeAsync(response, silence.Token);
            else
                await ReadAsync(response, frame => Note(seen, frame), silence.Token, () => silence.CancelAfter(TimeSpan.FromSeconds(4)));
        }
        catch (Exception exception) when (IsCut(exception, cancellationToken))
        {
            // The next attempt goes on from the last event.
        }
        if (!seen.Ended)
            await Task.Delay(50, cancellationToken);
    }

    private void Note(SeenTurn seen, Frame frame)
    {
        seen.Add(frame);
        ledger.Sign(seen, frame.Event == "turn.restarted");
    }

    private SeenTurn Begin(string session, Frame frame) =>
        ledger.Turns.GetOrAdd(frame.Data.Text("turn_id"), turn => new SeenTurn(session, turn));

    private static async Task ReadAsync(HttpResponseMessage response, Action<Frame> note, CancellationToken cancellationToken, Action? alive = null)
    {
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        await foreach (var item in System.Net.ServerSentEvents.SseParser.Create(stream).EnumerateAsync(cancellationToken))
        {
            alive?.Invoke();
            note(new Frame(item.EventType, item.EventId, System.Text.Json.Nodes.JsonNode.Parse(item.Data)!));
        }
    }

    private async Task JudgeAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.StatusCode is HttpStatusCode.Conflict or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout)
            return;
        ledger.Unclear.Enqueue($"{response.RequestMessage?.RequestUri?.PathAndQuery}: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync(cancellationToken)}");
    }

    private ApiClient Any() => _replicas[random.Next(_replicas.Count)];

    private static HttpRequestMessage Post(string path, object body, string key)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body) };
        request.Headers.Add("Idempotency-Key", key);
        return request;
    }

    private static bool IsCut(Exception exception, CancellationToken cancellationToken) =>
        exception is HttpRequestException or IOException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested);
}
