using System.Text.Json.Nodes;

namespace Agents.Testing.Requests;

/// <summary>One of everything that a tenant can have, and a word that stands in all of it and nowhere else.</summary>
internal sealed class Belongings
{
    public required ApiClient Owner { get; init; }

    public required string Word { get; init; }

    public required string Tenant { get; init; }

    public required string Collection { get; init; }

    public required string Document { get; init; }

    public required string Agent { get; init; }

    public required string Session { get; init; }

    public required string Turn { get; init; }

    public required string Event { get; init; }

    public required string Escalation { get; init; }

    public required string Key { get; init; }

    public required string Secret { get; init; }

    public required string SecretText { get; init; }

    public required string Budget { get; init; }

    public required string Job { get; init; }

    public required string Delivery { get; init; }

    public required string Alert { get; init; }

    public required string TestSet { get; init; }

    public required string Evaluation { get; init; }

    public required string Dataset { get; init; }

    public string Question => $"What is the secret of {Word}?";

    /// <summary>What nobody else may ever be told.</summary>
    public IEnumerable<string> Hidden => [Word, Tenant, Collection, Document, Agent, Session, Turn, Escalation, Key, Secret, SecretText, Budget, Job, Delivery, Alert, TestSet, Evaluation, Dataset];

    /// <summary>Real paths by the beginning of their template.</summary>
    public IReadOnlyDictionary<string, string> Paths => new Dictionary<string, string>
    {
        ["/v1/escalations/{id}"] = $"/v1/escalations/{Escalation}",
        ["/v1/webhooks/secrets/{id}"] = $"/v1/webhooks/secrets/{Secret}",
        ["/v1/sessions/{id}/turns/{turn}"] = $"/v1/sessions/{Session}/turns/{Turn}",
        ["/v1/sessions/{id}"] = $"/v1/sessions/{Session}",
        ["/v1/agents/{id}/versions/{version}"] = $"/v1/agents/{Agent}/versions/1",
        ["/v1/agents/{id}"] = $"/v1/agents/{Agent}",
        ["/v1/keys/{id}"] = $"/v1/keys/{Key}",
        ["/v1/tenants/{id}"] = $"/v1/tenants/{Tenant}",
        ["/v1/collections/{id}/documents/{document}"] = $"/v1/collections/{Collection}/documents/{Document}",
        ["/v1/collections/{id}"] = $"/v1/collections/{Collection}",
        ["/v1/budgets/{id}"] = $"/v1/budgets/{Budget}",
        ["/v1/jobs/{id}"] = $"/v1/jobs/{Job}",
        ["/v1/alerts/{id}"] = $"/v1/alerts/{Alert}",
        ["/v1/evaluations/sets/{id}"] = $"/v1/evaluations/sets/{TestSet}",
        ["/v1/evaluations/{id}"] = $"/v1/evaluations/{Evaluation}",
        ["/v1/datasets/{id}"] = $"/v1/datasets/{Dataset}",
        ["/v1/dead-letters/{id}"] = $"/v1/dead-letters/{Job}",
        ["/v1/webhooks/deliveries/{id}"] = $"/v1/webhooks/deliveries/{Delivery}",
        // Of the installation, not of any tenant.
        ["/v1/jobs/lanes/{lane}"] = "/v1/jobs/lanes/standard",
        ["/v1/jobs/rules/{id}"] = "/v1/jobs/rules/jobrule_0",
        ["/v1/deployments/{id}"] = "/v1/deployments/extractive",
        ["/v1/aliases/{id}"] = "/v1/aliases/operators",
    };

    public static async Task<Belongings> MakeAsync(Stack stack, string word, CancellationToken cancellationToken)
    {
        var owner = await stack.NewTenantAsync(cancellationToken);
        // There from an earlier run, or not yet.
        await stack.Operator.TryAsync(HttpMethod.Post, "/v1/aliases", new { id = "operators", targets = new[] { new { deployment = "extractive" } } }, cancellationToken);
        var collection = (await owner.CreateAsync("/v1/collections", new { name = word }, cancellationToken)).Text("id");
        var document = await owner.AddReadyDocumentAsync(collection, $"{word}.md", $"The secret of {word} is a pineapple.", cancellationToken);
        var agent = (await owner.CreateAsync("/v1/agents", new { name = word, instructions = $"Keep {word}." }, cancellationToken)).Text("id");
        var session = await owner.CreateAsync(
            "/v1/sessions", new { agent, user = word, metadata = new Dictionary<string, string> { ["word"] = word }, input = $"What is the secret of {word}?" }, cancellationToken);
        var key = await owner.CreateAsync("/v1/keys", new { name = word, scopes = new[] { "sessions" } }, cancellationToken);
        var secret = (await owner.GetAsync("/v1/webhooks/secrets", cancellationToken)).List("data")[0]!;
        using var lines = new StringContent($$"""{"question": "What is the secret of {{word}}?", "expected_answer": "a pineapple"}""");
        using var answer = await owner.Http.PostAsync($"/v1/evaluations/sets?name={word}", lines, cancellationToken);
        var set = JsonNode.Parse(await answer.Content.ReadAsStringAsync(cancellationToken)).Text("id");
        var (id, turn) = (session.Text("id"), session["turn"].Text("id"));
        var last = "";
        await foreach (var frame in owner.EventsAsync($"/v1/sessions/{id}/turns/{turn}/events", null, cancellationToken))
            last = frame.Id!;
        return new Belongings
        {
            Owner = owner,
            Word = word,
            Tenant = key.Text("tenant"),
            Collection = collection,
            Document = document,
            Agent = agent,
            Session = id,
            Turn = turn,
            Event = last,
            Escalation = (await owner.CreateAsync($"/v1/sessions/{id}/escalate", new { comment = word }, cancellationToken)).Text("id"),
            Key = key.Text("id"),
            Secret = secret.Text("id"),
            SecretText = secret.Text("secret"),
            Budget = (await owner.CreateAsync("/v1/budgets", new { limit_micros = "1000000" }, cancellationToken)).Text("id"),
            Job = (await owner.CreateAsync("/v1/jobs", new { input = $"What is the secret of {word}?" }, cancellationToken)).Text("id"),
            Delivery = (await owner.CreateAsync("/v1/webhooks/test", new { url = "https://nobody.invalid/" }, cancellationToken)).Text("id"),
            Alert = (await owner.CreateAsync("/v1/alerts", new { name = word, figure = "turns", value = 1_000 }, cancellationToken))["rule"].Text("id"),
            TestSet = set,
            Evaluation = (await owner.CreateAsync("/v1/evaluations", new { set, agent, agent_version = 1 }, cancellationToken)).Text("id"),
            Dataset = (await owner.CreateAsync("/v1/datasets", new { name = word, from = TimeProvider.System.GetUtcNow().AddHours(-1) }, cancellationToken)).Text("id"),
        };
    }

    /// <summary>What the owner finds, to be compared before and after.</summary>
    public async Task<string> StateAsync(CancellationToken cancellationToken)
    {
        var parts = new List<JsonNode>();
        foreach (var path in (string[])[
            $"/v1/sessions/{Session}?include=turns", $"/v1/agents/{Agent}/versions", $"/v1/keys/{Key}", $"/v1/escalations/{Escalation}", "/v1/webhooks/secrets",
            $"/v1/collections/{Collection}", $"/v1/collections/{Collection}/documents/{Document}", $"/v1/tenants/{Tenant}", "/v1/sessions", "/v1/agents", "/v1/escalations",
            $"/v1/evaluations/sets/{TestSet}", "/v1/alerts"])
        {
            parts.Add(await Owner.GetAsync(path, cancellationToken));
        }
        return string.Join('\n', parts.Select(part => part.ToJsonString()));
    }
}
