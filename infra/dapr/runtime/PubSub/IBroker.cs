namespace Agents.LocalRuntime.PubSub;

/// <summary>What travels: the bytes (a CloudEvent unless published raw) and the publisher's metadata.</summary>
internal sealed record Message(byte[] Data, IReadOnlyDictionary<string, string> Metadata)
{
    public static readonly IReadOnlyDictionary<string, string> NoMetadata = new Dictionary<string, string>();
}

/// <summary>A message broker.</summary>
internal interface IBroker
{
    /// <summary>As daprd's metadata lists them.</summary>
    IReadOnlyList<string> Capabilities { get; }

    /// <summary>Takes messages over, all or none. The task completes when they are as safe as the broker promises.</summary>
    Task PublishAsync(string topic, IReadOnlyList<Message> messages, CancellationToken cancel);

    /// <summary>Begins to deliver a topic to one subscriber; disposing the result ends that and waits for what is under way.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="group">Subscribers of one group share the messages.</param>
    /// <param name="subscriber">Takes the messages.</param>
    Task<IAsyncDisposable> SubscribeAsync(string topic, string group, Subscriber subscriber);
}
