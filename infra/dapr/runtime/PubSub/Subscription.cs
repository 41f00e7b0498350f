using Agents.Cel;

namespace Agents.LocalRuntime.PubSub;

/// <summary>Where a matching event goes; without a condition it is the default route.</summary>
internal sealed record Rule(Expression? Match, string Path)
{
    /// <summary>Routes may be written without their leading slash.</summary>
    public static string CleanPath(string path) => path.StartsWith('/') ? path : "/" + path;
}

/// <summary>Bulk delivery: a batch is sent when it is full or when the time is over.</summary>
/// <param name="MaxCount">Messages; 0 for the default of 100.</param>
/// <param name="MaxAwaitMs">Milliseconds; 0 for the default of 1000.</param>
internal sealed record BulkOptions(int MaxCount, int MaxAwaitMs)
{
    public int Count => MaxCount > 0 ? MaxCount : 100;

    public TimeSpan Await => TimeSpan.FromMilliseconds(MaxAwaitMs > 0 ? MaxAwaitMs : 1000);
}

/// <summary>An app's wish for the messages of a topic.</summary>
internal sealed record Subscription(
    string PubSubName,
    string Topic,
    IReadOnlyList<Rule> Rules,
    IReadOnlyDictionary<string, string> Metadata,
    string DeadLetterTopic,
    BulkOptions? Bulk,
    bool Declarative)
{
    /// <summary>The app gets the bytes of each message as base64, whatever they are.</summary>
    public bool IsRaw => Metadata.TryGetValue("rawPayload", out var raw) && raw.Equals("true", StringComparison.OrdinalIgnoreCase);

    /// <summary>Equal when a running subscription would behave the same.</summary>
    public bool SameAs(Subscription other) =>
        (PubSubName, Topic, DeadLetterTopic, Bulk) == (other.PubSubName, other.Topic, other.DeadLetterTopic, other.Bulk) &&
        Rules.Select(rule => (rule.Match?.Text, rule.Path)).SequenceEqual(other.Rules.Select(rule => (rule.Match?.Text, rule.Path))) &&
        Metadata.Count == other.Metadata.Count &&
        Metadata.All(item => other.Metadata.TryGetValue(item.Key, out var value) && value == item.Value);
}
