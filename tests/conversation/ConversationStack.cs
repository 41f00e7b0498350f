using Agents.Conversation.Tests.Escalations;
using Agents.Conversation.Tests.Tools;
using Agents.Local;
using Agents.Testing;

[assembly: Xunit.AssemblyFixture(typeof(Agents.Conversation.Tests.ConversationStack))]
// Some of these tests stop processes that the others use.
[assembly: Xunit.CollectionBehavior(DisableTestParallelization = true)]

namespace Agents.Conversation.Tests;

/// <summary>The whole product with two replicas of conversation, and hosts of tools and of webhooks that it may call.</summary>
public sealed class ConversationStack : Stack
{
    internal ToolServer Tools { get; } = new();

    internal WebhookSink Webhooks { get; } = new();

    /// <summary>A place for an app that is no part of the product.</summary>
    internal GuestApp Guest => Host.Guests.Single();

    protected override async ValueTask<LocalHostOptions> ConfigureAsync(LocalHostOptions options)
    {
        await Tools.StartAsync();
        await Webhooks.StartAsync();
        return options with
        {
            Replicas = new Dictionary<string, int> { ["conversation"] = 2 },
            Guests = ["shop"],
            Environment = new Dictionary<string, string>(options.Environment)
            {
                ["Egress__Allow__0"] = Tools.Authority,
                ["Egress__Allow__1"] = Webhooks.Authority,
                // A lane whose jobs die soon.
                ["Lanes__frail__MaxAttempts"] = "2",
                // One in which jobs must queue.
                ["Lanes__narrow__Shards"] = "1",
                ["Lanes__narrow__Slots"] = "1",
            },
        };
    }

    /// <summary>An agent of the operator's tenant that answers from no documents, with this model.</summary>
    public async Task<string> NewAgentAsync(string model, CancellationToken cancellationToken, params object[] tools) => (await Operator.CreateAsync(
        "/v1/agents", new { name = "scripted", instructions = "Answer.", model, collections = Array.Empty<string>(), tools }, cancellationToken)).Text("id");

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await Tools.DisposeAsync();
        await Webhooks.DisposeAsync();
    }
}
