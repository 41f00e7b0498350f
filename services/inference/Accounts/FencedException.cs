namespace Agents.Inference.Accounts;

/// <summary>This replica was taken for dead and its leases are gone.</summary>
internal sealed class FencedException() : Exception("Another replica has ended this one's leases.");
