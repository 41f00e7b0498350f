namespace Agents.Conversation.Jobs.Lanes;

/// <summary>Gathers what comes while a call is under way; the next call takes all of it, in the order in which it came.</summary>
/// <param name="max">How much a call may take.</param>
/// <param name="call">Answers each item, or fails all of them.</param>
internal sealed class Batcher<TItem, TAnswer>(int max, Func<IReadOnlyList<TItem>, Task<IReadOnlyList<TAnswer>>> call)
{
    private readonly Lock _gate = new();
    private readonly Queue<(TItem Item, TaskCompletionSource<TAnswer> Done)> _waiting = new();
    private bool _calling;

    public Task<TAnswer> AddAsync(TItem item)
    {
        var done = new TaskCompletionSource<TAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            _waiting.Enqueue((item, done));
            if (_calling)
                return done.Task;
            _calling = true;
        }
        _ = CallAsync();
        return done.Task;
    }

    private async Task CallAsync()
    {
        while (Take() is { Count: > 0 } batch)
        {
            try
            {
                var answers = await call([.. batch.Select(waiting => waiting.Item)]);
                foreach (var (waiting, answer) in batch.Zip(answers))
                    waiting.Done.SetResult(answer);
            }
            catch (Exception exception)
            {
                // Each waiter learns why; the next call may fare better.
                foreach (var waiting in batch)
                    waiting.Done.TrySetException(exception);
            }
        }
    }

    private List<(TItem Item, TaskCompletionSource<TAnswer> Done)> Take()
    {
        lock (_gate)
        {
            List<(TItem, TaskCompletionSource<TAnswer>)> batch = [];
            while (batch.Count < max && _waiting.TryDequeue(out var next))
                batch.Add(next);
            _calling = batch.Count > 0;
            return batch;
        }
    }
}
