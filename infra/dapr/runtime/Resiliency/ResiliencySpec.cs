using Agents.LocalRuntime.Resources;

namespace Agents.LocalRuntime.Resiliency;

/// <summary>Names of the policies that a target uses, and for actors what has a circuit breaker of its own.</summary>
internal sealed record TargetPolicies(
    string? Timeout, string? Retry, string? CircuitBreaker, BreakerScope Scope = BreakerScope.Type, int CacheSize = TargetPolicies.DefaultCacheSize)
{
    public const int DefaultCacheSize = 5_000;
}

/// <summary>Whether circuit breakers count per actor type, per actor, or both.</summary>
internal enum BreakerScope
{
    Type,
    Id,
    Both,
}

/// <summary>A <c>kind: Resiliency</c> document.</summary>
internal sealed record ResiliencySpec(
    IReadOnlyDictionary<string, TimeSpan> Timeouts,
    IReadOnlyDictionary<string, RetryOptions> Retries,
    IReadOnlyDictionary<string, BreakerOptions> Breakers,
    IReadOnlyDictionary<string, TargetPolicies> Apps,
    IReadOnlyDictionary<string, TargetPolicies> Actors,
    IReadOnlyDictionary<string, TargetPolicies> Inbound,
    IReadOnlyDictionary<string, TargetPolicies> Outbound,
    IReadOnlyList<string> Scopes)
{
    public static ResiliencySpec Read(Section document)
    {
        var timeouts = new Dictionary<string, TimeSpan>();
        var retries = new Dictionary<string, RetryOptions>();
        var breakers = new Dictionary<string, BreakerOptions>();
        var result = new ResiliencySpec(
            timeouts, retries, breakers,
            new Dictionary<string, TargetPolicies>(), new Dictionary<string, TargetPolicies>(),
            new Dictionary<string, TargetPolicies>(), new Dictionary<string, TargetPolicies>(),
            document.Texts("scopes"));
        if (document.Map("spec", required: true) is not { } spec) return result;
        if (spec.Map("policies") is { } policies)
        {
            if (policies.Map("timeouts") is { } section)
            {
                foreach (var name in section.Names) timeouts[name] = section.Duration(name) ?? default;
            }

            Each(policies.Map("retries"), (name, section) => retries[name] = RetryOptions.Read(section));
            Each(policies.Map("circuitBreakers"), (name, section) => breakers[name] = BreakerOptions.Read(section));
            policies.Close();
        }

        if (spec.Map("targets") is { } targets) result.ReadTargets(targets);
        spec.Close();
        return result;
    }

    private void ReadTargets(Section targets)
    {
        Each(targets.Map("apps"), (name, section) => Add(Apps, name, section, "circuitBreakerCacheSize"));
        Each(targets.Map("actors"), AddActor);
        Each(targets.Map("components"), (name, section) =>
        {
            if (section.Map("inbound") is { } inbound) Add(Inbound, name, inbound);
            if (section.Map("outbound") is { } outbound) Add(Outbound, name, outbound);
            section.Close();
        });
        targets.Close();
    }

    private void AddActor(string name, Section section)
    {
        var scope = section.Text("circuitBreakerScope") switch
        {
            null or "" or "type" => BreakerScope.Type,
            "id" => BreakerScope.Id,
            "both" => BreakerScope.Both,
            var other => Unknown(other),
        };
        var size = section.Int("circuitBreakerCacheSize", 1, 1_000_000) ?? TargetPolicies.DefaultCacheSize;
        Add(Actors, name, section);
        var actors = (Dictionary<string, TargetPolicies>)Actors;
        actors[name] = actors[name] with { Scope = scope, CacheSize = size };

        BreakerScope Unknown(string given)
        {
            section.Report("circuitBreakerScope", $"'{given}' must be type, id or both");
            return default;
        }
    }

    private void Add(IReadOnlyDictionary<string, TargetPolicies> targets, string name, Section section, params ReadOnlySpan<string> ignored)
    {
        var policies = new TargetPolicies(
            Reference(section, "timeout", Timeouts), Reference(section, "retry", Retries), Reference(section, "circuitBreaker", Breakers));
        section.Ignore(ignored);
        section.Close();
        ((Dictionary<string, TargetPolicies>)targets)[name] = policies;
    }

    private static string? Reference<T>(Section section, string field, IReadOnlyDictionary<string, T> defined)
    {
        var name = section.Text(field);
        if (name is not null && !defined.ContainsKey(name))
        {
            section.Report(field, $"'{name}' is not defined under policies (defined: {string.Join(", ", defined.Keys.Order())})");
        }

        return name;
    }

    private static void Each(Section? map, Action<string, Section> read)
    {
        if (map is null) return;
        foreach (var name in map.Names)
        {
            if (map.Map(name, required: true) is { } section) read(name, section);
        }
    }
}
