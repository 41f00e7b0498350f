using Agents.Inference.Completions;
using Agents.Inference.Deployments;
using Agents.Inference.Providers;
using Agents.Inference.Routing;

namespace Agents.Inference.Resilience;

/// <summary>An answer and where it comes from. Its failures count against its upstream, which is free again at its disposal.</summary>
/// <param name="fellBack">Another target had failed before.</param>
internal sealed class RoutedAnswer(IAnswer answer, Deployment deployment, Upstream upstream, bool fellBack) : IAsyncDisposable
{
    public Deployment Deployment { get; } = deployment;

    public bool FellBack { get; } = fellBack;

    /// <summary>What it used, once that is known: counts against the endpoint's limit.</summary>
    public long Tokens { get; set; }

    public AnswerDocument Current => answer.Current;

    /// <inheritdoc cref="IAnswer.MoveNextAsync"/>
    public ValueTask<bool> MoveNextAsync()
    {
        var next = answer.MoveNextAsync();
        return next.IsCompletedSuccessfully ? next : NotingAsync(next);
    }

    public async ValueTask DisposeAsync()
    {
        await answer.DisposeAsync();
        upstream.End(Tokens);
    }

    private async ValueTask<bool> NotingAsync(ValueTask<bool> next)
    {
        try
        {
            return await next;
        }
        catch (ProviderException failure)
        {
            Attempts.Note(upstream, failure);
            throw;
        }
    }
}
