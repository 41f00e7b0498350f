namespace Agents.LocalRuntime.Resiliency;

/// <summary>
/// What a Resiliency resource says about one actor type, in daprd's order: retry( circuit breaker( waiting for the turn(
/// timeout( call )))). Time spent in the queue therefore never counts against the timeout.
/// </summary>
internal sealed class ActorPolicy(Policy duringTurn, Policy aroundTurn, BreakerCache? perActor)
{
    public static readonly ActorPolicy None = new(Policy.None, Policy.None, null);

    /// <inheritdoc cref="Policy.RunAsync"/>
    public Task<T> AroundTurnAsync<T>(string actorId, Func<CancellationToken, Task<T>> attempt, Func<T, int?> failure, CancellationToken cancel)
    {
        if (perActor is null) return aroundTurn.RunAsync(attempt, failure, null, cancel);
        var own = perActor.For(actorId);
        return aroundTurn.RunAsync(token => own.RunAsync(attempt, failure, null, token), failure, null, cancel);
    }

    /// <inheritdoc cref="Policy.RunAsync"/>
    public Task<T> DuringTurnAsync<T>(Func<CancellationToken, Task<T>> call, CancellationToken cancel) =>
        duringTurn.RunAsync(call, static _ => null, null, cancel);
}

/// <summary>Circuit breakers of single actors; the one unused for longest goes when there are too many.</summary>
internal sealed class BreakerCache(BreakerOptions options, int size, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, LinkedListNode<(string Id, Policy Policy)>> _known = [];
    private readonly LinkedList<(string Id, Policy Policy)> _byUse = new();

    public Policy For(string actorId)
    {
        lock (_lock)
        {
            if (_known.TryGetValue(actorId, out var node))
            {
                _byUse.Remove(node);
            }
            else
            {
                if (_known.Count >= size)
                {
                    _known.Remove(_byUse.Last!.Value.Id);
                    _byUse.RemoveLast();
                }

                node = _known[actorId] = new((actorId, new Policy(null, null, new CircuitBreaker(options, time), time)));
            }

            _byUse.AddFirst(node);
            return node.Value.Policy;
        }
    }
}
