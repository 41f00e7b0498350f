using System.Threading.Channels;

namespace Dapr.Workflow.Worker;

/// <summary>Lets in so many at once.</summary>
internal sealed class WorkerLane(int width)
{
    private readonly Channel<bool> _places = Channel.CreateBounded<bool>(width);

    public ValueTask EnterAsync(CancellationToken cancellationToken) => _places.Writer.WriteAsync(true, cancellationToken);

    public void Leave() => _places.Reader.TryRead(out _);

    /// <summary>Waits for a place and works in it; what has begun is not cancelled.</summary>
    public async Task<T> RunAsync<T>(Func<Task<T>> work, CancellationToken cancellationToken)
    {
        await EnterAsync(cancellationToken);
        try
        {
            return await work();
        }
        finally
        {
            Leave();
        }
    }
}
