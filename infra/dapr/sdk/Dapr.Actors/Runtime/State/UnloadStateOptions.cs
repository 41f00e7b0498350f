namespace Dapr.Actors.Runtime;

/// <summary>How a value leaves the cache.</summary>
public class UnloadStateOptions
{
    /// <summary>Whether a change that is not saved yet may be lost by it; the default is false.</summary>
    public bool AllowUnloadingWhenStateModified { get; set; }
}
