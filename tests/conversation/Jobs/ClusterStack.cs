using Agents.Testing.Storms;

namespace Agents.Conversation.Tests.Jobs;

/// <summary>Each role as an app of its own, and two workers of one of the lanes.</summary>
public sealed class ClusterStack : JobStormStack
{
    public ClusterStack()
    {
        Cluster = true;
        BatchWorkers = 2;
    }
}
