using System.Text.Json;
using Agents.LocalRuntime.Resources;

namespace Agents.LocalRuntime.Actors.Hosting;

/// <summary>How the actors of one type are treated.</summary>
/// <param name="IdleTimeout">Without a call for so long, an actor is let go.</param>
/// <param name="DrainTimeout">How long a turn under way may go on when its actor has to move.</param>
/// <param name="DrainRebalanced">Whether it may at all.</param>
/// <param name="Reentrant">Whether a call chain may come back to an actor it is in.</param>
/// <param name="MaxStackDepth">How often.</param>
internal sealed record ActorSettings(TimeSpan IdleTimeout, TimeSpan DrainTimeout, bool DrainRebalanced, bool Reentrant, int MaxStackDepth)
{
    private static readonly TimeSpan LongestDrain = TimeSpan.FromMinutes(1);

    public static readonly ActorSettings Default = new(TimeSpan.FromMinutes(60), TimeSpan.FromSeconds(2), true, false, 32);

    /// <summary>These settings with the members of one JSON object laid over them.</summary>
    /// <exception cref="JsonException">A member is not what it must be.</exception>
    public ActorSettings With(JsonElement json)
    {
        var settings = this;
        foreach (var member in json.EnumerateObject().Where(member => member.Value.ValueKind != JsonValueKind.Null))
        {
            settings = member.Name.ToLowerInvariant() switch
            {
                "actoridletimeout" => settings with { IdleTimeout = Duration(member) },
                "drainongoingcalltimeout" => settings with { DrainTimeout = Duration(member) is var drain && drain < LongestDrain ? drain : LongestDrain },
                "drainrebalancedactors" => settings with { DrainRebalanced = Bool(member) },
                "reentrancy" when member.Value.ValueKind == JsonValueKind.Object => settings.WithReentrancy(member.Value),
                _ => settings,
            };
        }

        return settings;
    }

    private ActorSettings WithReentrancy(JsonElement json)
    {
        var settings = this;
        foreach (var member in json.EnumerateObject())
        {
            if (member.Name.Equals("enabled", StringComparison.OrdinalIgnoreCase)) settings = settings with { Reentrant = Bool(member) };
            if (member.Name.Equals("maxStackDepth", StringComparison.OrdinalIgnoreCase) && member.Value.ValueKind != JsonValueKind.Null)
            {
                settings = settings with
                {
                    MaxStackDepth = member.Value.ValueKind == JsonValueKind.Number && member.Value.TryGetInt32(out var depth) && depth > 0
                        ? depth
                        : throw new JsonException("maxStackDepth must be a whole number from 1"),
                };
            }
        }

        return settings;
    }

    private static bool Bool(JsonProperty member) => member.Value.ValueKind is JsonValueKind.True or JsonValueKind.False
        ? member.Value.GetBoolean()
        : throw new JsonException($"{member.Name} must be true or false");

    private static TimeSpan Duration(JsonProperty member)
    {
        if (member.Value.ValueKind == JsonValueKind.String && GoDuration.TryParse(member.Value.GetString()!, out var duration) &&
            duration >= TimeSpan.Zero && duration < TimeSpan.FromDays(36_500)) return duration;
        throw new JsonException($"{member.Name} must be a duration such as 30s or 1h");
    }
}

/// <summary>The actor types of an app, in its own order, with their settings: the answer to GET /dapr/config.</summary>
internal sealed record ActorConfig(IReadOnlyList<string> Types, IReadOnlyDictionary<string, ActorSettings> Settings)
{
    private const int MostTypes = 1_000;

    public static readonly ActorConfig None = new([], new Dictionary<string, ActorSettings>());

    /// <exception cref="JsonException">The answer is no JSON object of this shape.</exception>
    public static ActorConfig Parse(ReadOnlyMemory<byte> body)
    {
        using var document = JsonDocument.Parse(body);
        var root = document.RootElement;
        if (root.ValueKind == JsonValueKind.Null) return None;
        if (root.ValueKind != JsonValueKind.Object) throw new JsonException("the answer must be an object");
        var common = ActorSettings.Default.With(root);
        var types = Entities(root);
        if (types.Count > MostTypes) throw new JsonException($"more than {MostTypes} actor types");
        if (types.FirstOrDefault(type => ActorNames.Problem(type) is not null || ActorNames.IsReserved(type)) is { } illegal)
            throw new JsonException($"entities: '{illegal}' cannot be an actor type");
        var settings = types.ToDictionary(type => type, _ => common);
        foreach (var section in Array(root, "entitiesConfig"))
        {
            var own = common.With(section);
            foreach (var type in Entities(section).Where(settings.ContainsKey)) settings[type] = own;
        }

        return new(types, settings);
    }

    private static List<string> Entities(JsonElement json) => [.. Array(json, "entities")
        .Select(item => item.ValueKind == JsonValueKind.String ? item.GetString()! : throw new JsonException("entities must be a list of strings"))
        .Distinct()];

    private static JsonElement.ArrayEnumerator Array(JsonElement json, string name)
    {
        if (json.ValueKind != JsonValueKind.Object) throw new JsonException("entitiesConfig must be a list of objects");
        var member = json.EnumerateObject().LastOrDefault(member => member.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;
        return member.ValueKind switch
        {
            JsonValueKind.Array => member.EnumerateArray(),
            JsonValueKind.Undefined or JsonValueKind.Null => default,
            _ => throw new JsonException($"{name} must be a list"),
        };
    }
}
