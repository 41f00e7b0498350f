namespace Agents.Defaults.Replicas;

/// <summary>One life of one replica: the stable name, and an epoch that changes at every start.</summary>
public sealed record ReplicaId(string Name, string Epoch);
