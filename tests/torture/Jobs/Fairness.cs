using System.Globalization;
using System.Text.Json.Nodes;
using Agents.Testing;
using Agents.Testing.FakeModels;

namespace Agents.Torture.Jobs;

/// <summary>A crowd of jobs of one tenant in a narrow lane, and then a single job of another.</summary>
internal static class Fairness
{
    // One of the crowd and one by age in the lane's order, and what the slots were about to take while the job was on its way.
    private const int Bound = 2 + 2;
    private const int AtOnce = 32;

    public static async Task<bool> RunAsync(TortureOptions options, CancellationToken cancellationToken)
    {
        await using var stack = new FrailStack();
        await stack.InitializeAsync();
        return await RunAsync(stack, options.Count, Console.WriteLine, cancellationToken);
    }

    public static async Task<bool> RunAsync(Stack stack, int crowd, Action<string> say, CancellationToken cancellationToken)
    {
        var model = stack.Models.NewModel(Reply.Stream().Pause(TimeSpan.FromMilliseconds(20)).Text("Done.").Finish().Usage(10, 2).Done());
        var (many, single) = (await stack.NewTenantAsync(cancellationToken), await stack.NewTenantAsync(cancellationToken));
        var (theirs, mine) = (await NewAgentAsync(many, model, cancellationToken), await NewAgentAsync(single, model, cancellationToken));
        await Parallel.ForEachAsync(
            Enumerable.Range(0, crowd), new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken },
            async (_, token) => await SubmitAsync(many, theirs, token));
        await Eventually.TrueAsync(
            async () => (await many.GetAsync("/v1/jobs?status=succeeded&limit=5&order=asc", cancellationToken)).List("data").Count > 2, "the crowd is being worked on", cancellationToken);

        var job = await SubmitAsync(single, mine, cancellationToken);

        JsonNode? done = null;
        await Eventually.TrueAsync(
            async () => (done = await single.GetAsync($"/v1/jobs/{job}", cancellationToken)).Text("status") == "succeeded", "the single job is done", cancellationToken);
        var (from, until) = (Time(done, "created_at"), Time(done, "started_at"));
        var (before, waiting) = (0, 0);
        for (string? after = null; ;)
        {
            var page = await many.GetAsync($"/v1/jobs?limit=100{(after is null ? "" : $"&after={after}")}", cancellationToken);
            before += page.List("data").Count(other => other?["started_at"] is not null && Time(other, "started_at") > from && Time(other, "started_at") < until);
            waiting += page.List("data").Count(other => other.Text("status") == "queued");
            if (!page["has_more"]!.GetValue<bool>())
                break;
            after = page.Text("last_id");
        }
        say(string.Create(
            CultureInfo.InvariantCulture,
            $"fairness             of a crowd of {crowd}, {before} were started before it (bound {Bound}); it waited {(until - from).TotalMilliseconds:0} ms, and {waiting} still waited afterwards"));
        return before <= Bound && waiting > 0;
    }

    private static async Task<string> SubmitAsync(ApiClient owner, string agent, CancellationToken cancellationToken) =>
        (await owner.CreateAsync("/v1/jobs", new { agent, input = "Go.", lane = "narrow" }, cancellationToken)).Text("id");

    private static async Task<string> NewAgentAsync(ApiClient owner, string model, CancellationToken cancellationToken) => (await owner.CreateAsync(
        "/v1/agents", new { name = "x", instructions = "x", model, collections = Array.Empty<string>() }, cancellationToken)).Text("id");

    private static DateTimeOffset Time(JsonNode? job, string name) => job![name]!.GetValue<DateTimeOffset>();
}
