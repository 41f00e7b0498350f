using System.Collections.Frozen;
using Agents.Defaults.Api;
using Agents.Defaults.Errors;
using Agents.Inference.Models;
using Agents.Inference.Providers.Extractive;
using Agents.Inference.Providers.OpenAi;
using Agents.Inference.Providers.UseLite;
using Agents.Inference.Routing;
using Microsoft.Extensions.Options;

namespace Agents.Inference.Deployments;

/// <summary>
/// What callers may name, as this replica knows it: deployments of the configuration, those of the registry, aliases, and the built-in
/// extractor. A change swaps the whole picture; calls under way keep theirs, and an unchanged deployment keeps what is known of its
/// endpoints.
/// </summary>
internal sealed class Catalog
{
    /// <summary>Answers without key and network; see <see cref="ExtractiveProvider"/>.</summary>
    public const string BuiltIn = "extractive";

    /// <summary>Makes embeddings without key and network, where the build found its weights; see <see cref="UseLiteProvider"/>.</summary>
    public const string BuiltInEmbeddings = "embed-use-lite";

    private readonly FrozenDictionary<string, Deployment> _configured;
    private readonly string _default;
    private readonly string _defaultEmbeddings;
    private readonly UseLite _useLite;
    private readonly OpenAiProviders _openAi;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private volatile Picture _picture;

    public Catalog(IOptions<ModelsOptions> options, OpenAiProviders openAi, UseLite useLite, TimeProvider time)
    {
        (_openAi, _useLite, _time) = (openAi, useLite, time);
        var models = options.Value.Models.Select(model => model.ToDefinition()).ToList();
        List<DeploymentDefinition> builtIn = [new DeploymentDefinition(BuiltIn, ProviderKind.Extractive)];
        if (useLite.Model is not null)
            builtIn.Insert(0, new DeploymentDefinition(BuiltInEmbeddings, ProviderKind.UseLite));
        _configured = models.Concat(builtIn).Select(Create).ToFrozenDictionary(deployment => deployment.Id, StringComparer.Ordinal);
        ConfiguredIds = [.. models.Concat(builtIn).Select(model => model.Id)];
        _default = options.Value.DefaultModel is { Length: > 0 } named ? named : models.FirstOrDefault()?.Id ?? BuiltIn;
        _defaultEmbeddings = options.Value.DefaultEmbeddingModel is { Length: > 0 } other ? other : BuiltInEmbeddings;
        _picture = Draw(RegistryRecord.Empty, null);
    }

    /// <summary>In the order of the configuration, the built-in ones last.</summary>
    public IReadOnlyList<string> ConfiguredIds { get; }

    /// <summary>The registry that the picture shows.</summary>
    public RegistryRecord Registry => _picture.Registry;

    /// <summary>All names that callers see, with a deployment that answers for each: the registry's first, then the configured ones.</summary>
    public IReadOnlyList<(string Id, Deployment Deployment)> Listed => _picture.Listed;

    public bool IsConfigured(string id) => _configured.ContainsKey(id);

    public DeploymentDefinition? Configured(string id) => _configured.GetValueOrDefault(id)?.Definition;

    /// <summary>What the name stands for in a chat; null when nothing that chats has it.</summary>
    public ModelRoute? Find(string name) => _picture.Chats.GetValueOrDefault(name);

    /// <summary>The same where embeddings are asked for: <see cref="Names.Default"/> stands for a model that makes them.</summary>
    public ModelRoute? FindForEmbeddings(string name) => _picture.Embeddings.GetValueOrDefault(name);

    /// <summary>Why a name leads to no route of the wanted kind, as OpenAI words it for its clients.</summary>
    public Problem Refusal(string name, bool chat)
    {
        var shown = name.Length > Names.MaxLength ? name[..Names.MaxLength] : name;
        if ((chat ? FindForEmbeddings(name) : Find(name)) is not null)
        {
            return Problem.Invalid("model", chat
                ? $"The model '{shown}' makes embeddings; it cannot chat."
                : $"The model '{shown}' answers chats; it makes no embeddings.", "model_not_supported");
        }
        return new Problem(404, "model_not_found", name == BuiltInEmbeddings
            ? $"The model '{name}' is not installed here: its weights come with a build that can use npm."
            : $"The model '{shown}' does not exist; GET /v1/models lists those that do.", "model");
    }

    /// <summary>Shows another registry, unless this one is newer.</summary>
    public void Apply(RegistryRecord registry)
    {
        lock (_gate)
        {
            if (registry.Revision > _picture.Registry.Revision)
                _picture = Draw(registry, _picture);
        }
    }

    private Picture Draw(RegistryRecord registry, Picture? before)
    {
        var deployments = registry.Deployments.Values
            .Select(definition => before?.Deployments.GetValueOrDefault(definition.Id) is { } known && Same(known.Definition, definition) ? known : Create(definition))
            .ToDictionary(deployment => deployment.Id, StringComparer.Ordinal);
        var all = _configured.Values.Concat(deployments.Values).ToDictionary(deployment => deployment.Id, StringComparer.Ordinal);
        var chats = Routes(all, registry, _default, deployment => deployment.Provider is not null);
        var embeddings = Routes(all, registry, _defaultEmbeddings, deployment => deployment.Embeddings is not null);
        var listed = deployments.Keys.Order(StringComparer.Ordinal)
            .Concat(registry.Aliases.Keys.Where(id => id != Names.Default && (chats.ContainsKey(id) || embeddings.ContainsKey(id))).Order(StringComparer.Ordinal))
            .Concat(ConfiguredIds).Select(id => (id, (chats.GetValueOrDefault(id) ?? embeddings[id]).Targets[0])).ToList();
        return new Picture(registry, deployments, chats, embeddings, listed);
    }

    // Targets that cannot do what is asked for are left out of their aliases.
    private static FrozenDictionary<string, ModelRoute> Routes(
        Dictionary<string, Deployment> all, RegistryRecord registry, string chosen, Func<Deployment, bool> can)
    {
        var routes = all.Values.Where(can).ToDictionary(deployment => deployment.Id, Direct, StringComparer.Ordinal);
        if (routes.GetValueOrDefault(chosen) is { } route)
            routes[Names.Default] = route with { Name = Names.Default, IsAlias = true };
        foreach (var alias in registry.Aliases.Values)
        {
            // A configured model that an alias names may be gone after a restart with another configuration.
            var targets = alias.Targets.Select(target => (Found: all.GetValueOrDefault(target.Deployment), target.Weight))
                .Where(target => target.Found is not null && can(target.Found)).ToList();
            if (targets.Count > 0)
                routes[alias.Id] = Alias(alias, [.. targets.Select(target => target.Found!)], [.. targets.Select(target => target.Weight ?? 1)]);
        }
        return routes.ToFrozenDictionary(StringComparer.Ordinal);
    }

    private static ModelRoute Direct(Deployment deployment) => new(
        deployment.Id, IsAlias: false, AliasMode.Ordered, [deployment], [1], Signature([deployment]), Ttl(deployment.Definition.CacheTtlSeconds));

    private static ModelRoute Alias(AliasDefinition alias, IReadOnlyList<Deployment> targets, IReadOnlyList<int> weights) => new(
        alias.Id, IsAlias: true, alias.Mode ?? AliasMode.Ordered, targets, weights, Signature(targets), Ttl(alias.CacheTtlSeconds));

    private static TimeSpan Ttl(int? seconds) => TimeSpan.FromSeconds(seconds ?? 0);

    private static string Signature(IReadOnlyList<Deployment> targets) => string.Join(
        '\n', targets.Select(target => $"{target.Id}\t{target.Definition.Model}\t{target.Definition.Version}\t{string.Join(' ', target.Definition.Endpoints ?? [])}"));

    private static bool Same(DeploymentDefinition one, DeploymentDefinition other) =>
        System.Text.Json.JsonSerializer.Serialize(one, Json.Options) == System.Text.Json.JsonSerializer.Serialize(other, Json.Options);

    private Deployment Create(DeploymentDefinition definition)
    {
        IEnumerable<Uri> addresses = definition.IsBuiltIn ? [new Uri("local:/")] : definition.Endpoints!;
        List<Upstream> endpoints = [.. addresses.Select(address => new Upstream(address, definition.Limits, _time))];
        switch (definition.EffectiveProvider)
        {
            case ProviderKind.Extractive:
                return new Deployment(definition, new ExtractiveProvider(_time), null, endpoints);
            case ProviderKind.UseLite:
                return new Deployment(definition, null, new UseLiteProvider(_useLite.Model!), endpoints);
            default:
                var connection = _openAi.Connect(definition);
                return new Deployment(definition, new OpenAiProvider(connection), new OpenAiEmbeddings(connection), endpoints);
        }
    }

    private sealed record Picture(
        RegistryRecord Registry, IReadOnlyDictionary<string, Deployment> Deployments, FrozenDictionary<string, ModelRoute> Chats,
        FrozenDictionary<string, ModelRoute> Embeddings,        IReadOnlyList<(string, Deployment)> Listed);
}
