namespace Agents.Inference.Providers.UseLite;

/// <summary>Room for one run of the encoder; 5 MB.</summary>
internal sealed class Scratch
{
    /// <summary>Rows of the token vectors on their way through the layers.</summary>
    public float[] Rows { get; } = new float[Encoder.MaxRows * Encoder.Width];

    public float[] Normed { get; } = new float[Encoder.MaxRows * Encoder.Width];

    public float[] Other { get; } = new float[Encoder.MaxRows * Encoder.Width];

    /// <summary>Rows three times as wide: projections, then the hidden layer of the feed-forward.</summary>
    public float[] Wide { get; } = new float[Encoder.MaxRows * 3 * Encoder.Width];

    /// <summary>How much one token looks at each of its text.</summary>
    public float[] Scores { get; } = new float[Encoder.MaxTokens];
}
