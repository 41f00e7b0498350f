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
        var ended = begun.End("turn_1", new Exchange("Hi", "Hello"), Now);

        Assert.Equal("turn_1", begun.Running?.Id);
        Assert.Null(ended!.Running);
        Assert.Equal([new Exchange("Hi", "Hello")], ended.Window);
    }

    [Fact]
    public void Ending_a_turn_that_does_not_run_changes_nothing() =>
        Assert.Null(Empty.Begin(new RunningTurn("turn_2", Owner), Now).End("turn_1", new Exchange("Hi", "Hello"), Now));

    [Fact]
    public void The_window_keeps_the_latest_exchanges_within_its_size_and_always_the_last_one()
    {
        var session = Empty;
        for (var n = 0; n < 30; n++)
            session = Turn(session, new Exchange($"{n}", ""));
        Assert.Equal(Enumerable.Range(10, 20).Select(n => $"{n}"), session.Window.Select(exchange => exchange.Input));

        session = Turn(session, new Exchange("long", new string('x', 31_990)));
        Assert.Equal(["27", "28", "29", "long"], session.Window.Select(exchange => exchange.Input).TakeLast(4));
        session = Turn(session, new Exchange("longer", new string('x', 200_000)));
        Assert.Equal(["longer"], session.Window.Select(exchange => exchange.Input));

        static SessionRecord Turn(SessionRecord session, Exchange exchange) => session.Begin(new RunningTurn("turn", Owner), Now).End("turn", exchange, Now)!;
    }
}
