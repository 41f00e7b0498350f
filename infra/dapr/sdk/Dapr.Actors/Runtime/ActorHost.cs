using System.Text.Json;
using Dapr.Actors.Client;
using Microsoft.Extensions.Logging;

namespace Dapr.Actors.Runtime;

/// <summary>What an actor instance gets from its runtime.</summary>
public sealed class ActorHost
{
    internal ActorHost(
        ActorTypeInformation actorTypeInfo, ActorId id, JsonSerializerOptions jsonSerializerOptions, ILoggerFactory loggerFactory,
        IActorProxyFactory proxyFactory, ActorTimerManager timerManager, ActorStateStore? stateStore)
    {
        (ActorTypeInfo, Id, JsonSerializerOptions, LoggerFactory) = (actorTypeInfo, id, jsonSerializerOptions, loggerFactory);
        (ProxyFactory, TimerManager, StateStore) = (proxyFactory, timerManager, stateStore);
    }

    /// <summary>The class and its name.</summary>
    public ActorTypeInformation ActorTypeInfo { get; }

    /// <summary>The id among the actors of the type.</summary>
    public ActorId Id { get; }

    /// <summary>Creates the loggers.</summary>
    public ILoggerFactory LoggerFactory { get; }

    /// <summary>How arguments, results and state become JSON.</summary>
    public JsonSerializerOptions JsonSerializerOptions { get; }

    /// <summary>Creates proxies of other actors.</summary>
    public IActorProxyFactory ProxyFactory { get; }

    /// <summary>Registers timers and reminders.</summary>
    public ActorTimerManager TimerManager { get; }

    /// <summary>Where the state is; null in unit tests, which put a state manager of their own into the actor.</summary>
    internal ActorStateStore? StateStore { get; }

    /// <summary>Creates a host for unit tests.</summary>
    public static ActorHost CreateForTest<TActor>(ActorTestOptions? options = null) where TActor : Actor =>
        CreateForTest(typeof(TActor), null!, options);

    /// <summary>Creates a host for unit tests, with a type name.</summary>
    public static ActorHost CreateForTest<TActor>(string actorTypeName, ActorTestOptions? options = null) where TActor : Actor =>
        CreateForTest(typeof(TActor), actorTypeName, options);

    /// <summary>Creates a host for unit tests.</summary>
    public static ActorHost CreateForTest(Type actorType, ActorTestOptions? options = null) => CreateForTest(actorType, null!, options);

    /// <summary>Creates a host for unit tests, with a type name.</summary>
    public static ActorHost CreateForTest(Type actorType, string actorTypeName, ActorTestOptions? options = null)
    {
        options ??= new ActorTestOptions();
        return new ActorHost(
            ActorTypeInformation.Get(actorType, actorTypeName), options.ActorId, options.JsonSerializerOptions, options.LoggerFactory,
            options.ProxyFactory, options.TimerManager, stateStore: null);
    }
}
