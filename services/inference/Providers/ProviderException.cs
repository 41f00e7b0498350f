using Agents.Defaults.Errors;

namespace Agents.Inference.Providers;

/// <summary>A provider gave no answer, or broke off in one.</summary>
/// <param name="problem">What the caller is told: never a key, an address, or a provider's words about either.</param>
/// <param name="repeat">Where the same request may be sent again.</param>
internal sealed class ProviderException(Problem problem, Repeat repeat = Repeat.Nowhere, Exception? inner = null) : Exception(problem.Detail, inner)
{
    public Problem Problem { get; } = problem;

    public Repeat Repeat { get; } = repeat;
}

/// <summary>What may be tried after a failure.</summary>
internal enum Repeat
{
    /// <summary>Nothing: the request itself is at fault, or the answer may have been paid for.</summary>
    Nowhere,

    /// <summary>Another deployment: this one is misconfigured and will not mend itself.</summary>
    Elsewhere,

    /// <summary>The same place too: a moment later it may well succeed.</summary>
    Anywhere,
}
