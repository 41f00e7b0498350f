namespace Dapr.Workflow;

/// <summary>Fan-out with a limit.</summary>
public static class ParallelExtensions
{
    /// <summary>Runs a task for each input, so many at a time, and gives the results in the order of the inputs.</summary>
    /// <exception cref="AggregateException">Some failed; the others were let run to their end.</exception>
    public static async Task<TResult[]> ProcessInParallelAsync<TInput, TResult>(
        this WorkflowContext context, IEnumerable<TInput> inputs, Func<TInput, Task<TResult>> taskFactory, int maxConcurrency = 5)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(taskFactory);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxConcurrency);

        var all = inputs.ToList();
        var results = new TResult[all.Count];
        var failures = new List<Exception>();
        var next = 0;
        await Task.WhenAll(Enumerable.Range(0, Math.Min(maxConcurrency, all.Count)).Select(_ => WorkAsync()));
        return failures.Count == 0 ? results : throw new AggregateException(failures);

        async Task WorkAsync()
        {
            while (next < all.Count)
            {
                var index = next++;
                try
                {
                    results[index] = await taskFactory(all[index]);
                }
                catch (Exception error)
                {
                    failures.Add(error);
                }
            }
        }
    }
}
