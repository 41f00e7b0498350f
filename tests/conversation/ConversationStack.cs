using Agents.Conversation.Tests.Escalations;
using Agents.Conversation.Tests.Tools;
using Agents.Local;
using Agents.Testing;
using Agents.Torture.Jobs;

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
    internal GuestApp Guest => Host.Guests.Single(guest => guest.AppId == "shop");

    protected override async ValueTask<LocalHostOptions> ConfigureAsync(LocalHostOptions options)
    {
        await Tools.StartAsync();
        await Webhooks.StartAsync();
        return options with
        {
            Replicas = new Dictionary<string, int> { ["conversation"] = 2 },
            Guests = ["shop", FrailStack.Ear],
            Environment = new Dictionary<string, string>([.. options.Environment, .. FrailStack.Lanes])
            {
                ["Egress__Allow__0"] = Tools.Authority,
                ["Egress__Allow__1"] = Webhooks.Authority,
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
