using Agents.Conversation.Tests.Escalations;
using Agents.Conversation.Tests.Tools;
using Agents.Local;
using Agents.Testing;
using Agents.Testing.Attacks;
using Agents.Torture.Jobs;

[assembly: Xunit.AssemblyFixture(typeof(Agents.Conversation.Tests.ConversationStack))]
// Some of these tests stop processes that the others use, so they come one after the other; those that may run beside them say so.
[assembly: Xunit.CollectionBehavior(Xunit.CollectionBehavior.CollectionPerAssembly)]

namespace Agents.Conversation.Tests;

/// <summary>The whole product with two replicas of conversation, and hosts of tools and of webhooks that it may call.</summary>
public sealed class ConversationStack : Stack
{
    /// <summary>The collection of the tests that run beside the others: with a stack of their own, with none, or with much waiting.</summary>
    public const string Apart = "beside the others";

    internal ToolServer Tools { get; } = new();

    /// <summary>The host of attacks, which see to it themselves what it is asked.</summary>
    internal ToolHost Attacked { get; } = new();

    internal WebhookSink Webhooks { get; } = new();

    /// <summary>A place for an app that is no part of the product.</summary>
    internal GuestApp Guest => Host.Guests.Single(guest => guest.AppId == "shop");

    protected override async ValueTask<LocalHostOptions> ConfigureAsync(LocalHostOptions options)
    {
        await Tools.StartAsync();
        await Webhooks.StartAsync();
        await Attacked.StartAsync();
        return options with
        {
            Replicas = new Dictionary<string, int> { ["conversation"] = 2 },
            Guests = ["shop", FrailStack.Ear],
            Environment = new Dictionary<string, string>([.. options.Environment, .. FrailStack.Lanes])
            {
                // Some tests wait until it has run out.
                ["Turns__PatienceSeconds"] = "10",
                ["Egress__Allow__0"] = Tools.Authority,
                ["Egress__Allow__1"] = Webhooks.Authority,
                ["Egress__Allow__2"] = Attacked.Address.Authority,
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
        await Attacked.DisposeAsync();
    }
}
