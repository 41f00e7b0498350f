using Agents.Conversation.Sessions;
using Agents.Defaults.Replicas;
using Xunit;

namespace Agents.Conversation.Tests.Sessions;

public sealed class SessionRecordTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch;
    private static readonly ReplicaId Owner = new("conversation-0", "epoch");

    private static readonly SessionRecord Empty = new(
        "sess_1", "default", "default", 1, null, [], new Dictionary<string, string>(), 3_600, Now, Now, [], null, []);

    [Fact]
    public void A_turn_begins_and_ends()
    {
        var begun = Empty.Begin(new RunningTurn("turn_1", Owner), Now);
        var ended = begun.End("turn_1", new Exchange("Hi", "Hello"), Owner, _ => true, Now);

        Assert.Equal("turn_1", begun.Running?.Id);
        Assert.Null(ended!.Running);
        Assert.Equal([new Exchange("Hi", "Hello")], ended.Window);
    }

    [Fact]
    public void Ending_a_turn_that_does_not_run_changes_nothing() =>
        Assert.Null(Empty.Begin(new RunningTurn("turn_2", Owner), Now).End("turn_1", new Exchange("Hi", "Hello"), Owner, _ => true, Now));

    [Fact]
    public void Turns_that_wait_follow_in_order_and_an_interrupting_one_goes_first()
    {
        var session = Empty.Begin(new RunningTurn("turn_1", Owner), Now).Wait("turn_2", first: false, Now).Wait("turn_3", first: false, Now).Wait("turn_4", first: true, Now);
        var next = new ReplicaId("conversation-1", "epoch");
        var after = session.End("turn_1", null, next, _ => true, Now)!;

        Assert.Equal(["turn_1", "turn_2", "turn_3", "turn_4"], session.Turns);
        Assert.Equal(new RunningTurn("turn_4", next), after.Running);
        Assert.Equal(["turn_2", "turn_3"], after.Queue);
    }

    [Fact]
    public void The_window_keeps_the_latest_exchanges_within_its_size_and_of_long_ones_the_beginning()
    {
        var session = Empty;
        for (var n = 0; n < 200; n++)
            session = Turn(session, new Exchange($"{n}", ""));
        Assert.Equal(Enumerable.Range(40, 160).Select(n => $"{n}"), session.Window.Select(exchange => exchange.Input));

        for (var n = 0; n < 10; n++)
            session = Turn(session, new Exchange($"long {n}", new string('x', 200_000)));
        Assert.Equal(Enumerable.Range(3, 7).Select(n => $"long {n}"), session.Window.Select(exchange => exchange.Input));
        Assert.All(session.Window, exchange => Assert.Equal(new string('x', 5_000) + "...", exchange.Output));
        Assert.InRange(session.HistoryCharacters, 2_000_000, 2_001_000);

        static SessionRecord Turn(SessionRecord session, Exchange exchange) => session.Begin(new RunningTurn("turn", Owner), Now).End("turn", exchange, Owner, _ => true, Now)!;
    }
}
