using Dapr;
using Dapr.Workflow;

namespace Agents.Torture.Worker;

/// <summary>Makes an effect.</summary>
internal sealed class EffectActivity(EffectClient effects) : WorkflowActivity<string, int>
{
    public override async Task<int> RunAsync(WorkflowActivityContext context, string key)
    {
        await effects.PutAsync(key);
        return 1;
    }
}

/// <summary>Makes an effect and fails, and succeeds when it is called again.</summary>
internal sealed class FlakyActivity(EffectClient effects) : WorkflowActivity<string, int>
{
    public override async Task<int> RunAsync(WorkflowActivityContext context, string key) =>
        await effects.PutAsync(key) > 1 ? 1 : throw new InvalidOperationException("the first time fails");
}

/// <summary>Raises an event in its own workflow, until a sidecar takes it.</summary>
internal sealed class PokeActivity(DaprWorkflowClient client) : WorkflowActivity<string, string>
{
    public override async Task<string> RunAsync(WorkflowActivityContext context, string name)
    {
        while (true)
        {
            try
            {
                await client.RaiseEventAsync(context.InstanceId, name, "now");
                return name;
            }
            catch (DaprApiException error) when (error.IsTransient)
            {
                // The runtime is being killed and started: that is what the run is about.
                await Task.Delay(50);
            }
        }
    }
}
