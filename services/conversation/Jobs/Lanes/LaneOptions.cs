using System.ComponentModel.DataAnnotations;
using System.Text.RegularExpressions;

namespace Agents.Conversation.Jobs.Lanes;

/// <summary>A lane: jobs that wait together for the same kind of worker. Its topic is <c>jobs-{name}</c>, its workers' app id <c>conversation-{name}</c>.</summary>
public sealed class LaneSpec
{
    /// <summary>Jobs that one worker runs at a time.</summary>
    [Range(1, 256)]
    public int Slots { get; set; } = 8;

    /// <summary>Into how many parts the lane is divided by tenant, each with an order of its own.</summary>
    [Range(1, 64)]
    public int Shards { get; set; } = 4;

    /// <summary>Jobs of one tenant that run at a time; 0 for no limit but the slots.</summary>
    [Range(0, 10_000)]
    public int TenantConcurrency { get; set; }

    /// <summary>Attempts after which a job becomes a dead letter; a worker that is lost counts as one.</summary>
    [Range(1, 50)]
    public int MaxAttempts { get; set; } = 8;

    /// <summary>Jobs that may wait in one shard.</summary>
    [Range(1, 50_000)]
    public int MaxWaiting { get; set; } = 20_000;

    /// <summary>Jobs of one tenant that may wait.</summary>
    [Range(1, 50_000)]
    public int MaxWaitingPerTenant { get; set; } = 10_000;
}

/// <summary>The lanes of this installation, <c>Lanes:{name}:...</c>; premium, standard and batch exist without configuration.</summary>
internal sealed partial class LaneOptions
{
    public const string Section = "Lanes";

    private readonly SortedDictionary<string, LaneSpec> _lanes = new(StringComparer.Ordinal);

    /// <exception cref="ValidationException">A lane's name or one of its settings is out of range.</exception>
    public LaneOptions(IConfiguration configuration)
    {
        _lanes["premium"] = new LaneSpec();
        _lanes["standard"] = new LaneSpec();
        _lanes["batch"] = new LaneSpec { Slots = 4 };
        foreach (var section in configuration.GetSection(Section).GetChildren())
        {
            var name = section.Key.ToLowerInvariant();
            if (!NameForm().IsMatch(name) || name == "hooks")
                throw new ValidationException($"{Section}: '{section.Key}' is no name of a lane; use 1 to 30 of a-z, 0-9 and '-'.");
            var spec = _lanes.GetValueOrDefault(name) ?? new LaneSpec();
            section.Bind(spec);
            Validator.ValidateObject(spec, new ValidationContext(spec), validateAllProperties: true);
            _lanes[name] = spec;
        }
    }

    public IReadOnlyCollection<string> Names => _lanes.Keys;

    public bool Has(string lane) => _lanes.ContainsKey(lane);

    public LaneSpec this[string lane] => _lanes[lane];

    /// <summary>The app id of a lane's workers, where they are apart.</summary>
    public static string AppId(string lane) => $"conversation-{lane}";

    /// <summary>Where wake-ups of a lane are published.</summary>
    public static string Topic(string lane) => $"jobs-{lane}";

    [GeneratedRegex("^[a-z][a-z0-9-]{0,29}$")]
    private static partial Regex NameForm();
}
