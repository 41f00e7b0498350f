using Agents.Local;

namespace Agents.Testing.Attacks;

/// <summary>The product with two replicas of conversation, and a host that its tools may call.</summary>
public sealed class AttackedStack : Stack
{
    public ToolHost Tool { get; } = new();

    protected override async ValueTask<LocalHostOptions> ConfigureAsync(LocalHostOptions options)
    {
        await Tool.StartAsync();
        return options with
        {
            Replicas = new Dictionary<string, int> { ["conversation"] = 2 },
            Environment = new Dictionary<string, string>(options.Environment) { ["Egress__Allow__0"] = Tool.Address.Authority },
        };
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await Tool.DisposeAsync();
    }
}
