using System.Net;
using System.Text.Json.Nodes;
using Agents.Testing;

namespace Agents.Torture;

/// <summary>What the comparison of promises and facts found.</summary>
internal sealed class Verdict
{
    public int LostDocuments { get; set; }

    public int DoubledDocuments { get; set; }

    public int LostSessions { get; set; }

    /// <summary>Jobs that did not succeed.</summary>
    public int LostJobs { get; set; }

    public int Turns { get; set; }

    public int Completed { get; set; }

    public int Failed { get; set; }

    public int Vanished { get; set; }

    public int Repeated { get; set; }

    public int NotRepeatable { get; set; }

    public List<string> Problems { get; } = [];

    public bool Good => LostDocuments + DoubledDocuments + LostSessions + LostJobs + Vanished + NotRepeatable == 0;
}

/// <summary>Compares the clients' ledger with what the product says.</summary>
internal static class Checker
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static async Task<Verdict> CheckAsync(ApiClient api, string collection, ClientLedger ledger, CancellationToken cancellationToken)
    {
        var verdict = new Verdict();
        await DocumentsAsync(api, collection, ledger, verdict, cancellationToken);
        foreach (var session in ledger.Sessions.Keys)
            await SessionAsync(api, session, ledger, verdict, cancellationToken);
        foreach (var job in ledger.Jobs.Keys)
            await JobAsync(api, job, verdict, cancellationToken);
        return verdict;
    }

    private static async Task JobAsync(ApiClient api, string job, Verdict verdict, CancellationToken cancellationToken)
    {
        var status = "";
        var ended = await BecomesAsync(
            async () => (status = (await api.GetAsync($"/v1/jobs/{job}", cancellationToken)).Text("status")) is not ("queued" or "running"), cancellationToken);
        if (ended && status == "succeeded")
            return;
        verdict.LostJobs++;
        verdict.Problems.Add($"job {job} is {status}");
    }

    private static async Task DocumentsAsync(ApiClient api, string collection, ClientLedger ledger, Verdict verdict, CancellationToken cancellationToken)
    {
        foreach (var (id, title) in ledger.Documents)
        {
            if (await BecomesAsync(async () => (await api.GetAsync($"/v1/collections/{collection}/documents/{id}", cancellationToken)).Text("status") == "ready", cancellationToken))
            {
                var mine = 0;
                if (await BecomesAsync(async () => (mine = await FoundAsync(api, collection, title, cancellationToken)) == 1, cancellationToken))
                    continue;
                if (mine > 1)
                    verdict.DoubledDocuments++;
                else
                    verdict.LostDocuments++;
                verdict.Problems.Add($"document {id} '{title}' is found {mine} times");
            }
            else
            {
                verdict.LostDocuments++;
                verdict.Problems.Add($"document {id} '{title}' is not ready");
            }
        }
    }

    private static async Task<int> FoundAsync(ApiClient api, string collection, string title, CancellationToken cancellationToken) =>
        (await api.CreateAsync($"/v1/collections/{collection}/search", new { query = $"buoy {title}", limit = 50 }, cancellationToken))
            .List("data").Count(hit => hit.Text("title") == title);

    private static async Task SessionAsync(ApiClient api, string session, ClientLedger ledger, Verdict verdict, CancellationToken cancellationToken)
    {
        IEnumerable<string> listed = [];
        if (!await BecomesAsync(
            async () =>
            {
                listed = (await api.GetAsync($"/v1/sessions/{session}/turns?limit=100", cancellationToken)).List("data").Select(turn => turn.Text("id"));
                return true;
            },
            cancellationToken))
        {
            verdict.LostSessions++;
            verdict.Problems.Add($"session {session} is not there");
            return;
        }
        var known = ledger.Turns.Where(turn => turn.Value == session).Select(turn => turn.Key).ToHashSet();
        var retry = false;
        foreach (var turn in known.Union(listed))
        {
            verdict.Turns++;
            JsonNode? found = null;
            if (!await BecomesAsync(async () => (found = await api.GetAsync($"/v1/sessions/{session}/turns/{turn}", cancellationToken)).Text("status") != "running", cancellationToken))
            {
                verdict.Vanished++;
                verdict.Problems.Add($"turn {turn} of {session} is not ended");
            }
            else if (found.Text("status") == "completed")
            {
                verdict.Completed++;
            }
            else
            {
                verdict.Failed++;
                retry = true;
            }
        }
        if (!retry)
            return;
        verdict.Repeated++;
        var again = HttpStatusCode.ServiceUnavailable;
        JsonNode body = new JsonObject();
        if (!await BecomesAsync(
            async () =>
            {
                (again, body) = await api.TryAsync(HttpMethod.Post, $"/v1/sessions/{session}/turns", new { input = "How often does the lamp turn?" }, cancellationToken);
                return again == HttpStatusCode.OK;
            },
            cancellationToken))
        {
            verdict.NotRepeatable++;
            verdict.Problems.Add($"a repetition in {session}: {(int)again} {body.ToJsonString()}");
        }
    }

    private static async Task<bool> BecomesAsync(Func<Task<bool>> condition, CancellationToken cancellationToken)
    {
        try
        {
            await Eventually.TrueAsync(async () => await TrueOrAwayAsync(condition), "", cancellationToken, Patience);
            return true;
        }
        catch (TimeoutException)
        {
            // The verdict counts it.
            return false;
        }
    }

    private static async Task<bool> TrueOrAwayAsync(Func<Task<bool>> condition)
    {
        try
        {
            return await condition();
        }
        catch (Exception exception) when (exception is InvalidOperationException or HttpRequestException or IOException or TaskCanceledException)
        {
            // Not found, or not answered: it may still come, within the patience.
            return false;
        }
    }
}
