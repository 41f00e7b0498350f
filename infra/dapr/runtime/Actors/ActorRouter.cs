using Agents.LocalRuntime.Actors.Hosting;
using Agents.LocalRuntime.Actors.Turns;
using Agents.LocalRuntime.Apps;
using Agents.LocalRuntime.Http;

namespace Agents.LocalRuntime.Actors;

/// <summary>Brings calls to the hosts of their actors, one turn at a time.</summary>
internal sealed class ActorRouter(ActorNetwork network, TimeProvider time)
{
    /// <summary>daprd's built-in policies: five and three further attempts, a second apart.</summary>
    private static readonly TimeSpan LookupLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RefusalWait = TimeSpan.FromSeconds(1);
    private const int RefusalRetries = 3;

    /// <summary>A turn whose caller has gone ends its work undisturbed for so long: breaking it off would let the next one in beside it.</summary>
    private static readonly TimeSpan AbandonedTurn = TimeSpan.FromMinutes(1);

    /// <returns>What the app answered, whatever the status.</returns>
    /// <exception cref="ActorCallException">There was no answer.</exception>
    public Task<ActorAnswer> CallAsync(ActorCall call, CancellationToken cancel) => call.Caller.Policies.Actor(call.Key.Type).AroundTurnAsync(
        call.Key.Id, token => AttemptAsync(call, token), static answer => answer.Status is 200 or 404 ? null : answer.Status, cancel);

    private async Task<ActorAnswer> AttemptAsync(ActorCall call, CancellationToken cancel)
    {
        for (var refusals = 0; ;)
        {
            var home = await LookUpAsync(call.Key, cancel);
            var settings = home.Settings(call.Key.Type);
            var inChain = settings.Reentrant ? call with { Chain = call.Chain ?? Guid.CreateVersion7().ToString() } : call with { Chain = null };
            var turn = await network.Table.EnterAsync(call.Key, inChain.Chain, settings.MaxStackDepth, cancel);
            try
            {
                if (await RunAsync(turn, inChain, cancel).WaitAsync(cancel) is { } answer) return answer;
            }
            catch (HostRefusedException refused)
            {
                refused.Host.NoticeGone();
                if (network.Placement.Home(call.Key) is { } other && other != refused.Host) continue;
                if (refused.Host == call.Caller || ++refusals > RefusalRetries) throw new ActorCallException(refused.Message);
                await Task.Delay(RefusalWait, time, cancel);
            }
        }
    }

    private async Task<ActorHost> LookUpAsync(ActorKey key, CancellationToken cancel)
    {
        if (network.Placement.Find(key) is { } home) return home;
        using var limit = new CancellationTokenSource(LookupLimit, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancel);
        try
        {
            while (true)
            {
                var changed = network.Placement.Changed;
                if (network.Placement.Find(key) is { } found) return found;
                await changed.WaitAsync(both.Token);
            }
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new ActorCallException($"failed to lookup actor: api error: code = FailedPrecondition desc = did not find address for actor '{key}'");
        }
    }

    /// <summary>Owns the turn to its end, also when the caller has gone. Null: the actor's home vanished meanwhile.</summary>
    private async Task<ActorAnswer?> RunAsync(Turn turn, ActorCall call, CancellationToken caller)
    {
        var activation = turn.Activation;
        try
        {
            if (await network.SettleAsync(turn) is not { } host) return null;
            var stay = activation.Stay;
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(stay);
            await using var farewell = caller.UnsafeRegister(_ => limit.CancelAfter(AbandonedTurn), null);
            try
            {
                return await host.Policies.Actor(call.Key.Type).DuringTurnAsync(token => host.SendAsync(call, token), limit.Token);
            }
            catch (HttpRequestException error) when (AppChannel.IsConnectFailure(error))
            {
                throw new HostRefusedException(host, host.Describe(call, error));
            }
            catch (HttpRequestException error)
            {
                throw new ActorCallException(host.Describe(call, error));
            }
            catch (IOException)
            {
                throw new ActorCallException(host.Describe(call, new HttpRequestException()));
            }
            catch (BodyTooLargeException)
            {
                throw new ActorCallException($"the app's answer is larger than {host.Spec.MaxBodySize} bytes");
            }
            catch (OperationCanceledException) when (limit.IsCancellationRequested)
            {
                throw new ActorCallException(stay.IsCancellationRequested ? "context canceled: the actor had to leave its host" : "context canceled");
            }
        }
        finally
        {
            activation.LastUsed = time.GetUtcNow();
            turn.Dispose();
            network.WatchIdle(activation);
        }
    }
}
