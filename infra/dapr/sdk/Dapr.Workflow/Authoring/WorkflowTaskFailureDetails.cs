using Dapr.Workflow.Protocol;

namespace Dapr.Workflow;

/// <summary>An exception, as it travels between workers.</summary>
/// <param name="errorType">The full name of its type, in whatever language.</param>
/// <param name="errorMessage">Its message.</param>
/// <param name="stackTrace">Where it was thrown; null when that is not known.</param>
public class WorkflowTaskFailureDetails(string errorType, string errorMessage, string? stackTrace = null)
{
    /// <summary>The full name of its type.</summary>
    public string ErrorType { get; } = errorType;

    /// <summary>Its message.</summary>
    public string ErrorMessage { get; } = errorMessage;

    /// <summary>Where it was thrown; null when that is not known.</summary>
    public string? StackTrace { get; } = stackTrace;

    /// <summary>Whether it is of that type or one derived from it; known only of types of the core library.</summary>
    public bool IsCausedBy<T>() where T : Exception =>
        typeof(T).IsAssignableFrom(Known(typeof(object)) ?? Known(typeof(WorkflowTaskFailureDetails)));

    /// <summary>Type and message.</summary>
    public override string ToString() => $"{ErrorType}: {ErrorMessage}";

    private Type? Known(Type neighbour)
    {
        try
        {
            return neighbour.Assembly.GetType(ErrorType);
        }
        catch (ArgumentException)
        {
            // Other languages call their errors what they like; such a text need be no type name at all.
            return null;
        }
    }

    internal static WorkflowTaskFailureDetails Of(TaskFailureDetails? details) =>
        details is null ? new("Unknown", "The sidecar gave no details.") : new(details.ErrorType, details.ErrorMessage, details.StackTrace);

    internal static TaskFailureDetails ToMessage(Exception error, bool isNonRetriable = false) => new()
    {
        ErrorType = error.GetType().FullName ?? error.GetType().Name,
        ErrorMessage = error.Message,
        StackTrace = error.StackTrace,
        IsNonRetriable = isNonRetriable,
        InnerFailure = error.InnerException is { } inner ? ToMessage(inner) : null,
    };
}
