using System.Text.Json;
using Agents.LocalRuntime.PubSub;
using Agents.LocalRuntime.Resiliency;
using Agents.LocalRuntime.Resources;
using Agents.LocalRuntime.Secrets;
using Agents.LocalRuntime.Sqlite;
using Agents.LocalRuntime.State;

namespace Agents.LocalRuntime.Apps;

/// <summary>Builds the components of one sidecar from their documents and reports everything that does not fit.</summary>
internal sealed class ComponentLoader(AppSpec app, Backends backends, Policies policies, Problems problems)
{
    private const string AllowedTypes =
        "state.sqlite, state.in-memory, pubsub.sqlite, pubsub.in-memory, secretstores.local.file, secretstores.local.env";

    /// <param name="specs">All that the app's folders define.</param>
    /// <param name="configuration">The app's.</param>
    /// <param name="current">What is loaded already; components that stay the same are taken from there.</param>
    public ComponentSet Load(IReadOnlyList<ComponentSpec> specs, ConfigurationSpec configuration, ComponentSet? current = null)
    {
        var set = new ComponentSet { SecretScopes = configuration.SecretScopes, Features = configuration.Features };
        var names = new Dictionary<string, ComponentSpec>();

        // Secret stores first: the others may take values from them.
        foreach (var spec in specs.Where(InScope).OrderBy(spec => spec.Type.StartsWith("secretstores.", StringComparison.Ordinal) ? 0 : 1))
        {
            if (names.TryGetValue(spec.Name, out var other))
            {
                problems.Add(spec.File, $"component {spec.Name}", $"is defined twice (also in {other.File})");
                continue;
            }

            names[spec.Name] = set.Specs[spec.Name] = spec;
            if (current?.TryKeep(spec, set) == true) continue;
            var settings = new ComponentSettings(spec, Resolve(spec, set), problems);
            if (Add(spec, settings, set)) settings.Close();
        }

        return set;
    }

    private bool InScope(ComponentSpec spec) => spec.Scopes.Count == 0 || spec.Scopes.Contains(app.AppId);

    private bool Add(ComponentSpec spec, ComponentSettings settings, ComponentSet set)
    {
        switch (spec.Type)
        {
            case "state.sqlite":
                AddState(settings, set, OpenStore(settings));
                return true;
            case "state.in-memory":
                AddState(settings, set, backends.Memory($"{spec.File}|{spec.Name}"));
                return true;
            case "pubsub.sqlite":
                AddPubSub(settings, set, OpenBroker(settings), settings.Int("concurrency", 16, 1, 10_000));
                return true;
            case "pubsub.in-memory":
                AddPubSub(settings, set, new InMemoryBroker(backends.Logs), 16);
                return true;
            case "secretstores.local.file":
                AddSecrets(spec, set, OpenFile(settings));
                return true;
            case "secretstores.local.env":
                AddSecrets(spec, set, new EnvironmentSecrets(settings.Text("prefix") ?? "", app.Environment));
                return true;
            default:
                problems.Add(spec.File, $"component {spec.Name}, spec.type", $"'{spec.Type}' is not supported (allowed: {AllowedTypes})");
                return false;
        }
    }

    private void AddState(ComponentSettings settings, ComponentSet set, IStateStore? store)
    {
        var spec = settings.Spec;
        var setting = settings.Text("keyPrefix") ?? "";
        if (!StateComponent.IsLegalKey(setting)) settings.Report("keyPrefix", $"'{setting}' can't contain '||'");
        var actors = settings.Bool("actorStateStore");
        foreach (var unsupported in (ReadOnlySpan<string>)["outboxPublishPubsub", "outboxPublishTopic"])
        {
            if (settings.Text(unsupported) is { Length: > 0 }) settings.Report(unsupported, "the outbox is not supported here");
        }

        if (store is null) return;
        var prefix = StateComponent.PrefixFor(setting, spec.Name, app.AppId, app.Variable("NAMESPACE"));
        var component = new StateComponent(spec.Name, prefix, actors, store, policies.Outbound(spec.Name, "Statestore"), backends.Gates.For(spec.Name));
        set.States[spec.Name] = component;
        set.Infos.Add(new(spec.Name, spec.Type, spec.Version, component.Capabilities));
        if (actors && set.States.Values.Count(other => other.IsActorStore) > 1)
        {
            settings.Report("actorStateStore", "another state store of this app is the actor state store already");
        }
    }

    private void AddPubSub(ComponentSettings settings, ComponentSet set, IBroker? broker, int concurrency)
    {
        var spec = settings.Spec;
        var group = settings.Text("consumerID") is { Length: > 0 } given ? given : app.AppId;
        var scopes = new TopicScopes(settings, app.AppId);
        if (broker is null) return;
        set.PubSubs[spec.Name] = new(
            spec.Name, broker, group, concurrency, scopes,
            policies.Outbound(spec.Name, "Pubsub"), policies.Inbound(spec.Name, "Pubsub"), backends.Gates.For(spec.Name));
        set.Infos.Add(new(spec.Name, spec.Type, spec.Version, broker.Capabilities));
    }

    private static void AddSecrets(ComponentSpec spec, ComponentSet set, ISecretStore? store)
    {
        if (store is null) return;
        set.Secrets[spec.Name] = store;
        set.Infos.Add(new(spec.Name, spec.Type, spec.Version, store.Capabilities));
    }

    private SqliteStateStore? OpenStore(ComponentSettings settings)
    {
        var table = Identifier(settings, "tableName", "state");
        var cleanup = settings.Duration("cleanupInterval", TimeSpan.FromHours(1));

        // daprd's own bookkeeping tables; this runtime needs none.
        settings.Text("metadataTableName");
        settings.Duration("timeout", default);
        return Open(settings, location => backends.Store(location, table, cleanup));
    }

    private SqliteBroker? OpenBroker(ComponentSettings settings)
    {
        var prefix = Identifier(settings, "tablePrefix", "pubsub_");
        var retention = settings.Duration("retention", TimeSpan.FromHours(1));
        return Open(settings, location => backends.Broker(location, prefix, retention));
    }

    private static T? Open<T>(ComponentSettings settings, Func<SqliteLocation, T> open)
        where T : class
    {
        var text = settings.Text("connectionString", required: true);
        var busy = settings.Duration("busyTimeout", TimeSpan.FromSeconds(2));
        var wal = !settings.Bool("disableWAL");
        if (string.IsNullOrEmpty(text)) return null;
        if (!SqliteLocation.TryParse(text, busy, wal, out var location, out var problem))
        {
            settings.Report("connectionString", problem);
            return null;
        }

        try
        {
            return open(location);
        }
        catch (Exception error) when (error is SqliteException or IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            settings.Report("connectionString", error.Message);
            return null;
        }
    }

    private static FileSecrets? OpenFile(ComponentSettings settings)
    {
        var file = settings.Text("secretsFile", required: true);
        var separator = settings.Text("nestedSeparator") is { Length: > 0 } given ? given : ":";
        var multiValued = settings.Bool("multiValued");
        if (string.IsNullOrEmpty(file)) return null;
        try
        {
            return new(file, separator, multiValued);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException)
        {
            settings.Report("secretsFile", error.Message);
            return null;
        }
    }

    /// <summary>Table names stand in SQL text.</summary>
    private static string Identifier(ComponentSettings settings, string name, string otherwise)
    {
        var text = settings.Text(name) is { Length: > 0 } given ? given : otherwise;
        if (text.Length <= 64 && char.IsAsciiLetter(text[0]) && text.All(c => char.IsAsciiLetterOrDigit(c) || c == '_')) return text;
        settings.Report(name, $"'{text}' must begin with a letter and have only letters, digits and _ (64 at most)");
        return otherwise;
    }

    private Dictionary<string, string> Resolve(ComponentSpec spec, ComponentSet set)
    {
        var values = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var item in spec.Metadata)
        {
            var value = item switch
            {
                { SecretName: not null } => Secret(spec, item, set),
                { EnvironmentName: { } variable } => app.Variable(variable)
                    ?? Missing(spec, item, $"environment variable {variable} is not set"),
                _ => item.Value ?? "",
            };
            if (!values.TryAdd(item.Name, FillIn(value)))
                problems.Add(spec.File, $"component {spec.Name}, metadata {item.Name}", "is given twice");
        }

        return values;
    }

    private string Secret(ComponentSpec spec, MetadataItem item, ComponentSet set)
    {
        if (spec.SecretStore is null) return "";
        if (!set.Secrets.TryGetValue(spec.SecretStore, out var store))
            return Missing(spec, item, $"there is no secret store '{spec.SecretStore}'");
        return store.Get(item.SecretName!)?.GetValueOrDefault(item.SecretKey!)
            ?? Missing(spec, item, $"secret store {spec.SecretStore} has no secret {item.SecretName} with key {item.SecretKey}");
    }

    private string Missing(ComponentSpec spec, MetadataItem item, string what)
    {
        problems.Add(spec.File, $"component {spec.Name}, metadata {item.Name}", what);
        return "";
    }

    private string FillIn(string value)
    {
        if (!value.Contains('{', StringComparison.Ordinal)) return value;
        var ownNamespace = app.Variable("NAMESPACE");
        return value
            .Replace("{uuid}", Guid.CreateVersion7().ToString(), StringComparison.Ordinal)
            .Replace("{podName}", app.Variable("POD_NAME") ?? "", StringComparison.Ordinal)
            .Replace("{namespace}", string.IsNullOrEmpty(ownNamespace) ? app.AppId : $"{ownNamespace}.{app.AppId}", StringComparison.Ordinal)
            .Replace("{appID}", app.AppId, StringComparison.Ordinal);
    }
}
