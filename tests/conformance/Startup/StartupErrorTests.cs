using Agents.Conformance.Processes;
using Agents.Testing;

namespace Agents.Conformance.Startup;

/// <summary>What is wrong with flags and files is said at the start, all of it, with file and field.</summary>
public class StartupErrorTests
{
    private const string Head = "apiVersion: dapr.io/v1alpha1\nkind: Component\nmetadata:\n  name: c\nspec:\n  version: v1\n";

    private static readonly (string What, string Yaml, string[] Parts)[] Files =
    [
        ("an unknown component type", Head + "  type: state.redis\n", ["spec.type", "'state.redis' is not supported", "state.sqlite"]),
        ("an unknown metadata field", Sqlite("colour", "red"), ["metadata colour", "is not a field of state.sqlite", "connectionString"]),
        ("a missing metadata field", Head + "  type: pubsub.sqlite\n", ["metadata connectionString", "is required"]),
        ("a store without a file", Sqlite("connectionString", "file::memory:"), ["metadata connectionString", "state.in-memory"]),
        ("an unknown pragma", Sqlite("connectionString", "file:x.db?_pragma=foo(1)"), ["metadata connectionString", "unknown _pragma 'foo(1)'", "synchronous"]),
        ("an unknown connection option", Sqlite("connectionString", "file:x.db?mode=ro"), ["metadata connectionString", "unknown option 'mode'"]),
        ("a bad table name", Sqlite("tableName", "a b"), ["metadata tableName", "'a b'"]),
        ("a bad duration", Sqlite("cleanupInterval", "soon"), ["metadata cleanupInterval", "'soon' must be a duration"]),
        ("a bad truth value", Sqlite("actorStateStore", "maybe"), ["metadata actorStateStore", "'maybe' must be true or false"]),
        ("an illegal key prefix", Sqlite("keyPrefix", "a||b"), ["metadata keyPrefix", "can't contain '||'"]),
        ("the outbox", Sqlite("outboxPublishTopic", "t"), ["metadata outboxPublishTopic", "not supported"]),
        ("an unknown field of a component", Head + "  type: state.in-memory\n  colour: red\n", ["spec.colour", "is not a known field", "metadata"]),
        ("YAML that is none", "kind: [Component\n", ["is not valid YAML, line"]),
        ("a list instead of a mapping", "- kind\n", ["must be a mapping"]),
        ("a misspelt kind", "apiVersion: dapr.io/v1alpha1\nkind: Componnet\n", ["kind: 'Componnet' is not a kind of Dapr resource"]),
        ("a component without a name", "kind: Component\nmetadata: {}\nspec:\n  type: state.in-memory\n", ["metadata.name", "is required"]),
        ("a component twice", $"{Head}  type: state.in-memory\n---\n{Head}  type: state.in-memory\n", ["is defined twice"]),
        ("a secret without its store", Head + "  type: state.sqlite\n  metadata:\n  - name: connectionString\n    secretKeyRef: { name: s }\n", ["auth.secretStore", "is required"]),
        ("a forbidden environment variable", Head + "  type: state.sqlite\n  metadata:\n  - name: connectionString\n    envRef: DAPR_X\n", ["envRef", "'DAPR_X' may not be used"]),
        ("an unset environment variable", Head + "  type: state.sqlite\n  metadata:\n  - name: connectionString\n    envRef: NO_SUCH_VARIABLE\n", ["environment variable NO_SUCH_VARIABLE is not set"]),
        ("a missing secrets file", Head + "  type: secretstores.local.file\n  metadata:\n  - name: secretsFile\n    value: none.json\n", ["metadata secretsFile", "none.json"]),
        ("a subscription to nothing", Subscription("nosuch", "    default: /x\n"), ["spec.pubsubname", "'nosuch' is not a pubsub component"]),
        ("a subscription without routes", Subscription("nosuch", "    rules: []\n"), ["needs at least one route"]),
        ("a rule that is no expression", Subscription("nosuch", "    rules:\n    - match: event.type ==\n      path: /x\n"), ["spec.routes.rules[0].match", "ends too early"]),
        ("a rule with an unknown function", Subscription("nosuch", "    rules:\n    - match: event.type.matches(\"x\")\n      path: /x\n"), ["unknown function 'matches'"]),
        ("an undefined policy", Resiliency("  policies:\n    retries: {}\n  targets:\n    apps:\n      a: { retry: r }\n"), ["spec.targets.apps.a.retry", "'r' is not defined"]),
        ("an unknown retry policy", Resiliency("  policies:\n    retries:\n      r: { policy: linear }\n"), ["spec.policies.retries.r.policy", "'linear' must be constant or exponential"]),
        ("a bad status range", Resiliency("  policies:\n    retries:\n      r: { policy: constant, matching: { httpStatusCodes: 5xx } }\n"), ["httpStatusCodes", "'5xx'"]),
        ("a bad trip expression", Resiliency("  policies:\n    circuitBreakers:\n      b: { trip: failures > 5 }\n"), ["circuitBreakers.b.trip", "unknown name 'failures'"]),
        ("a bad topic scope", Head + "  type: pubsub.in-memory\n  metadata:\n  - name: publishingScopes\n    value: nonsense\n", ["metadata publishingScopes", "'nonsense'"]),
    ];

    /// <summary>One start with all of the bad files: it tells everything that is wrong with any of them.</summary>
    private static readonly Lazy<Task<string[]>> BadStart = new(StartWithAllAsync);

    public static TheoryData<string, string[]> BadFiles => new(Files.Select(file => (file.What, file.Parts)));

    public static TheoryData<string, string[]> BadArguments => new()
    {
        { "--app-id a --frobnicate", ["--frobnicate", "is not a known flag"] },
        { "", ["needs --run-file or --app-id"] },
        { "--app-id a --app-port x", ["--app-port", "'x' must be a whole number"] },
        { "--app-id a --app-protocol grpc", ["--app-protocol", "'grpc' is not supported"] },
        { "--app-id a --max-body-size much", ["--max-body-size", "'much' must be a size"] },
        { "--app-id a --log-level loud", ["--log-level", "'loud' must be"] },
        { "--app-id a --resources-path /no/such/folder", ["/no/such/folder", "is not a folder"] },
        { "--app-id", ["--app-id", "needs a value"] },
        { "--run-file /no/such/file.yaml", ["file.yaml", "cannot be read"] },
    };

    [Theory]
    [MemberData(nameof(BadFiles))]
    public async Task A_bad_resource_ends_the_start_with_its_file_and_field(string what, string[] parts)
    {
        var lines = (await BadStart.Value).Where(line => line.Contains(FileName(what), StringComparison.Ordinal)).ToList();
        Assert.True(parts.All(part => lines.Any(line => line.Contains(part, StringComparison.Ordinal))), $"got: {string.Join('\n', lines)}");
    }

    [Theory]
    [MemberData(nameof(BadArguments))]
    public Task A_bad_flag_ends_the_start_with_its_name(string arguments, string[] parts) =>
        ExpectAsync(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries), parts, arguments);

    [Fact]
    public async Task Two_sidecars_on_one_port_end_the_start()
    {
        using var place = new Workplace();
        var port = Ports.Next();
        await ExpectAsync(place.RunFile(new AppEntry("one", null, port), new AppEntry("two", null, port)), [$"HTTP port {port}", "one and two"], "one port");
    }

    [Fact]
    public async Task A_run_file_with_an_unknown_field_ends_the_start()
    {
        using var place = new Workplace();
        await ExpectAsync(place.RunFile(new AppEntry("one", null, Ports.Next(), "  colour: red\n")), ["dapr.yaml", "apps[0].colour", "is not a known field", "daprHTTPPort"], "colour");
    }

    private static async Task<string[]> StartWithAllAsync()
    {
        using var place = new Workplace();
        for (var i = 0; i < Files.Length; i++)
        {
            var yaml = Files[i].Yaml.Replace("name: c\n", $"name: c{i}\n", StringComparison.Ordinal).Replace("x.db", place.PathTo($"{i}.db"), StringComparison.Ordinal);
            place.AddResource(FileName(Files[i].What), yaml);
        }

        var (exitCode, errors) = await RuntimeProcess.RunAsync(["--app-id", "a", "--resources-path", place.Resources], TestContext.Current.CancellationToken);
        Assert.Equal(1, exitCode);
        return errors.Split('\n');
    }

    private static string FileName(string what) => what.Replace(' ', '-').ToLowerInvariant();

    private static async Task ExpectAsync(IEnumerable<string> arguments, string[] parts, string what)
    {
        var (exitCode, errors) = await RuntimeProcess.RunAsync(arguments, TestContext.Current.CancellationToken);
        Assert.True(exitCode == 1, $"{what}: exit code {exitCode}");
        Assert.All(parts, part => Assert.Contains(part, errors, StringComparison.Ordinal));
    }

    private static string Sqlite(string name, string value)
    {
        var connection = name == "connectionString" ? "" : "  - name: connectionString\n    value: x.db\n";
        return $"{Head}  type: state.sqlite\n  metadata:\n{connection}  - name: {name}\n    value: '{value}'\n";
    }

    private static string Subscription(string pubsub, string routes) =>
        $"apiVersion: dapr.io/v2alpha1\nkind: Subscription\nmetadata:\n  name: s\nspec:\n  pubsubname: {pubsub}\n  topic: t\n  routes:\n{routes}";

    private static string Resiliency(string spec) => $"apiVersion: dapr.io/v1alpha1\nkind: Resiliency\nmetadata:\n  name: r\nspec:\n{spec}";
}
