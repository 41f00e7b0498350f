using System.Text.Json.Serialization;

namespace Agents.Contracts;

/// <summary>A fact that one service publishes and others learn from. Travels as the <c>data</c> of a CloudEvent 1.0.</summary>
public interface IEvent
{
    /// <summary>The family's topic; see <see cref="Topics"/>.</summary>
    static abstract string Topic { get; }

    /// <summary>The CloudEvent type, <c>agents.{noun}.{verb}.v{n}</c>. A changed meaning gets a new version; an old one is still read.</summary>
    static abstract string Type { get; }

    /// <summary>The CloudEvent id and dedupe key: the same fact published twice has the same id.</summary>
    [JsonIgnore]
    string Id { get; }

    /// <summary>The tenant that the fact belongs to, and the partition key.</summary>
    string Tenant { get; }

    /// <summary>When it happened, UTC.</summary>
    DateTimeOffset Time { get; }
}

/// <summary>Topic names: one per family of events, and the work queues between services.</summary>
public static class Topics
{
    public const string Session = "session-events";
    public const string Turn = "turn-events";
    public const string Job = "job-events";
    public const string Model = "model-events";
    public const string Document = "document-events";
    public const string Audit = "audit-events";
    public const string Ops = "ops-events";

    /// <summary>What others ask of Agents: jobs, replies to event tools.</summary>
    public const string In = "agents-in";

    /// <summary>What Agents asks of others, or tells them: event tools, finished jobs.</summary>
    public const string Out = "agents-out";

    /// <summary>Work queue of the hooks role: webhooks that wait for their first attempt.</summary>
    public const string Webhooks = "webhooks";

    /// <summary>Work queue of retrieval: documents that wait for indexing.</summary>
    public const string DocumentIngest = "document-ingest";
}
