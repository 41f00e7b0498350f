namespace Dapr;

/// <summary>The sidecar refused a call and said why.</summary>
public class DaprApiException : DaprException
{
    private const string UnknownError = "UNKNOWN";

    /// <summary>Creates the exception with a message and the code the sidecar gave.</summary>
    public DaprApiException(string message, string errorCode, bool isTransient) : base(message)
    {
        ErrorCode = errorCode ?? UnknownError;
        IsTransient = isTransient;
    }

    /// <summary>Creates the exception with a message, its cause and the code the sidecar gave.</summary>
    public DaprApiException(string message, Exception inner, string errorCode, bool isTransient) : base(message, inner)
    {
        ErrorCode = errorCode ?? UnknownError;
        IsTransient = isTransient;
    }

    /// <summary>The code in the sidecar's error, such as <c>ERR_ACTOR_INVOKE_METHOD</c>; <c>UNKNOWN</c> when it gave none.</summary>
    public string ErrorCode { get; }

    /// <summary>Whether the same call may succeed later.</summary>
    public bool IsTransient { get; }
}
