namespace Dapr;

/// <summary>A building block of the sidecar refused or failed a call, or could not be reached.</summary>
/// <remarks>
/// The official package puts an <c>RpcException</c> into <see cref="Exception.InnerException"/>; this subset speaks HTTP and puts an
/// <see cref="HttpRequestException"/> there, with the status code of the sidecar and the text of its error.
/// </remarks>
public class DaprException : Exception
{
    /// <summary>Creates the exception with a message only.</summary>
    public DaprException(string message) : base(message)
    {
    }

    /// <summary>Creates the exception with a message and its cause.</summary>
    public DaprException(string message, Exception innerException) : base(message, innerException)
    {
    }
}
