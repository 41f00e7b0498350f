using System.Text.Json;
using Dapr.Actors.Client;
using Microsoft.Extensions.Logging;

namespace Dapr.Actors.Runtime;

/// <summary>Runs the actors of this app; the sidecar says which, when and one call at a time.</summary>
public sealed class ActorRuntime
{
    private const string ReminderMethod = nameof(IRemindable.ReceiveReminderAsync);
    private const string TimerMethod = "FireTimerAsync";

    private readonly ActorRuntimeOptions _options;
    private readonly Dictionary<string, ActiveActors> _types;

    internal ActorRuntime(
        ActorRuntimeOptions options, ILoggerFactory loggers, ActorActivatorFactory activators, IActorProxyFactory proxies, TimeProvider time)
    {
        _options = options;
        var sidecar = new ActorSidecar(options.HttpEndpoint!, options.DaprApiToken, timeout: null);
        var timers = new SidecarTimerManager(sidecar);
        _types = options.Actors.ToDictionary(it => it.Type.ActorTypeName, Active, StringComparer.Ordinal);

        ActiveActors Active(ActorRegistration it) =>
            new(it.Type, it.Activator ?? activators.CreateActivator(it.Type), id => Host(it.Type, id));

        ActorHost Host(ActorTypeInformation type, ActorId id) => new(
            type, id, options.JsonSerializerOptions, loggers, proxies, timers,
            new ActorStateStore(sidecar, type.ActorTypeName, id.GetId(), options.JsonSerializerOptions, time));
    }

    /// <summary>The actor types this app hosts.</summary>
    public IReadOnlyList<ActorRegistration> RegisteredActors => _options.Actors;

    internal ReadOnlyMemory<byte> Config() => ActorConfigDocument.Of(_options);

    /// <summary>Calls a method with a JSON argument and gives its JSON result, which is empty when it has none.</summary>
    /// <exception cref="ActorCallRefusedException">There is no such type or method here, or the body is no argument of it.</exception>
    internal async Task<byte[]> InvokeAsync(string type, string id, string method, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        var actors = Find(type);
        var called = actors.Methods.Find(method)
            ?? throw ActorCallRefusedException.Unknown($"The actor type '{type}' has no method '{method}'.");
        var argument = Read($"argument of '{method}'", () => called.ReadArgument(body.Span, _options.JsonSerializerOptions));
        var actor = await actors.GetAsync(new ActorId(id));
        return await actor.RunTurnAsync(
            new ActorMethodContext(method, ActorCallType.ActorInterfaceMethod),
            () => called.InvokeAsync(actor, argument, _options.JsonSerializerOptions, cancellationToken));
    }

    /// <summary>Brings a reminder; a type that takes none ignores it.</summary>
    internal async Task RemindAsync(string type, string id, string name, ReadOnlyMemory<byte> body)
    {
        var actors = Find(type);
        if (!actors.Type.IsRemindable) return;
        var fired = Read("reminder", () => FiredCall.Read(JsonSerializer.Deserialize<JsonElement>(body.Span)));
        var actor = await actors.GetAsync(new ActorId(id));
        await actor.RunTurnAsync(new ActorMethodContext(ReminderMethod, ActorCallType.ReminderMethod), async () =>
        {
            await ((IRemindable)actor).ReceiveReminderAsync(name, fired.Data, fired.DueTime, fired.Period);
            return true;
        });
    }

    /// <summary>Calls the method a timer was registered with.</summary>
    internal async Task FireTimerAsync(string type, string id, ReadOnlyMemory<byte> body)
    {
        var actors = Find(type);
        var (callback, data) = Read("timer", () => FiredCall.ReadTimer(JsonSerializer.Deserialize<JsonElement>(body.Span)));
        var actor = await actors.GetAsync(new ActorId(id));
        await actor.RunTurnAsync(new ActorMethodContext(TimerMethod, ActorCallType.TimerMethod), async () =>
        {
            await TimerCallback.InvokeAsync(actor, callback, data);
            return true;
        });
    }

    /// <summary>Lets go of an actor; one that is not in memory is no error.</summary>
    internal Task DeactivateAsync(string type, string id) => Find(type).DeactivateAsync(new ActorId(id));

    private ActiveActors Find(string type) =>
        _types.GetValueOrDefault(type) ?? throw ActorCallRefusedException.Unknown($"This app hosts no actor type '{type}'.");

    private static T Read<T>(string what, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception error) when (error is JsonException or FormatException)
        {
            throw ActorCallRefusedException.Malformed($"The body is no {what}: {error.Message}");
        }
    }
}
