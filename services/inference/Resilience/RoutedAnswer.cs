using Agents.Inference.Completions;
using Agents.Inference.Deployments;
using Agents.Inference.Providers;

namespace Agents.Inference.Resilience;

/// <summary>A chat's answer on its way. Its failures count against its upstream, which is free again at its disposal.</summary>
internal sealed class RoutedAnswer(Attempt<IAnswer> attempt) : IAsyncDisposable
{
    public Deployment Deployment => attempt.Deployment;

    /// <summary>What it used, once that is known: counts against the endpoint's limit.</summary>
    public long Tokens { get; set; }

    public AnswerDocument Current => attempt.Answer.Current;

    /// <inheritdoc cref="IAnswer.MoveNextAsync"/>
    public ValueTask<bool> MoveNextAsync()
    {
        var next = attempt.Answer.MoveNextAsync();
        return next.IsCompletedSuccessfully ? next : NotingAsync(next);
    }

    public async ValueTask DisposeAsync()
    {
        await attempt.Answer.DisposeAsync();
        attempt.Upstream.End(Tokens);
    }

    private async ValueTask<bool> NotingAsync(ValueTask<bool> next)
    {
        try
        {
            return await next;
        }
        catch (ProviderException failure)
        {
            Attempts.Note(attempt.Upstream, failure);
            throw;
        }
    }
}
