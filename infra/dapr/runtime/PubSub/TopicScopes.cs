using Agents.LocalRuntime.Resources;

namespace Agents.LocalRuntime.PubSub;

/// <summary>Which topics of a component an app may publish to and subscribe to.</summary>
internal sealed class TopicScopes(ComponentSettings settings, string appId)
{
    private readonly HashSet<string> _allowed = List(settings.Text("allowedTopics"));
    private readonly HashSet<string> _protected = List(settings.Text("protectedTopics"));
    private readonly HashSet<string>? _publishing = ForApp(settings, "publishingScopes", appId);
    private readonly HashSet<string>? _subscribing = ForApp(settings, "subscriptionScopes", appId);

    public bool MayPublish(string topic) => Allows(topic, _publishing);

    public bool MaySubscribe(string topic) => Allows(topic, _subscribing);

    private bool Allows(string topic, HashSet<string>? scope) =>
        (_allowed.Count == 0 || _allowed.Contains(topic)) &&
        (scope is null ? !_protected.Contains(topic) : scope.Contains(topic));

    private static HashSet<string> List(string? text) =>
        [.. (text ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)];

    /// <summary><c>app1=t1,t2;app2=</c>: an app named without topics may use none, an app not named is not limited.</summary>
    private static HashSet<string>? ForApp(ComponentSettings settings, string name, string appId)
    {
        HashSet<string>? found = null;
        foreach (var item in (settings.Text(name) ?? "").Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = item.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0) settings.Report(name, $"'{item}' must look like app=topic1,topic2");
            else if (item[..equals].Trim() == appId) found = List(item[(equals + 1)..]);
        }

        return found;
    }
}
