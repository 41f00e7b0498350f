using System.Net.Http.Headers;
using Agents.LocalRuntime.Apps;

namespace Agents.LocalRuntime.PubSub;

/// <summary>
/// Delivers the messages of one subscription to one replica of an app: finds the route, posts, reads the answer, and
/// retries as the inbound resiliency policy says. What happens to a failed message afterwards is the broker's business.
/// </summary>
internal sealed partial class Subscriber(
    Subscription subscription, PubSubComponent component, AppChannel app, TimeProvider time, ILogger<Subscriber> log)
{
    /// <summary>Within this time the end of an app's process shows on all of its connections.</summary>
    private static readonly TimeSpan EndOfProcess = TimeSpan.FromMilliseconds(100);

    public Subscription Subscription => subscription;

    public int Concurrency => component.Concurrency;

    /// <summary>The app is there and the broker is not down by fault injection.</summary>
    public bool IsReady => app.IsUp && !component.Gate.IsDown;

    public async ValueTask WaitUntilReadyAsync(CancellationToken cancel)
    {
        while (!IsReady)
        {
            await app.WaitUntilUpAsync(cancel);
            await component.Gate.WaitUntilUpAsync(cancel);
        }
    }

    /// <summary>Delivers one message, with retries.</summary>
    public async Task<Verdict> DeliverAsync(Message message, CancellationToken cancel)
    {
        using var delivery = Delivery.Prepare(message, subscription, time, out var problem);
        if (delivery is null)
        {
            LogDropped(log, subscription.PubSubName, subscription.Topic, problem);
            return Verdict.Dropped;
        }

        try
        {
            var answer = await component.Inbound.RunAsync(
                token => PostAsync(delivery, token), static answer => answer.Failed ? answer.Status : null, null, cancel);
            if (answer.Failed) LogFailed(log, subscription.PubSubName, subscription.Topic, answer.Problem);
            else if (answer.Verdict == Verdict.Dropped) LogDropped(log, subscription.PubSubName, subscription.Topic, answer.Problem);
            return answer.Verdict;
        }
        catch (Exception error) when (error is TimeoutException or Resiliency.CircuitOpenException)
        {
            LogFailed(log, subscription.PubSubName, subscription.Topic, error.Message);
            return Verdict.Failed;
        }
    }

    /// <summary>Delivers a batch to the routes its messages take; each message gets its own verdict.</summary>
    public async Task<Verdict[]> DeliverBulkAsync(IReadOnlyList<Message> messages, CancellationToken cancel)
    {
        var verdicts = new Verdict[messages.Count];
        var entries = new List<BulkEntry>();
        for (var i = 0; i < messages.Count; i++)
        {
            if (Delivery.Prepare(messages[i], subscription, time, out var problem) is { } delivery)
            {
                entries.Add(new(i, Guid.CreateVersion7().ToString(), delivery));
            }
            else
            {
                LogDropped(log, subscription.PubSubName, subscription.Topic, problem);
                verdicts[i] = Verdict.Dropped;
            }
        }

        foreach (var group in entries.GroupBy(entry => entry.Delivery.Path))
            await DeliverGroupAsync(group.Key, group.ToList(), verdicts, cancel);
        foreach (var entry in entries) entry.Delivery.Dispose();
        return verdicts;
    }

    private async Task DeliverGroupAsync(string path, List<BulkEntry> entries, Verdict[] verdicts, CancellationToken cancel)
    {
        // A retry sends what is still open; the others have their verdict.
        var open = entries;
        foreach (var entry in entries) verdicts[entry.Index] = Verdict.Failed;
        try
        {
            await component.Inbound.RunAsync(
                async token =>
                {
                    var answer = await PostBulkAsync(path, open, token);
                    foreach (var entry in open) verdicts[entry.Index] = answer.VerdictOf(entry.Id);
                    open = open.Where(entry => verdicts[entry.Index] == Verdict.Failed).ToList();
                    return open.Count > 0 ? answer.Status : (int?)null;
                },
                static status => status,
                null,
                cancel);
        }
        catch (Exception error) when (error is TimeoutException or Resiliency.CircuitOpenException)
        {
            LogFailed(log, subscription.PubSubName, subscription.Topic, error.Message);
            return;
        }

        if (open.Count > 0) LogFailed(log, subscription.PubSubName, subscription.Topic, $"{open.Count} of {entries.Count} entries");
    }

    private async Task<AppAnswer> PostAsync(Delivery delivery, CancellationToken cancel)
    {
        using var content = new ByteArrayContent(delivery.Body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/cloudevents+json");
        using var span = DeliverySpan.Begin(delivery.TraceParent, subscription);
        using var request = Request(delivery.Path, content, span);
        foreach (var (name, value) in delivery.Message.Metadata)
        {
            // A control character would break the request; such metadata stays behind.
            if (!value.Any(char.IsControl)) request.Headers.TryAddWithoutValidation(name, value);
        }

        var answer = await SendAsync(request, AppAnswer.ReadAsync, AppAnswer.Unreachable, AppAnswer.Broken, cancel);
        if (answer.Verdict != Verdict.Done) span.Fail(answer.Problem);
        return answer;
    }

    private async Task<BulkAnswer> PostBulkAsync(string path, List<BulkEntry> entries, CancellationToken cancel)
    {
        using var content = new ByteArrayContent(BulkEntry.Envelope(entries, subscription));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var span = DeliverySpan.Begin(entries[0].Delivery.TraceParent, subscription);
        using var request = Request(path, content, span);
        return await SendAsync(request, BulkAnswer.ReadAsync, BulkAnswer.Unreachable, BulkAnswer.Broken, cancel);
    }

    private HttpRequestMessage Request(string path, HttpContent content, DeliverySpan span)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, app.Address + path) { Content = content };
        request.Headers.TryAddWithoutValidation("pubsubName", subscription.PubSubName);
        if (span.TraceParent is not null) request.Headers.TryAddWithoutValidation("traceparent", span.TraceParent);
        return request;
    }

    private async Task<T> SendAsync<T>(
        HttpRequestMessage request, Func<HttpResponseMessage, CancellationToken, Task<T>> read, T unreachable, T broken, CancellationToken cancel)
    {
        using var slot = await app.EnterAsync(cancel);
        var farewells = app.Farewells;
        try
        {
            using var response = await app.SendAsync(request, cancel);
            return await read(response, cancel);
        }
        catch (HttpRequestException error) when (AppChannel.IsConnectFailure(error))
        {
            return unreachable;
        }
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            // The app died, perhaps to be back at once (no attempt), or it broke off this one request (a failure).
            await Task.Delay(EndOfProcess, time, cancel);
            if (app.Farewells == farewells && await app.AcceptsConnectionsAsync(cancel)) return broken;
            app.ReportGone();
            return unreachable;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Delivery of a message of {PubSub}/{Topic} failed: {Problem}")]
    private static partial void LogFailed(ILogger logger, string pubSub, string topic, string problem);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A message of {PubSub}/{Topic} was dropped: {Problem}")]
    private static partial void LogDropped(ILogger logger, string pubSub, string topic, string problem);
}
