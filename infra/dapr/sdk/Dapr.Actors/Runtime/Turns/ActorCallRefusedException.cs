namespace Dapr.Actors.Runtime;

/// <summary>A call of the sidecar that reaches no actor.</summary>
internal sealed class ActorCallRefusedException : Exception
{
    private ActorCallRefusedException(int status, string message) : base(message) => Status = status;

    /// <summary>The HTTP status that says it.</summary>
    public int Status { get; }

    public static ActorCallRefusedException Unknown(string message) => new(404, message);

    public static ActorCallRefusedException Malformed(string message) => new(400, message);
}
