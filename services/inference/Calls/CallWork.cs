using Agents.Inference.Completions;
using Agents.Inference.Embeddings;

namespace Agents.Inference.Calls;

/// <summary>What a call asks for, as far as its account is concerned: the same for chats, embeddings and whatever comes.</summary>
/// <param name="Operation">By OpenTelemetry's names: <c>chat</c>, <c>embeddings</c>.</param>
/// <param name="MaxInput">Tokens that the prompt cannot exceed.</param>
/// <param name="MaxOutput">Tokens that the answer cannot exceed, all choices together; 0 when the model writes no text.</param>
/// <param name="PromptBytes">Bytes of text in the prompt, for an estimate where nobody counted.</param>
internal sealed record CallWork(string Operation, bool Stream, int MaxInput, int MaxOutput, Func<long> PromptBytes)
{
    // No known model takes more for one image or sound at usual settings.
    private const int TokensPerPart = 4_000;

    /// <summary>A token is at least a byte, and the frame of the JSON is longer than what templates add.</summary>
    public static CallWork Chat(ChatRequest request, int maxTokens)
    {
        var input = request.Json.Length + ((long)request.OtherParts * TokensPerPart);
        var output = (long)(request.MaxTokens ?? maxTokens) * request.Choices;
        return new CallWork("chat", request.Stream, Clamp(input), Clamp(output), () => request.TextBytes);
    }

    /// <summary>A token is at least a byte of the body, whether it comes as text or as a number.</summary>
    public static CallWork Embeddings(EmbeddingRequest request) =>
        new("embeddings", Stream: false, Clamp(request.Json.Length), 0, () => request.TextBytes);

    /// <summary>Whether the answer has text, and so tokens of its own.</summary>
    public bool Generates => MaxOutput > 0;

    private static int Clamp(long tokens) => (int)Math.Min(tokens, Usage.MaxTokens);
}
