using Agents.Conversation.Sessions;

namespace Agents.Conversation.Memory;

/// <summary>
/// Finds exchanges of one dialogue by their words: BM25 (Robertson and Zaragoza, 2009; k1 1.2, b 0.75) over a few hundred short texts, so
/// plain counting is quick enough.
/// </summary>
internal sealed class RecallIndex
{
    private const double K1 = 1.2;
    private const double B = 0.75;

    private readonly Dictionary<string, (Exchange Exchange, Dictionary<string, int> Words, int Length)> _turns = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _holders = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private long _words;

    public int Characters { get; private set; }

    public bool Has(string turn)
    {
        lock (_gate)
            return _turns.ContainsKey(turn);
    }

    /// <summary>Adds a turn. One without an answer is added empty, so that it is not looked for again.</summary>
    public void Add(string turn, Exchange exchange)
    {
        var words = RecallWords.Of(exchange.Input).Concat(RecallWords.Of(exchange.Output)).CountBy(word => word).ToDictionary();
        lock (_gate)
        {
            if (!_turns.TryAdd(turn, (exchange, words, words.Values.Sum())))
                return;
            _words += words.Values.Sum();
            Characters += exchange.Length;
            foreach (var word in words.Keys)
                _holders[word] = _holders.GetValueOrDefault(word) + 1;
        }
    }

    /// <summary>The exchanges among <paramref name="turns"/> that fit best, in the order in which they were said.</summary>
    public IReadOnlyList<Exchange> Find(string question, int limit, IReadOnlyList<string> turns)
    {
        var wanted = RecallWords.Of(question).Distinct().ToList();
        lock (_gate)
        {
            var average = Math.Max(1, (double)_words / Math.Max(1, _turns.Count));
            var scored = turns
                .Select((turn, place) => (Place: place, Turn: _turns.GetValueOrDefault(turn)))
                .Where(item => item.Turn.Length > 0)
                .Select(item => (item.Place, item.Turn.Exchange, Score: wanted.Sum(word => Score(word, item.Turn.Words, item.Turn.Length / average))))
                .Where(item => item.Score > 0);
            return [.. scored.OrderByDescending(item => item.Score).ThenByDescending(item => item.Place).Take(limit).OrderBy(item => item.Place).Select(item => item.Exchange)];
        }
    }

    private double Score(string word, Dictionary<string, int> words, double length)
    {
        if (!words.TryGetValue(word, out var count))
            return 0;
        var holders = _holders[word];
        var rarity = Math.Log(1 + ((_turns.Count - holders + 0.5) / (holders + 0.5)));
        return rarity * count * (K1 + 1) / (count + (K1 * (1 - B + (B * length))));
    }
}
