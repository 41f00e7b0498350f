using System.Text;
using System.Text.Json;
using Agents.Defaults.State;
using Agents.Retrieval.Collections;

namespace Agents.Retrieval.Documents;

/// <summary>
/// The text of each upload, in pages under a key that no other upload shares. Pages are written in order, so the first missing one is
/// the end.
/// </summary>
internal sealed class UploadStore(Stores stores)
{
    public const string Prefix = "up";

    // Base64 makes 128 KB of it.
    private const int TextPageBytes = 96 * 1024;
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

    /// <summary>Removes an upload, whatever there is of them.</summary>
    public async Task RemoveAsync(CollectionKey collection, string upload, CancellationToken cancellationToken)
    {
        var found = new List<string>();
        for (var first = 0; found.Count == first; first += PagesAtOnce)
        {
            string[] some = [.. Enumerable.Range(first, PagesAtOnce).Select(page => TextKey(collection, upload, page))];
            var pages = await stores.Main.GetManyAsync<JsonElement>(some, cancellationToken);
            found.AddRange(some.Where(pages.ContainsKey));
        }
        // From the end, so that an interrupted removal leaves no page behind a gap.
        foreach (var key in found.AsEnumerable().Reverse())
            await stores.Main.DeleteAsync(key, cancellationToken);
    }

    private static string TextKey(CollectionKey collection, string upload, int page) => $"text/{collection}/{upload}/{page}";
}
