using Agents.LocalRuntime.Actors.Turns;

namespace Agents.Conformance.Units;

public class TurnQueueTests
{
    private readonly TurnQueue _queue = new();

    [Fact]
    public async Task Turns_come_in_the_order_of_the_calls_but_for_one_that_goes_first()
    {
        var holder = Enter();
        Assert.True(holder.IsCompleted);
        var (second, third, urgent) = (Enter(), Enter(), Enter(first: true));
        List<Task> waiting = [urgent, second, third];
        while (waiting.Count > 0)
        {
            Assert.DoesNotContain(waiting, turn => turn.IsCompleted);
            _queue.Exit();
            await waiting[0].WaitAsync(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken);
            waiting.RemoveAt(0);
        }

        _queue.Exit();
        Assert.True(_queue.TryEnter());
    }

    private Task<bool> Enter(bool first = false) => _queue.EnterAsync(chain: null, deepest: 1, first, TestContext.Current.CancellationToken).AsTask();
}
