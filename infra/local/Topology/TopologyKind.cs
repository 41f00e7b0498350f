namespace Agents.Local.Topology;

/// <summary>Which processes a solution has.</summary>
public enum TopologyKind
{
    /// <summary>One per service, each in all its roles: <c>dapr.yaml</c>.</summary>
    Merged,

    /// <summary>One per Dapr app id, as the Helm chart deploys them: <c>infra/local/cluster</c>.</summary>
    Cluster,
}
