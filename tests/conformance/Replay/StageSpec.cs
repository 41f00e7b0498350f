using Agents.Conformance.Processes;

namespace Agents.Conformance.Replay;

/// <summary>The set-up in which a part of the transcripts was recorded.</summary>
/// <param name="Name">Stages of the same name follow each other without a restart.</param>
/// <param name="Sidecars">App ids, each with the name its app has in the transcripts, or null for none.</param>
/// <param name="StartApps">Whether the apps run before the sidecars do.</param>
/// <param name="Extra">Lines for the app's entry in the run file.</param>
/// <param name="Prepare">Writes the resources.</param>
internal sealed record StageSpec(
    string Name, IReadOnlyDictionary<string, string?> Sidecars, bool StartApps, string Extra, Action<Workplace> Prepare)
{
    private static readonly StageSpec Pair = new(
        "pair", new Dictionary<string, string?> { ["alpha"] = "alpha", ["beta"] = "beta" }, true, "  env:\n    GOLD_ONE: env-value-1\n    GOLD_TWO: env-value-2\n", AddEverything);

    public static StageSpec For(string file, string caseId) => file.StartsWith("actors", StringComparison.Ordinal) ? Pair with { Name = file } : file != "lifecycle" ? Pair : caseId.Split('-')[0] switch
    {
        "app" when caseId.StartsWith("app-token", StringComparison.Ordinal) => Tokens,
        "api" => Tokens,
        "apphealth" => Gamma("health", "  enableAppHealthCheck: true\n  appHealthProbeInterval: 1\n  appHealthProbeTimeout: 400\n  appHealthThreshold: 2\n"),
        "max" => Gamma("concurrency", ""),
        "resiliency" => Gamma("resiliency", "", AddResiliency),
        "no" => new("delta", NoApp, false, "", place =>
        {
            AddMemory(place);
            AddDeclarative(place, "g", "pubsubmem", "/sub/ok");
        }),
        "empty" => new("empty", NoApp, false, "", _ => { }),
        _ => Gamma("plain", "", startApps: false),
    };

    private static Dictionary<string, string?> NoApp => new() { ["delta"] = null };

    private static StageSpec Tokens => Gamma("tokens", "  env:\n    DAPR_API_TOKEN: s3cret\n    APP_API_TOKEN: apptok\n");

    private static StageSpec Gamma(string name, string extra, Action<Workplace>? more = null, bool startApps = true) =>
        new(name, new Dictionary<string, string?> { ["gamma"] = "alpha" }, startApps, extra, place =>
        {
            AddMemory(place, ("actorStateStore", "true"));
            AddDeclarative(place, "g", "pubsubmem", "/sub/ok");
            more?.Invoke(place);
        });

    private static void AddMemory(Workplace place, params (string, string)[] metadata)
    {
        place.AddComponent("statemem", "state.in-memory", metadata);
        place.AddComponent("pubsubmem", "pubsub.in-memory");
    }

    private static void AddEverything(Workplace place)
    {
        AddMemory(place);
        place.AddComponent("statesql", "state.sqlite", ("connectionString", place.PathTo("state.db")), ("actorStateStore", "true"));
        place.AddComponent("pubsub", "pubsub.sqlite", ("connectionString", place.PathTo("messages.db")));
        File.WriteAllText(place.PathTo("secrets.json"), """{"plain":"value1","nested":{"user":"u1","pass":{"deep":"d1"}},"num":5,"list":["a","b"],"dotted.key":"dk"}""");
        File.WriteAllText(place.PathTo("multi.json"), """{"plain":"value1","nested":{"user":"u1","pass":{"deep":"d1"}},"dotted.key":"dk"}""");
        place.AddComponent("secretfile", "secretstores.local.file", ("secretsFile", place.PathTo("secrets.json")));
        place.AddComponent("secretmulti", "secretstores.local.file", ("secretsFile", place.PathTo("multi.json")), ("multiValued", "true"));
        place.AddComponent("secretenv", "secretstores.local.env", ("prefix", "GOLD_"));
        place.AddResource("d-v1", Subscription("v1alpha1", "d-v1", "pubsub", "  route: /sub/decl1\n"));
        place.AddResource("d-v2", Subscription("v2alpha1", "d-v2", "pubsub",
            "  routes:\n    rules:\n    - match: event.type == \"order.v2\"\n      path: /sub/decl2-v2\n    default: /sub/decl2\n  deadLetterTopic: t-dl-dead\n"));
        place.AddResource("d-w", Subscription("v2alpha1", "d-bulk", "pubsub",
            "  routes:\n    default: /sub/bulk\n  bulkSubscribe:\n    enabled: true\n    maxMessagesCount: 5\n    maxAwaitDurationMs: 500\n"));
    }

    private static void AddDeclarative(Workplace place, string topic, string pubsub, string route) =>
        place.AddResource("sub-" + topic, Subscription("v2alpha1", topic, pubsub, $"  routes:\n    default: {route}\n", scope: null));

    private static string Subscription(string version, string topic, string pubsub, string rest, string? scope = "alpha") =>
        $"apiVersion: dapr.io/{version}\nkind: Subscription\nmetadata:\n  name: {topic}\nspec:\n  pubsubname: {pubsub}\n  topic: {topic}\n{rest}" +
        (scope is null ? "" : $"scopes: [{scope}]\n");

    private static void AddResiliency(Workplace place) => place.AddResource("resiliency", """
        apiVersion: dapr.io/v1alpha1
        kind: Resiliency
        metadata:
          name: recorded
        spec:
          policies:
            timeouts:
              short: 500ms
            retries:
              three: { policy: constant, duration: 200ms, maxRetries: 3 }
          targets:
            apps:
              gamma: { timeout: short, retry: three }
            actors:
              Counter: { timeout: short, retry: three }
            components:
              pubsubmem:
                inbound: { retry: three }
        """);
}
