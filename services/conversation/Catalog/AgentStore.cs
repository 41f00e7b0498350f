using Agents.Defaults.Api;
using Agents.Defaults.Identity;
using Agents.Defaults.Ledgers;
using Agents.Defaults.Paging;
using Agents.Defaults.State;

namespace Agents.Conversation.Catalog;

/// <summary>What an agent does when what it depends on is away.</summary>
public enum Degrade
{
    /// <summary>Answer 503 with Retry-After.</summary>
    Refuse,

    /// <summary>When retrieval is away, answer without sources, marked as such.</summary>
    WithoutSources,
}

/// <summary>An agent: who answers, from what, with which model.</summary>
/// <param name="Id"><c>agent_...</c>, or <c>default</c>.</param>
/// <param name="Version">From 1.</param>
/// <param name="Model">A model id or alias; <c>default</c> leaves the choice to the gateway.</param>
/// <param name="Collections">What it may search: null every collection of the tenant, empty none.</param>
/// <param name="Lane">The lane of its jobs.</param>
public sealed record Agent(
    string Id, int Version, string Name, string Instructions, string Model, IReadOnlyList<string>? Collections, string Lane, Degrade Degrade,
    DateTimeOffset CreatedAt);

/// <summary>Agent records: <c>agent/{tenant}/{id}</c>. Every tenant has the agent <c>default</c> without one.</summary>
internal sealed class AgentStore(Stores stores, LedgerSet ledgers)
{
    public const string Prefix = "agent";
    public const string DefaultId = "default";

    private static readonly Agent Default = new(
        DefaultId, 1, "Default", "Answer the question from the passages. Cite them as [n]. Say so when they do not hold the answer.",
        "default", null, "standard", Degrade.Refuse, DateTimeOffset.UnixEpoch);

    public async Task<Agent> AddAsync(Caller caller, Agent agent, CancellationToken cancellationToken)
    {
        await List(caller.Tenant).AddAsync(agent.Id, cancellationToken);
        await stores.Main.PutAsync(Key(caller.Tenant, agent.Id), agent, cancellationToken);
        return agent;
    }

    public async Task<Agent?> FindAsync(string tenant, string id, CancellationToken cancellationToken)
    {
        if (id == DefaultId)
            return Default;
        return Ids.IsValid(Prefix, id) ? (await stores.Main.GetAsync<Agent>(Key(tenant, id), cancellationToken))?.Value : null;
    }

    public Task<Page<Agent>> PageAsync(string tenant, PageQuery query, CancellationToken cancellationToken) =>
        List(tenant).PageAsync(query, (ids, token) => LoadAsync(tenant, ids, token), agent => agent.Id, cancellationToken);

    private async Task<IReadOnlyList<Agent>> LoadAsync(string tenant, IReadOnlyList<string> ids, CancellationToken cancellationToken) =>
        [.. (await stores.Main.GetManyAsync<Agent>([.. ids.Select(id => Key(tenant, id))], cancellationToken)).Values.Select(record => record.Value)];

    private Listing List(string tenant) => new(ledgers.Get<string>($"agents/{tenant}"));

    private static string Key(string tenant, string id) => $"agent/{tenant}/{id}";
}
