namespace Agents.Local.Tests;

/// <summary>Polls a condition until a deadline.</summary>
internal static class Eventually
{
    public static async Task TrueAsync(Func<Task<bool>> condition, string what, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(TimeSpan.FromSeconds(20));
        while (!await condition())
        {
            try
            {
                await Task.Delay(20, deadline.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw new TimeoutException($"Not within 20 s: {what}");
            }
        }
    }

    public static Task TrueAsync(Func<bool> condition, string what, CancellationToken cancellationToken) =>
        TrueAsync(() => Task.FromResult(condition()), what, cancellationToken);
}
