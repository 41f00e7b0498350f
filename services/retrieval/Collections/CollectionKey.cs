namespace Agents.Retrieval.Collections;

/// <summary>A collection of a tenant: the prefix of all that is stored about it.</summary>
internal readonly record struct CollectionKey(string Tenant, string Id)
{
    public override string ToString() => $"{Tenant}/{Id}";
}
