using System.Text.Json;
using Dapr.Actors.Client;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dapr.Actors.Runtime;

/// <summary>What an actor gets in a unit test.</summary>
public sealed class ActorTestOptions
{
    /// <summary>The id; the default is a new one.</summary>
    public ActorId ActorId { get; set; } = ActorId.CreateRandom();

    /// <summary>Creates the loggers; the default logs nothing.</summary>
    public ILoggerFactory LoggerFactory { get; set; } = NullLoggerFactory.Instance;

    /// <summary>How values become JSON; the default is <see cref="JsonSerializerDefaults.Web"/>.</summary>
    public JsonSerializerOptions JsonSerializerOptions { get; set; } = new(JsonSerializerDefaults.Web);

    /// <summary>Creates proxies; the default refuses to.</summary>
    public IActorProxyFactory ProxyFactory { get; set; } = new Absent();

    /// <summary>Registers timers and reminders; the default refuses to.</summary>
    public ActorTimerManager TimerManager { get; set; } = new AbsentTimers();

    private static NotSupportedException Refusal(string what) =>
        new($"This actor runs in a unit test without {what}; give {nameof(ActorTestOptions)} one of the test's own.");

    private sealed class Absent : IActorProxyFactory
    {
        public ActorProxy Create(ActorId actorId, string actorType, ActorProxyOptions? options = null) => throw Refusal("a proxy factory");
    }

    private sealed class AbsentTimers : ActorTimerManager
    {
        public override Task RegisterReminderAsync(ActorReminder reminder) => throw Refusal("a timer manager");

        public override Task<IActorReminder> GetReminderAsync(ActorReminderToken reminder) => throw Refusal("a timer manager");

        public override Task UnregisterReminderAsync(ActorReminderToken reminder) => throw Refusal("a timer manager");

        public override Task RegisterTimerAsync(ActorTimer timer) => throw Refusal("a timer manager");

        public override Task UnregisterTimerAsync(ActorTimerToken timer) => throw Refusal("a timer manager");
    }
}
