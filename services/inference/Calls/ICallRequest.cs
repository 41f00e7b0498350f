namespace Agents.Inference.Calls;

/// <summary>What the account of a call has to know of its request.</summary>
internal interface ICallRequest
{
    /// <summary>The model as the caller named it.</summary>
    string Model { get; }

    /// <summary>By OpenTelemetry's name: <c>chat</c> or <c>embeddings</c>.</summary>
    string Operation { get; }

    bool Stream { get; }

    /// <summary>Whether the answer has text, and so tokens of its own.</summary>
    bool Generates { get; }

    /// <summary>UTF-8 bytes of the texts, for an estimate of their tokens.</summary>
    long InputBytes { get; }
}
