namespace Dapr;

/// <summary>What holds for all subscriptions of an app.</summary>
public class SubscribeOptions
{
    /// <summary>Whether all topics carry plain bytes and no CloudEvents.</summary>
    public bool EnableRawPayload { get; set; }
}
