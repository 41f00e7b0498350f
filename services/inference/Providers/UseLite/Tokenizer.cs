using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Agents.Inference.Providers.UseLite;

/// <summary>
/// Splits text into the pieces of a SentencePiece unigram model: of all ways to cut it, the one whose log-probabilities sum up highest.
/// It decides as the npm package <c>@energetic-ai/embeddings</c> 0.2.0 does, whose choices the weights are used with: pieces without a
/// probability weigh nothing, of two equal ways the one with the shorter last piece is taken, and neighbouring unknowns are one.
/// </summary>
internal sealed class Tokenizer
{
    /// <summary>The token of whatever no piece covers.</summary>
    public const int Unknown = 0;

    private const int Space = 0x2581;
    private const int Reserved = 6;

    // One node for each beginning of a piece; node 0 is the empty one.
    private readonly Dictionary<(int Node, int Point), int> _children = [];
    private readonly List<(int Token, double Score)> _nodes = [(Unknown, 0)];
    private readonly int[] _lengths;

    private Tokenizer(IReadOnlyList<(string Piece, double Score)> vocabulary)
    {
        _lengths = [.. vocabulary.Select(entry => entry.Piece.EnumerateRunes().Count())];
        for (var token = Reserved; token < vocabulary.Count; token++)
        {
            var node = 0;
            foreach (var rune in vocabulary[token].Piece.EnumerateRunes())
            {
                ref var child = ref CollectionsMarshal.GetValueRefOrAddDefault(_children, (node, rune.Value), out var exists);
                if (!exists)
                {
                    child = _nodes.Count;
                    _nodes.Add((Unknown, 0));
                }
                node = child;
            }
            _nodes[node] = (token, vocabulary[token].Score);
        }
    }

    /// <summary>Reads the package's vocabulary: a list of pieces with their log-probability, or null.</summary>
    /// <exception cref="InvalidDataException">It is something else, or of another size than <paramref name="size"/>.</exception>
    public static Tokenizer Read(string file, int size)
    {
        try
        {
            using var stream = File.OpenRead(file);
            using var document = JsonDocument.Parse(stream);
            var entries = document.RootElement.EnumerateArray()
                .Select(entry => (entry[0].GetString() ?? "", entry[1].ValueKind == JsonValueKind.Null ? 0 : entry[1].GetDouble())).ToList();
            return entries.Count == size
                ? new Tokenizer(entries)
                : throw new InvalidDataException($"The vocabulary has {entries.Count} pieces, not {size}.");
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or IndexOutOfRangeException)
        {
            throw new InvalidDataException("The vocabulary is not a list of pieces.", exception);
        }
    }

    /// <summary>The tokens of a text; none for the empty one.</summary>
    public int[] Encode(string text)
    {
        var points = Nfkc.Normalize(text);
        if (points.Count == 0)
            return [];
        points.Insert(0, Space);
        CollectionsMarshal.AsSpan(points).Replace(' ', Space);

        var best = ArrayPool<double>.Shared.Rent(points.Count + 1);
        var last = ArrayPool<int>.Shared.Rent(points.Count + 1);
        try
        {
            best.AsSpan(0, points.Count + 1).Clear();
            last.AsSpan(0, points.Count + 1).Clear();
            for (var start = 0; start < points.Count; start++)
                Extend(points, start, best, last);
            return Path(last, points.Count);
        }
        finally
        {
            ArrayPool<double>.Shared.Return(best);
            ArrayPool<int>.Shared.Return(last);
        }
    }

    // A sum of 0 means "no way yet", also where it is a sum: the package cannot tell them apart either.
    private void Extend(List<int> points, int start, double[] best, int[] last)
    {
        var found = false;
        for (var (node, end) = (0, start); end < points.Count && _children.TryGetValue((node, points[end]), out node);)
        {
            end++;
            var (token, score) = _nodes[node];
            if (token == Unknown)
                continue;
            found = true;
            Offer(end, token, score + best[start]);
        }
        if (!found)
            Offer(start + 1, Unknown, best[start]);

        void Offer(int end, int token, double sum)
        {
            if (best[end] == 0 || sum >= best[end])
                (best[end], last[end]) = (sum, token);
        }
    }

    private int[] Path(int[] last, int end)
    {
        var tokens = new List<int>();
        for (; end > 0; end -= _lengths[last[end]])
        {
            if (last[end] != Unknown || tokens.Count == 0 || tokens[^1] != Unknown)
                tokens.Add(last[end]);
        }
        tokens.Reverse();
        return [.. tokens];
    }
}
