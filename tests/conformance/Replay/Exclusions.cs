namespace Agents.Conformance.Replay;

/// <summary>The recorded cases that are not held against the local runtime, each with its reason.</summary>
internal static class Exclusions
{
    private const string Endpoints = "HTTPEndpoint resources and invocation by URL are not offered: no service uses them";
    private const string OwnTest = "its record is not a request and an answer; a test of its own covers it";

    public static IReadOnlyDictionary<string, string> Cases { get; } = new Dictionary<string, string>
    {
        ["state-sqlite/bulk-get-dup-keys"] = "daprd answers the second of two equal keys with an empty name; here both are answered",
        ["state-in-memory/ttl-bad"] = "only the words of the number parser differ",
        ["invocation/http-endpoint-by-name"] = Endpoints,
        ["invocation/http-endpoint-by-url"] = Endpoints,
        ["invocation/http-endpoint-by-url-404"] = Endpoints,
        ["workflow-http-worker/metadata-with-worker"] = "daprd runs workflows as actors of types of its own and counts them here; in the local runtime workflows are no actors",
        ["lifecycle/shutdown-exit"] = OwnTest,
        ["lifecycle/max-concurrency-1-three-invokes"] = OwnTest,
    };
}
