using System.Collections.Concurrent;
using System.Text;
using Dapr.Actors;
using Dapr.Actors.Runtime;

namespace Agents.SdkTests.Actors;

internal interface ICounter : IActor
{
    Task<int> Add(Step step, CancellationToken cancellationToken);

    Task<int> Get();

    Task Fail();

    Task Tick(CancellationToken cancellationToken);

    Task<string> Ask(ActorId other);

    Task<string> Schedule(string what);
}

internal sealed record Step(int By, int? LifeInSeconds = null);

/// <summary>What the actors of one app did, in order.</summary>
internal sealed class Diary
{
    public ConcurrentQueue<string> Lines { get; } = new();
}

/// <summary>An actor that uses all a base class offers.</summary>
[Actor(TypeName = "Counter")]
internal sealed class Counter(ActorHost host, Diary diary) : Actor(host), ICounter, IRemindable, IAsyncDisposable
{
    private const string Total = "total";

    public async Task<int> Add(Step step, CancellationToken cancellationToken) => step.LifeInSeconds is { } seconds
        ? await StateManager.AddOrUpdateStateAsync(Total, step.By, (_, old) => old + step.By, TimeSpan.FromSeconds(seconds), cancellationToken)
        : await StateManager.AddOrUpdateStateAsync(Total, step.By, (_, old) => old + step.By, cancellationToken);

    public Task<int> Get() => StateManager.GetStateAsync<int>(Total);

    public async Task Fail()
    {
        await StateManager.SetStateAsync(Total, -1);
        throw new InvalidOperationException("The counter broke.");
    }

    public Task Tick(CancellationToken cancellationToken)
    {
        diary.Lines.Enqueue("tick");
        return Task.CompletedTask;
    }

    public Task<string> Ask(ActorId other) => ProxyFactory.Create(other, "Counter").InvokeMethodAsync<string>("Get");

    public async Task<string> Schedule(string what)
    {
        switch (what)
        {
            case "reminder":
                return (await RegisterReminderAsync("wake", Encoding.UTF8.GetBytes("why"), TimeSpan.FromSeconds(5), TimeSpan.FromHours(25))).Name;
            case "once":
                return (await RegisterReminderAsync("wake", null, TimeSpan.Zero, TimeSpan.FromMilliseconds(-1), TimeSpan.FromMinutes(1))).Name;
            case "thrice":
                return (await RegisterReminderAsync("wake", null, TimeSpan.Zero, TimeSpan.FromSeconds(90), 3)).Name;
            case "timer":
                return (await RegisterTimerAsync("beat", "OnBeat", [1, 2], TimeSpan.FromMilliseconds(1500), TimeSpan.FromSeconds(1))).Name;
            case "one timer":
                return (await RegisterTimerAsync("", "OnBeat", null, TimeSpan.Zero, Timeout.InfiniteTimeSpan, TimeSpan.FromSeconds(3))).Name;
            case "find":
                var found = await GetReminderAsync("wake");
                return $"{Encoding.UTF8.GetString(found.State)} {found.DueTime} {found.Period}";
            case "stop":
                await UnregisterReminderAsync("wake");
                await UnregisterTimerAsync("beat");
                return "stopped";
            default:
                return (await RegisterTimerAsync("bad", what, null, TimeSpan.Zero, TimeSpan.Zero)).Name;
        }
    }

    public async Task ReceiveReminderAsync(string reminderName, byte[] state, TimeSpan dueTime, TimeSpan period)
    {
        diary.Lines.Enqueue($"{reminderName} {Encoding.UTF8.GetString(state)} {dueTime} {period}");
        await StateManager.SetStateAsync("reminded", true);
    }

    public ValueTask DisposeAsync()
    {
        diary.Lines.Enqueue("disposed");
        return ValueTask.CompletedTask;
    }

    protected override Task OnActivateAsync()
    {
        diary.Lines.Enqueue($"activated {Id}");
        return Task.CompletedTask;
    }

    protected override Task OnDeactivateAsync()
    {
        diary.Lines.Enqueue("deactivated");
        return Task.CompletedTask;
    }

    protected override Task OnPreActorMethodAsync(ActorMethodContext actorMethodContext)
    {
        diary.Lines.Enqueue($"before {actorMethodContext.MethodName} {actorMethodContext.CallType}");
        return Task.CompletedTask;
    }

    protected override Task OnActorMethodFailedAsync(ActorMethodContext actorMethodContext, Exception e)
    {
        diary.Lines.Enqueue($"failed {actorMethodContext.MethodName}: {e.Message}");
        return Task.CompletedTask;
    }

    private Task OnBeat(byte[] data)
    {
        diary.Lines.Enqueue($"beat {string.Join(',', data)}");
        return Task.CompletedTask;
    }
}

internal interface IPlain : IActor
{
    Task<string> Echo(string text);
}

/// <summary>An actor that takes no reminders.</summary>
internal sealed class Plain(ActorHost host) : Actor(host), IPlain
{
    public Task<string> Echo(string text) => Task.FromResult(text);
}
