using Agents.Conversation.Tests.Tools;
using Agents.Local;
using Agents.Testing;

[assembly: Xunit.AssemblyFixture(typeof(Agents.Conversation.Tests.ConversationStack))]
// Some of these tests stop processes that the others use.
[assembly: Xunit.CollectionBehavior(DisableTestParallelization = true)]

namespace Agents.Conversation.Tests;

/// <summary>The whole product with two replicas of conversation, and a host of tools that it may call.</summary>
public sealed class ConversationStack : Stack
{
    internal ToolServer Tools { get; } = new();

    protected override async ValueTask<LocalHostOptions> ConfigureAsync(LocalHostOptions options)
    {
        await Tools.StartAsync();
        return options with
        {
            Replicas = new Dictionary<string, int> { ["conversation"] = 2 },
            Environment = new Dictionary<string, string>(options.Environment) { ["Egress__Allow__0"] = Tools.Authority },
        };
    }

    /// <summary>An agent of the operator's tenant that answers from no documents, with this model.</summary>
    public async Task<string> NewAgentAsync(string model, CancellationToken cancellationToken, params object[] tools) => (await Operator.CreateAsync(
        "/v1/agents", new { name = "scripted", instructions = "Answer.", model, collections = Array.Empty<string>(), tools }, cancellationToken)).Text("id");

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await Tools.DisposeAsync();
    }
}
