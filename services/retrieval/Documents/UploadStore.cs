using System.Text;
using System.Text.Json;
using Agents.Defaults.Api;
using Agents.Defaults.State;
using Agents.Retrieval.Collections;
using Agents.Retrieval.Indexing;

namespace Agents.Retrieval.Documents;

/// <summary>
/// What is large: the text of an upload and the segment made from it, in pages under a key that no other upload shares. Pages are
/// written in order, so the first missing one is the end.
/// </summary>
internal sealed class UploadStore(Stores stores)
{
    public const string Prefix = "up";

    // Base64 makes 128 KB of it.
    private const int TextPageBytes = 96 * 1024;
    private const int SegmentPageBytes = 96 * 1024;
    private const int PagesAtOnce = 16;

    /// <summary>Stores a text. Returns the number of pages.</summary>
    public async Task<int> WriteTextAsync(CollectionKey collection, string upload, byte[] utf8, CancellationToken cancellationToken)
    {
        var pages = 0;
        foreach (var page in utf8.Chunk(TextPageBytes))
            await stores.Main.PutAsync(TextKey(collection, upload, pages++), page, cancellationToken);
        return pages;
    }

    /// <summary>The text of an upload, or null when it was removed.</summary>
    public async Task<string?> ReadTextAsync(CollectionKey collection, string upload, int pages, CancellationToken cancellationToken)
    {
        using var utf8 = new MemoryStream();
        foreach (var some in Enumerable.Range(0, pages).Select(page => TextKey(collection, upload, page)).Chunk(PagesAtOnce))
        {
            var found = await stores.Main.GetManyAsync<byte[]>(some, cancellationToken);
            if (found.Count < some.Length)
                return null;
            foreach (var key in some)
                utf8.Write(found[key].Value);
        }
        return Encoding.UTF8.GetString(utf8.GetBuffer(), 0, (int)utf8.Length);
    }

    /// <summary>Stores a segment. Returns the number of pages.</summary>
    public async Task<int> WriteSegmentAsync(CollectionKey collection, string upload, Segment segment, CancellationToken cancellationToken)
    {
        var pages = 0;
        foreach (var page in Paginate(segment))
            await stores.Main.PutAsync(SegmentKey(collection, upload, pages++), page, cancellationToken);
        return pages;
    }

    /// <summary>The segments that the facts name; those removed in the meantime are left out.</summary>
    public async IAsyncEnumerable<Segment> ReadSegmentsAsync(
        CollectionKey collection, IEnumerable<Fact> facts, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var batch in Batches(facts))
        {
            var keys = batch.SelectMany(fact => SegmentKeys(collection, fact)).ToList();
            var pages = await stores.Main.GetManyAsync<SegmentPage>(keys, cancellationToken);
            foreach (var fact in batch)
            {
                var own = SegmentKeys(collection, fact).Select(key => pages.GetValueOrDefault(key)?.Value).OfType<SegmentPage>().ToList();
                if (own.Count == fact.Pages && own is [{ Header: { } header }, ..])
                    yield return new Segment(fact.Document, fact.Revision, header, [.. own.SelectMany(page => page.Chunks)]);
            }
        }
    }

    /// <summary>Removes text and segment of an upload, whatever there is of them.</summary>
    public async Task RemoveAsync(CollectionKey collection, string upload, CancellationToken cancellationToken)
    {
        await RemovePagesAsync(page => TextKey(collection, upload, page), cancellationToken);
        await RemovePagesAsync(page => SegmentKey(collection, upload, page), cancellationToken);
    }

    private async Task RemovePagesAsync(Func<int, string> keyOf, CancellationToken cancellationToken)
    {
        var found = new List<string>();
        for (var first = 0; found.Count == first; first += PagesAtOnce)
        {
            string[] some = [.. Enumerable.Range(first, PagesAtOnce).Select(keyOf)];
            var pages = await stores.Main.GetManyAsync<JsonElement>(some, cancellationToken);
            found.AddRange(some.Where(pages.ContainsKey));
        }
        // From the end, so that an interrupted removal leaves no page behind a gap.
        foreach (var key in found.AsEnumerable().Reverse())
            await stores.Main.DeleteAsync(key, cancellationToken);
    }

    private static IEnumerable<SegmentPage> Paginate(Segment segment)
    {
        var header = segment.Header;
        var chunks = new List<SegmentChunk>();
        var bytes = JsonSerializer.SerializeToUtf8Bytes(header, Json.Options).Length;
        foreach (var chunk in segment.Chunks)
        {
            var more = JsonSerializer.SerializeToUtf8Bytes(chunk, Json.Options).Length;
            if (chunks.Count > 0 && bytes + more > SegmentPageBytes)
            {
                yield return new SegmentPage(header, chunks);
                (header, chunks, bytes) = (null, [], 0);
            }
            chunks.Add(chunk);
            bytes += more;
        }
        yield return new SegmentPage(header, chunks);
    }

    private static IEnumerable<List<Fact>> Batches(IEnumerable<Fact> facts)
    {
        var batch = new List<Fact>();
        foreach (var fact in facts)
        {
            if (batch.Count > 0 && batch.Sum(other => other.Pages) + fact.Pages > 2 * PagesAtOnce)
            {
                yield return batch;
                batch = [];
            }
            batch.Add(fact);
        }
        if (batch.Count > 0)
            yield return batch;
    }

    private static IEnumerable<string> SegmentKeys(CollectionKey collection, Fact fact) =>
        Enumerable.Range(0, fact.Pages).Select(page => SegmentKey(collection, fact.Upload!, page));

    private static string TextKey(CollectionKey collection, string upload, int page) => $"text/{collection}/{upload}/{page}";

    private static string SegmentKey(CollectionKey collection, string upload, int page) => $"segment/{collection}/{upload}/{page}";
}
