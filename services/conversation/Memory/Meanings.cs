using Agents.Conversation.Sessions;
using Agents.Defaults.Ledgers;
using Agents.Defaults.State;

namespace Agents.Conversation.Memory;

/// <summary>The meaning of what a turn said.</summary>
/// <param name="Count">How many of its pieces count; see <see cref="Pieces.Meant"/>.</param>
/// <param name="Vectors">One for each of them, joined; see <see cref="MeaningVector"/>.</param>
internal sealed record TurnMeaning(string Turn, int Count, string Vectors);

/// <summary>
/// Vectors of what a session said before its window, in a ledger that lives and goes with it: made once per block, off the way of any
/// turn, and read by whichever replica recalls. Without them recall goes by words alone.
/// </summary>
internal sealed class Meanings(Stores stores, LedgerSet ledgers, Embedder embedder)
{
    private const int AppendBytes = 48_000;

    public Ledger<TurnMeaning> Of(SessionRecord session) => ledgers.Get<TurnMeaning>(
        $"meanings/{SessionKey.Of(session)}", stores.Sessions, TimeSpan.FromSeconds(2L * session.TtlSeconds));

    /// <summary>Adds exchanges. Adding them twice costs room and changes nothing.</summary>
    public async Task AddAsync(SessionRecord session, IReadOnlyList<Exchange> exchanges, CancellationToken cancellationToken)
    {
        var pieces = exchanges.Where(exchange => exchange.Turn is not null).Select(exchange => Pieces.Of(exchange.Turn!, exchange))
            .Select(some => Pieces.Meant(some).Select(place => some[place]).ToList()).Where(some => some.Count > 0).ToList();
        if (pieces.Count == 0)
            return;
        if (await embedder.EmbedAsync(session.Tenant, null, [.. pieces.SelectMany(some => some.Select(piece => piece.Text))], cancellationToken) is not { } vectors)
            return;
        var ledger = Of(session);
        var batch = new List<TurnMeaning>();
        var (at, bytes) = (0, 0);
        foreach (var some in pieces)
        {
            var meaning = new TurnMeaning(some[0].Turn, some.Count, MeaningVector.Join(vectors.Skip(at).Take(some.Count)));
            at += some.Count;
            if (bytes + meaning.Vectors.Length > AppendBytes)
            {
                await ledger.AppendAsync(batch, cancellationToken);
                batch = [];
                bytes = 0;
            }
            batch.Add(meaning);
            bytes += meaning.Vectors.Length + 100;
        }
        await ledger.AppendAsync(batch, cancellationToken);
    }
}
