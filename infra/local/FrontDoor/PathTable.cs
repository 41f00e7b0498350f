using System.Collections.Immutable;

namespace Agents.Local.FrontDoor;

/// <summary>One line of the path table.</summary>
/// <param name="Prefix">Whole leading path segments, case-sensitive, as an Ingress path of type Prefix.</param>
/// <param name="App">The app id that answers.</param>
/// <param name="OpenAi">Whether clients of these paths expect OpenAI's error object.</param>
public sealed record PathRule(string Prefix, string App, bool OpenAi = false);

/// <summary>Which service answers which path of the one public origin. Ingresses follow this table too.</summary>
public static class PathTable
{
    /// <summary>In no particular order: no prefix but the last lies within another.</summary>
    public static ImmutableArray<PathRule> Rules { get; } =
    [
        new("/v1/tenants", "conversation"),
        new("/v1/keys", "conversation"),
        new("/v1/agents", "conversation"),
        new("/v1/sessions", "conversation"),
        new("/v1/jobs", "conversation"),
        new("/v1/dead-letters", "conversation"),
        new("/v1/webhooks", "conversation"),
        new("/v1/escalations", "conversation"),

        new("/v1/collections", "retrieval"),

        new("/v1/chat/completions", "inference", OpenAi: true),
        new("/v1/embeddings", "inference", OpenAi: true),
        new("/v1/models", "inference", OpenAi: true),
        new("/v1/files", "inference", OpenAi: true),
        new("/v1/batches", "inference", OpenAi: true),
        new("/v1/deployments", "inference"),
        new("/v1/aliases", "inference"),
        new("/v1/rollouts", "inference"),
        new("/v1/budgets", "inference"),
        new("/v1/cache", "inference"),

        new("/v1/analytics", "analytics"),
        new("/v1/alerts", "analytics"),
        new("/v1/audit", "analytics"),
        new("/v1/evaluations", "analytics"),
        new("/v1/datasets", "analytics"),
        new("/v1/reports", "analytics"),

        // The console, and the 404 of everything unknown.
        new("/", "analytics"),
    ];

    /// <summary>The rule for a path; there always is one.</summary>
    public static PathRule Match(PathString path)
    {
        foreach (var rule in Rules)
        {
            if (rule.Prefix == "/" || path.StartsWithSegments(rule.Prefix, StringComparison.Ordinal))
                return rule;
        }

        throw new InvalidOperationException("The path table must end with /.");
    }
}
