namespace Agents.LocalRuntime.Resources;

/// <summary>A <c>kind: Subscription</c> document, v1alpha1 (one route) or v2alpha1 (rules).</summary>
internal sealed record SubscriptionSpec(string File, PubSub.Subscription Subscription, IReadOnlyList<string> Scopes)
{
    public static SubscriptionSpec? Read(Section document, Problems problems)
    {
        var old = document.Text("apiVersion") == "dapr.io/v1alpha1";
        if (document.Map("spec", required: true) is not { } spec) return null;
        var component = spec.Text("pubsubname", required: true);
        var topic = spec.Text("topic", required: true);
        var rules = new List<PubSub.Rule>();
        if (old)
        {
            if (spec.Text("route", required: true) is { } route) rules.Add(new(null, PubSub.Rule.CleanPath(route)));
        }
        else if (spec.Map("routes", required: true) is { } routes)
        {
            foreach (var rule in routes.Maps("rules")) ReadRule(rule, rules);
            if (routes.Text("default") is { Length: > 0 } path) rules.Add(new(null, PubSub.Rule.CleanPath(path)));
            routes.Close();
        }

        var metadata = new Dictionary<string, string>();
        if (spec.Map("metadata") is { } map)
        {
            foreach (var name in map.Names) metadata[name] = map.Text(name) ?? "";
        }

        PubSub.BulkOptions? bulk = null;
        if (spec.Map("bulkSubscribe") is { } section)
        {
            var enabled = section.Bool("enabled") ?? false;
            var options = new PubSub.BulkOptions(
                section.Int("maxMessagesCount", 0, 10_000) ?? 0, section.Int("maxAwaitDurationMs", 0, 3_600_000) ?? 0);
            section.Close();
            if (enabled) bulk = options;
        }

        var deadLetter = spec.Text("deadLetterTopic") ?? "";
        spec.Close();
        if (component is null || topic is null) return null;
        if (rules.Count == 0) problems.Add(document.File, "spec", "needs at least one route");
        return new(document.File, new(component, topic, rules, metadata, deadLetter, bulk, Declarative: true), document.Texts("scopes"));
    }

    private static void ReadRule(Section rule, List<PubSub.Rule> rules)
    {
        var match = rule.Text("match", required: true);
        var path = rule.Text("path", required: true);
        rule.Close();
        if (match is null || path is null) return;
        try
        {
            rules.Add(new(Cel.Expression.Parse(match), PubSub.Rule.CleanPath(path)));
        }
        catch (Cel.CelException error)
        {
            rule.Report("match", error.Message);
        }
    }
}
