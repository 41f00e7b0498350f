using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using Agents.Local;
using Agents.Testing;

namespace Agents.Torture;

/// <summary>
/// SIGKILLs of two ingesters, a replica that only answers queries, and the runtime, while documents come in and until all are indexed. Afterwards each accepted document must be ready and
/// whole (its first and its last word are found), and found once; what no client was promised may be there, but not by half.
/// </summary>
internal static class IngestRun
{
    private const int MaxKills = 200;
    private const int Ingesters = 2;
    private const int Clients = 4;
    private const int Replaced = 10;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private sealed class IngestStack : Stack
    {
        protected override ValueTask<LocalHostOptions> ConfigureAsync(LocalHostOptions options) =>
            ValueTask.FromResult(options with
            {
                Replicas = new Dictionary<string, int> { ["retrieval"] = Ingesters + 1 },
                ServiceEnvironment = process => process.Name == $"retrieval-{Ingesters}"
                    ? new Dictionary<string, string> { ["Ingestion__Enabled"] = "false" }
                    : new Dictionary<string, string>(),
            });
    }

    /// <returns>Whether all were accepted and none lost, doubled or left half indexed.</returns>
    public static async Task<bool> RunAsync(TortureOptions options, Action<string> say, CancellationToken cancellationToken)
    {
        await using var stack = new IngestStack();
        await stack.InitializeAsync();
        var api = stack.Operator;
        var collection = (await api.CreateAsync("/v1/collections", new { name = "torture" }, cancellationToken)).Text("id");
        var accepted = new ConcurrentDictionary<int, string>();
        using var done = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var kills = KillAsync(stack, options, accepted, say, done.Token);
        var started = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(client => UploadAsync(stack, collection, client, options.Count, accepted, cancellationToken)));
        var uploaded = Stopwatch.GetElapsedTime(started);
        await SettledAsync(api, collection, cancellationToken);
        await done.CancelAsync();
        var killed = await kills;

        started = Stopwatch.GetTimestamp();
        foreach (var child in stack.Host.Services)
            await child.WaitUntilReadyAsync(cancellationToken);
        var settled = await SettledAsync(api, collection, cancellationToken);
        var problems = await CheckAsync(stack, collection, accepted, cancellationToken);
        say(string.Create(CultureInfo.InvariantCulture, $"""
            kills                {killed} (restarts seen: {stack.Host.Services.Sum(child => child.Restarts) + stack.Host.Runtime.Restarts})
            accepted documents   {accepted.Count} of {options.Count}, in {uploaded.TotalSeconds:0} s
            lost                 {problems.Count(problem => problem.Kind == "lost")}
            found twice          {problems.Count(problem => problem.Kind == "twice")}
            half indexed         {problems.Count(problem => problem.Kind == "half")}
            open work left       {!settled}
            checked within       {Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} s after the last kill
            """));
        foreach (var (kind, what) in problems.Take(20))
            say($"  {kind}: {what}");
        return problems.Count == 0 && settled && accepted.Count == options.Count;
    }

    // Every tenth title comes twice, the second time with other content, so that replacing is under fire too.
    private static string Text(int n, int revision) =>
        $"First{n}x{revision} stands at the beginning. " + string.Concat(Enumerable.Range(0, 60).Select(line => $"Line {line} of note {n} says little. ")) + $"Last{n}x{revision} stands at the end.";

    private static int RevisionOf(int n) => n % Replaced == 0 ? 2 : 1;

    private static async Task UploadAsync(Stack stack, string collection, int client, int count, ConcurrentDictionary<int, string> accepted, CancellationToken cancellationToken)
    {
        var api = stack.Operator;
        for (var n = client; n < count; n += Clients)
        {
            for (var revision = 1; revision <= RevisionOf(n); revision++)
                accepted[n] = await PostAsync(api, collection, new { title = $"note {n}", text = Text(n, revision) }, cancellationToken);
        }
    }

    // As a client does that wants its document accepted: again until there is a 202.
    private static async Task<string> PostAsync(ApiClient api, string collection, object document, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                var (status, body) = await api.TryAsync(HttpMethod.Post, $"/v1/collections/{collection}/documents", document, cancellationToken);
                if (status == HttpStatusCode.Accepted)
                    return body.Text("id");
            }
            catch (Exception exception) when (exception is HttpRequestException or IOException or InvalidOperationException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
            {
                // A killed process cuts its connections: that is what the run is about.
            }
            await Task.Delay(200, cancellationToken);
        }
    }

    private static async Task<int> KillAsync(Stack stack, TortureOptions options, ConcurrentDictionary<int, string> accepted, Action<string> say, CancellationToken cancellationToken)
    {
        var random = new Random(options.Seed);
        Local.Processes.Child[] victims = [.. stack.Host.Services.Where(child => child.AppId == "retrieval"), stack.Host.Runtime];
        for (var killed = 0; ; killed++)
        {
            try
            {
                await Task.Delay(random.Next(1_000, 4_000), cancellationToken);
            }
            catch (OperationCanceledException)
            {
                // All documents are indexed.
                return killed;
            }
            if (killed == MaxKills)
                return killed;
            var victim = victims[random.Next(victims.Length)];
            say($"kill {killed + 1,3}: {victim.Name} ({accepted.Count} documents accepted so far)");
            victim.Kill();
        }
    }

    private static async Task<bool> SettledAsync(ApiClient api, string collection, CancellationToken cancellationToken)
    {
        try
        {
            await Eventually.TrueAsync(
                async () =>
                {
                    var (status, body) = await api.TryAsync(HttpMethod.Get, $"/v1/collections/{collection}", null, cancellationToken);
                    return status == HttpStatusCode.OK && body["documents"] is { } counts && counts.Number("queued") + counts.Number("indexing") == 0;
                },
                "everything is indexed", cancellationToken, Patience);
            return true;
        }
        catch (TimeoutException)
        {
            // The verdict says so.
            return false;
        }
    }

    private static async Task<List<(string Kind, string What)>> CheckAsync(
        Stack stack, string collection, ConcurrentDictionary<int, string> accepted, CancellationToken cancellationToken)
    {
        var problems = new List<(string, string)>();
        var api = stack.Operator;
        foreach (var (n, id) in accepted.OrderBy(pair => pair.Key))
        {
            var replica = stack.At("retrieval", n % (Ingesters + 1), stack.Host.ApiKey);
            var found = await CountAsync(replica, collection, id, $"First{n}x{RevisionOf(n)}", cancellationToken);
            var end = await CountAsync(replica, collection, id, $"Last{n}x{RevisionOf(n)}", cancellationToken);
            var old = RevisionOf(n) > 1 ? await CountAsync(replica, collection, id, $"First{n}x1", cancellationToken) : 0;
            if (found == 0 && end == 0)
                problems.Add(("lost", $"{id} is {(await api.TryAsync(HttpMethod.Get, $"/v1/collections/{collection}/documents/{id}", null, cancellationToken)).Body.ToJsonString()}"));
            else if (found > 1 || end > 1)
                problems.Add(("twice", $"{id}: {found} and {end}"));
            else if (found != 1 || end != 1 || old != 0)
                problems.Add(("half", $"{id}: beginning {found}, end {end}, replaced {old}"));
        }
        return problems;
    }

    private static async Task<int> CountAsync(ApiClient api, string collection, string id, string word, CancellationToken cancellationToken) =>
        (await api.CreateAsync($"/v1/collections/{collection}/search", new { query = word, mode = "lexical", limit = 50 }, cancellationToken)).List("data")
            .Count(hit => hit.Text("document_id") == id);
}
