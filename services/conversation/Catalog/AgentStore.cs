using System.Collections.Concurrent;
using System.Globalization;
using Agents.Defaults.Api;
using Agents.Defaults.Errors;
using Agents.Defaults.Ledgers;
using Agents.Defaults.Paging;
using Agents.Defaults.State;

namespace Agents.Conversation.Catalog;

/// <summary>
/// Agents: a head record, <c>agent/{tenant}/{id}</c>, that says which versions there are and which is live, and the versions, which never
/// change. Every tenant has the agent <c>default</c> without a record; its version 1 is built in.
/// </summary>
internal sealed class AgentStore(Stores stores, LedgerSet ledgers)
{
    public const string Prefix = "agent";
    public const string DefaultId = "default";

    private const int MaxVersions = 1_000;
    private const int MaxFormer = 50;
    private const int MaxCached = 1_000;

    // As long as a request may be repeated under its idempotency key.
    private static readonly TimeSpan Remembered = TimeSpan.FromHours(24);

    private static readonly Agent Default = new(
        DefaultId, 1, "Default", "Answer the question from the passages. Cite them as [n]. Say so when they do not hold the answer.",
        "default", null, "standard", Degrade.Refuse, DateTimeOffset.UnixEpoch);

    private readonly ConcurrentDictionary<string, Agent> _versions = new(StringComparer.Ordinal);

    public async Task<Agent> CreateAsync(string tenant, Agent agent, CancellationToken cancellationToken)
    {
        await stores.Main.PutAsync(VersionKey(tenant, agent.Id, agent.Version), agent, cancellationToken);
        await List(tenant).AddOnceAsync(
            agent.Id, () => stores.Main.TryCreateAsync(Key(tenant, agent.Id), new AgentHead([agent.Version], agent.Version, []), cancellationToken), cancellationToken);
        return agent with { LiveVersion = agent.Version };
    }

    /// <summary>Adds a version; it is live at once when <paramref name="live"/>. Null when there is no such agent.</summary>
    /// <param name="addition">Adding again under the same one adds nothing.</param>
    /// <exception cref="ProblemException">409 <c>too_many_versions</c>.</exception>
    public async Task<Agent?> AddVersionAsync(string tenant, Agent agent, bool live, string addition, CancellationToken cancellationToken)
    {
        if (await HeadAsync(tenant, agent.Id, cancellationToken) is not { } head)
            return null;
        if (head.Versions.Count >= MaxVersions)
            throw new ProblemException(Problem.Conflict("too_many_versions", $"An agent has at most {MaxVersions} versions; make another agent."));
        var added = await NumberedAsync(tenant, agent, head, $"{Key(tenant, agent.Id)}/{addition}", cancellationToken);
        var changed = await ChangeAsync(
            tenant,
            agent.Id,
            current => current.Versions.Contains(added.Version) ? current : (live ? current.GoLive(added.Version) : current) with { Versions = [.. current.Versions.Append(added.Version).Order()] },
            cancellationToken);
        return added with { LiveVersion = changed!.Live };
    }

    /// <summary>The version with its number and record. Whether the head names it yet is another matter: one that it never names stays unseen.</summary>
    private async Task<Agent> NumberedAsync(string tenant, Agent agent, AgentHead head, string addition, CancellationToken cancellationToken)
    {
        if (await stores.Main.GetAsync<Agent>(addition, cancellationToken) is { Value: var before })
            return before;
        // The number is ours once its record is.
        var added = agent with { Version = head.Versions[^1] + 1 };
        while (!await stores.Main.TryCreateAsync(VersionKey(tenant, agent.Id, added.Version), added, cancellationToken))
            added = added with { Version = added.Version + 1 };
        await stores.Main.PutAsync(addition, added, cancellationToken, Remembered);
        return added;
    }

    /// <summary>Changes which version is live. Null when there is no such agent, or nothing was changed.</summary>
    public async Task<Agent?> GoLiveAsync(string tenant, string id, Func<AgentHead, AgentHead?> change, CancellationToken cancellationToken) =>
        await ChangeAsync(tenant, id, change, cancellationToken) is not null ? await FindAsync(tenant, id, null, cancellationToken) : null;

    /// <summary>A version of an agent; the live one when none is named.</summary>
    public async Task<Agent?> FindAsync(string tenant, string id, int? version, CancellationToken cancellationToken)
    {
        if (await HeadAsync(tenant, id, cancellationToken) is not { } head)
            return null;
        var wanted = version ?? head.Live;
        return head.Versions.Contains(wanted) ? await VersionAsync(tenant, id, wanted, cancellationToken) is { } found ? found with { LiveVersion = head.Live } : null : null;
    }

    /// <summary>A version, whether or not it is live; null when there is none. Versions never change, so most are known here.</summary>
    public async Task<Agent?> VersionAsync(string tenant, string id, int version, CancellationToken cancellationToken)
    {
        if (id == DefaultId && version == 1)
            return Default;
        var key = VersionKey(tenant, id, version);
        if (_versions.TryGetValue(key, out var known))
            return known;
        if ((await stores.Main.GetAsync<Agent>(key, cancellationToken))?.Value is not { } found)
            return null;
        if (_versions.Count >= MaxCached)
            _versions.Clear();
        return _versions[key] = found;
    }

    public async Task<AgentHead?> HeadAsync(string tenant, string id, CancellationToken cancellationToken)
    {
        if (id != DefaultId && !Ids.IsValid(Prefix, id))
            return null;
        return (await stores.Main.GetAsync<AgentHead>(Key(tenant, id), cancellationToken))?.Value ?? (id == DefaultId ? AgentHead.First : null);
    }

    /// <summary>Versions of an agent, those that exist.</summary>
    public async Task<IReadOnlyList<Agent>> VersionsAsync(string tenant, string id, AgentHead head, IReadOnlyList<int> wanted, CancellationToken cancellationToken)
    {
        var found = await Task.WhenAll(wanted.Select(version => VersionAsync(tenant, id, version, cancellationToken)));
        return [.. found.OfType<Agent>().Select(agent => agent with { LiveVersion = head.Live })];
    }

    public Task<Page<Agent>> PageAsync(string tenant, PageQuery query, CancellationToken cancellationToken) =>
        List(tenant).PageAsync(query, (ids, token) => LoadAsync(tenant, ids, token), agent => agent.Id, cancellationToken);

    private Task<AgentHead?> ChangeAsync(string tenant, string id, Func<AgentHead, AgentHead?> change, CancellationToken cancellationToken)
    {
        return id == DefaultId || Ids.IsValid(Prefix, id)
            ? stores.Main.UpdateAsync<AgentHead>(
                Key(tenant, id), current => (current ?? (id == DefaultId ? AgentHead.First : null)) is { } head ? change(head) : null, cancellationToken)
            : Task.FromResult<AgentHead?>(null);
    }

    private async Task<IReadOnlyList<Agent>> LoadAsync(string tenant, IReadOnlyList<string> ids, CancellationToken cancellationToken)
    {
        var heads = await stores.Main.GetManyAsync<AgentHead>([.. ids.Select(id => Key(tenant, id))], cancellationToken);
        var found = await Task.WhenAll(ids.Where(id => heads.ContainsKey(Key(tenant, id))).Select(async id =>
        {
            var head = heads[Key(tenant, id)].Value;
            return await VersionAsync(tenant, id, head.Live, cancellationToken) is { } agent ? agent with { LiveVersion = head.Live } : null;
        }));
        return [.. found.OfType<Agent>()];
    }

    private Listing List(string tenant) => new(ledgers.Get<string>($"agents/{tenant}"));

    private static string Key(string tenant, string id) => $"agent/{tenant}/{id}";

    private static string VersionKey(string tenant, string id, int version) => string.Create(CultureInfo.InvariantCulture, $"agent/{tenant}/{id}/{version}");

    /// <param name="Versions">In order.</param>
    /// <param name="Live">The one that answers.</param>
    /// <param name="Former">Those that were live before, the last one last.</param>
    internal sealed record AgentHead(IReadOnlyList<int> Versions, int Live, IReadOnlyList<int> Former)
    {
        public static AgentHead First { get; } = new([1], 1, []);

        public AgentHead GoLive(int version) =>
            version == Live ? this : this with { Live = version, Former = [.. Former.Append(Live).TakeLast(MaxFormer)] };

        /// <summary>The version before the live one is live again; null when there was none.</summary>
        public AgentHead? RollBack() => Former.Count == 0 ? null : this with { Live = Former[^1], Former = [.. Former.SkipLast(1)] };
    }
}
