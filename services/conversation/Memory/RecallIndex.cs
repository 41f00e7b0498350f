using Agents.Conversation.Sessions;

namespace Agents.Conversation.Memory;

/// <summary>
/// Finds pieces of one dialogue by their words, BM25 (Robertson and Zaragoza, 2009; k1 1.2, b 0.75), and by their meaning, and merges the
/// two orders by reciprocal ranks (Cormack, Clarke and Büttcher, 2009): a few thousand short texts, so plain counting is quick enough.
/// </summary>
internal sealed class RecallIndex
{
    private const double K1 = 1.2;
    private const double B = 0.75;
    private const int RankOffset = 10;
    private const int Ranked = 24;

    private readonly Dictionary<string, Entry[]> _turns = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _holders = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private long _words;
    private int _pieces;
    private int _meanings;

    /// <summary>About how many bytes it takes.</summary>
    public int Size { get; private set; }

    /// <summary>How far the session's ledger of meanings has been read, and how many exchanges were summed up then.</summary>
    public (long Next, int Summarised) MeaningsRead { get; set; }

    public bool HasMeanings
    {
        get
        {
            lock (_gate)
                return _meanings > 0;
        }
    }

    public bool Has(string turn)
    {
        lock (_gate)
            return _turns.ContainsKey(turn);
    }

    /// <summary>Adds a turn, also one of which nothing is to be found, so that it is not looked for again.</summary>
    public void Add(string turn, Exchange exchange)
    {
        var entries = Pieces.Of(turn, exchange).Select(piece => new Entry(piece, RecallWords.Of(piece.Text).CountBy(word => word).ToDictionary())).ToArray();
        lock (_gate)
        {
            if (!_turns.TryAdd(turn, entries))
                return;
            foreach (var entry in entries)
            {
                _words += entry.Length;
                _pieces++;
                Size += 8 * entry.Piece.Text.Length;
                foreach (var word in entry.Words.Keys)
                    _holders[word] = _holders.GetValueOrDefault(word) + 1;
            }
        }
    }

    /// <summary>Adds what a turn means that was added before; see <see cref="Pieces.Meant"/>.</summary>
    public void Add(TurnMeaning meaning)
    {
        lock (_gate)
        {
            if (_turns.GetValueOrDefault(meaning.Turn) is not { } entries)
                return;
            var places = Pieces.Meant([.. entries.Select(entry => entry.Piece)]);
            foreach (var (place, vector) in places.Zip(MeaningVector.Split(meaning.Vectors, meaning.Count)))
                entries[place].Meaning = vector;
            _meanings++;
            Size += meaning.Vectors.Length;
        }
    }

    /// <summary>What was said in <paramref name="turns"/> and fits best, at most <paramref name="limit"/> pieces, in the order in which it was said.</summary>
    public IReadOnlyList<Recalled> Find(string question, MeaningVector? meaning, int limit, IReadOnlyList<string> turns)
    {
        lock (_gate)
        {
            var scores = new Dictionary<(int Turn, int Piece), double>();
            Rank(scores, ByWords([.. RecallWords.Of(question).Distinct()], turns));
            if (meaning is { } wanted)
                Rank(scores, ByMeaning(wanted, turns));
            return
            [
                .. scores.OrderByDescending(item => item.Value).ThenByDescending(item => item.Key)
                    .Select(item => (item.Key, At(turns, item.Key).Piece)).DistinctBy(item => item.Piece.Text)
                    .Take(limit).OrderBy(item => item.Key).Select(item => item.Piece),
            ];
        }
    }

    private static void Rank(Dictionary<(int Turn, int Piece), double> scores, IEnumerable<((int Turn, int Piece) Place, double Score)> found)
    {
        foreach (var (rank, (place, _)) in found.OrderByDescending(item => item.Score).ThenByDescending(item => item.Place).Take(Ranked).Index())
            scores[place] = scores.GetValueOrDefault(place) + (1d / (RankOffset + rank + 1));
    }

    private IEnumerable<((int Turn, int Piece) Place, double Score)> ByWords(List<string> wanted, IReadOnlyList<string> turns)
    {
        var average = Math.Max(1, (double)_words / Math.Max(1, _pieces));
        return from place in Places(turns)
               let entry = At(turns, place)
               let score = wanted.Sum(word => Score(word, entry.Words, entry.Length / average))
               where score > 0
               select (place, score);
    }

    private IEnumerable<((int Turn, int Piece) Place, double Score)> ByMeaning(MeaningVector wanted, IReadOnlyList<string> turns) =>
        from place in Places(turns)
        let meaning = At(turns, place).Meaning
        where meaning is not null
        select (place, (double)meaning.Value.Similarity(wanted));

    private IEnumerable<(int Turn, int Piece)> Places(IReadOnlyList<string> turns)
    {
        for (var turn = 0; turn < turns.Count; turn++)
        {
            for (var piece = 0; piece < (_turns.GetValueOrDefault(turns[turn])?.Length ?? 0); piece++)
                yield return (turn, piece);
        }
    }

    private Entry At(IReadOnlyList<string> turns, (int Turn, int Piece) place) => _turns[turns[place.Turn]][place.Piece];

    private double Score(string word, Dictionary<string, int> words, double length)
    {
        if (!words.TryGetValue(word, out var count))
            return 0;
        var holders = _holders[word];
        var rarity = Math.Log(1 + ((_pieces - holders + 0.5) / (holders + 0.5)));
        return rarity * count * (K1 + 1) / (count + (K1 * (1 - B + (B * length))));
    }

    private sealed record Entry(Recalled Piece, Dictionary<string, int> Words)
    {
        public int Length { get; } = Words.Values.Sum();

        public MeaningVector? Meaning { get; set; }
    }
}
