using Agents.Defaults.Errors;

namespace Agents.Inference.Providers;

/// <summary>A provider gave no answer, or broke off in one.</summary>
/// <param name="problem">What the caller is told: never a key, an address, or a provider's words about either.</param>
/// <param name="transient">Whether the same request may well succeed a moment later.</param>
internal sealed class ProviderException(Problem problem, bool transient = false, Exception? inner = null) : Exception(problem.Detail, inner)
{
    public Problem Problem { get; } = problem;

    public bool Transient { get; } = transient;
}
