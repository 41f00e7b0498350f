using System.Globalization;
using System.Net;
using System.Net.ServerSentEvents;
using System.Text.Json;
using System.Text.Json.Nodes;
using Agents.Testing;

namespace Agents.Torture;

/// <summary>A user who uploads, asks, streams and leaves jobs, round after round, and writes down every promise.</summary>
internal sealed class LoadClient(Stack stack, string collection, ClientLedger ledger, int number)
{
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(15);

    /// <summary>Clients that wait in between leave processor time to processes that start anew.</summary>
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(2);

    private readonly ApiClient _api = stack.Operator;

    /// <summary>A round every two seconds, or the next at once where one took longer.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Pace);
        try
        {
            for (var n = 0; await timer.WaitForNextTickAsync(cancellationToken); n++)
                await RoundAsync(n);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The load ends.
        }
    }

    /// <summary>A document, a job, a session, and two turns of it, one of them streamed.</summary>
    public async Task RoundAsync(int n)
    {
        await UploadAsync($"{number}-{n}");
        await SubmitAsync();
        if (await OpenAsync() is not { } session)
            return;
        await StreamAsync(session);
        await AskAsync(session);
    }

    /// <summary>Whether a session with a turn can be had.</summary>
    public static async Task<bool> AnswersAsync(ApiClient api, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(AnswerLimit);
        try
        {
            using var response = await api.Http.PostAsJsonAsync("/v1/sessions", new { input = "When was the lighthouse built?" }, limit.Token);
            return response.StatusCode == HttpStatusCode.Created;
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException || exception is OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            // No answer is an answer too.
            return false;
        }
    }

    private async Task UploadAsync(string title)
    {
        var body = await SendAsync($"/v1/collections/{collection}/documents", new { title, text = $"Note {title} says that buoy {title} is red." });
        if (body is not null)
            ledger.Documents[body.Text("id")] = title;
    }

    private async Task SubmitAsync()
    {
        if (await SendAsync("/v1/jobs", new { kind = "turn", agent = "default", input = "When was the lighthouse built?" }) is { } job)
            ledger.Jobs[job.Text("id")] = true;
    }

    private async Task<string?> OpenAsync()
    {
        var body = await SendAsync("/v1/sessions", new { metadata = new { client = number.ToString(CultureInfo.InvariantCulture) }, ttl_seconds = 86_400 });
        if (body is null)
            return null;
        ledger.Sessions[body.Text("id")] = true;
        return body.Text("id");
    }

    private async Task AskAsync(string session)
    {
        if (await SendAsync($"/v1/sessions/{session}/turns", new { input = "When was the lighthouse built?" }) is { } turn)
            ledger.Turns[turn.Text("id")] = session;
    }

    private async Task StreamAsync(string session)
    {
        var ended = false;
        var begun = false;
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"/v1/sessions/{session}/turns")
            {
                Content = JsonContent.Create(new { input = "How often does the lamp turn?", stream = true }),
            };
            using var response = await _api.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, CancellationToken.None);
            if (response.StatusCode != HttpStatusCode.OK)
            {
                Judge(response.StatusCode, await response.Content.ReadAsStringAsync(CancellationToken.None), "stream");
                return;
            }
            await using var body = await response.Content.ReadAsStreamAsync(CancellationToken.None);
            await foreach (var frame in SseParser.Create(body).EnumerateAsync(CancellationToken.None))
            {
                begun = true;
                ledger.Turns[JsonNode.Parse(frame.Data).Text("turn_id")] = session;
                ended = frame.EventType is "turn.completed" or "turn.failed";
            }
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or TaskCanceledException)
        {
            // A killed replica cuts its connections: that is what the run is about.
            ledger.CountBroken();
        }
        if (begun && !ended)
            ledger.CountCut();
    }

    private async Task<JsonNode?> SendAsync(string path, object body)
    {
        try
        {
            using var response = await _api.Http.PostAsJsonAsync(path, body, CancellationToken.None);
            var text = await response.Content.ReadAsStringAsync(CancellationToken.None);
            if (response.StatusCode is HttpStatusCode.OK or HttpStatusCode.Created or HttpStatusCode.Accepted)
                return JsonNode.Parse(text);
            Judge(response.StatusCode, text, path);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or TaskCanceledException)
        {
            // As above.
            ledger.CountBroken();
        }
        return null;
    }

    private void Judge(HttpStatusCode status, string body, string what)
    {
        if ((int)status is (>= 400 and < 500) or 502 or 503 or 504 && IsProblem(body))
            ledger.CountRefused();
        else
            ledger.Unclear.Enqueue($"{what}: {(int)status} {body}");
    }

    private static bool IsProblem(string body)
    {
        try
        {
            return JsonNode.Parse(body)?["detail"]?.GetValue<string>().Length > 10;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
