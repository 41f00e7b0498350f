using System.Collections.Concurrent;

namespace Agents.LocalRuntime.Resiliency;

/// <summary>
/// The policies that apply to one app's calls. A target that no resource names gets the policies with Dapr's default
/// names, the most special first (for example DefaultPubsubComponentInboundRetryPolicy, then
/// DefaultComponentInboundRetryPolicy, then DefaultRetryPolicy).
/// </summary>
internal sealed class Policies(IReadOnlyList<ResiliencySpec> specs, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, Policy> _policies = [];
    private readonly ConcurrentDictionary<string, ActorPolicy> _actors = [];

    public Policy App(string appId) => Get("app " + appId, spec => spec.Apps, appId, ["App", ""]);

    public ActorPolicy Actor(string actorType) =>
        specs.Count == 0 ? ActorPolicy.None : _actors.GetOrAdd(actorType, static (type, self) => self.BuildActor(type), this);

    /// <param name="component">The component's name.</param>
    /// <param name="kind">Statestore or Pubsub, as Dapr's default names write it.</param>
    public Policy Outbound(string component, string kind) =>
        Get("out " + component, spec => spec.Outbound, component, [$"{kind}ComponentOutbound", "ComponentOutbound", "Component", ""]);

    /// <inheritdoc cref="Outbound"/>
    public Policy Inbound(string component, string kind) =>
        Get("in " + component, spec => spec.Inbound, component, [$"{kind}ComponentInbound", "ComponentInbound", "Component", ""]);

    private Policy Get(
        string key, Func<ResiliencySpec, IReadOnlyDictionary<string, TargetPolicies>> targets, string target, string[] defaults)
    {
        if (specs.Count == 0) return Policy.None;
        return _policies.TryGetValue(key, out var policy)
            ? policy
            : _policies.GetOrAdd(key, Build(targets, target, defaults));
    }

    private ActorPolicy BuildActor(string type)
    {
        var (timeout, retry, breaker) = Choose(spec => spec.Actors, type, ["Actor", ""]);
        var names = specs.Select(spec => spec.Actors.GetValueOrDefault(type)).FirstOrDefault(found => found is not null);
        return new(
            Create(timeout, null, null), Create(null, retry, names?.Scope is BreakerScope.Id ? null : breaker),
            breaker is null || names is null or { Scope: BreakerScope.Type } ? null : new(breaker, names.CacheSize, time));
    }

    private Policy Build(
        Func<ResiliencySpec, IReadOnlyDictionary<string, TargetPolicies>> targets, string target, string[] defaults)
    {
        var (timeout, retry, breaker) = Choose(targets, target, defaults);
        return Create(timeout, retry, breaker);
    }

    private (TimeSpan? Timeout, RetryOptions? Retry, BreakerOptions? Breaker) Choose(
        Func<ResiliencySpec, IReadOnlyDictionary<string, TargetPolicies>> targets, string target, string[] defaults)
    {
        foreach (var spec in specs)
        {
            if (targets(spec).TryGetValue(target, out var names))
            {
                return (Find(spec.Timeouts, names.Timeout), FindRef(spec.Retries, names.Retry), FindRef(spec.Breakers, names.CircuitBreaker));
            }
        }

        TimeSpan? timeout = null;
        RetryOptions? retry = null;
        BreakerOptions? breaker = null;
        foreach (var name in defaults)
        {
            foreach (var spec in specs)
            {
                timeout ??= Find(spec.Timeouts, $"Default{name}TimeoutPolicy");
                retry ??= FindRef(spec.Retries, $"Default{name}RetryPolicy");
                breaker ??= FindRef(spec.Breakers, $"Default{name}CircuitBreakerPolicy");
            }
        }

        return (timeout, retry, breaker);
    }

    private Policy Create(TimeSpan? timeout, RetryOptions? retry, BreakerOptions? breaker) =>
        timeout is null && retry is null && breaker is null
            ? Policy.None
            : new Policy(timeout, retry, breaker is null ? null : new CircuitBreaker(breaker, time), time);

    private static TimeSpan? Find(IReadOnlyDictionary<string, TimeSpan> policies, string? name) =>
        name is not null && policies.TryGetValue(name, out var policy) ? policy : null;

    private static T? FindRef<T>(IReadOnlyDictionary<string, T> policies, string? name)
        where T : class => name is null ? null : policies.GetValueOrDefault(name);
}
