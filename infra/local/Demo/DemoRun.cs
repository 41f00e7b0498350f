using System.Security.Cryptography;
using System.Text;
using Agents.Local.Cli;

namespace Agents.Local.Demo;

/// <summary>The product in one command: ingest documents, ask a question, show the answer and where it comes from.</summary>
internal static class DemoRun
{
    private const string Name = "demo";
    private const int ParallelUploads = 4;

    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public static async Task RunAsync(
        ApiClient api, DocumentSet set, string question, TextWriter output, ProgressBar bar, CancellationToken cancellationToken)
    {
        foreach (var skipped in set.Skipped)
            bar.Say($"Skipped {skipped}");

        var collection = await FindOrCreateAsync<Collection>(
            api, "/v1/collections", found => found.Name, new { name = Name }, cancellationToken);
        await IngestAsync(api, collection.Id, set.Documents, bar, cancellationToken);

        var agent = await FindOrCreateAsync<Agent>(api, "/v1/agents", found => found.Name, new
        {
            name = Name,
            instructions = "Answer from the passages. Cite them. Say so when they do not hold the answer.",
            collections = new[] { collection.Id },
        }, cancellationToken);

        bar.Say($"Question: {question}");
        var answer = api.StreamAsync("/v1/sessions", new { agent = agent.Id, input = question, stream = true }, cancellationToken);
        await AnswerPrinter.PrintAsync(answer, output, bar, cancellationToken);
    }

    private static async Task<T> FindOrCreateAsync<T>(
        ApiClient api, string path, Func<T, string> nameOf, object body, CancellationToken cancellationToken) =>
        await api.ListAsync<T>(path, cancellationToken).FirstOrDefaultAsync(item => nameOf(item) == Name, cancellationToken)
        ?? await api.PostAsync<T>(path, body, idempotencyKey: null, cancellationToken);

    private static async Task IngestAsync(
        ApiClient api, string collection, IReadOnlyList<Document> documents, ProgressBar bar, CancellationToken cancellationToken)
    {
        var route = $"/v1/collections/{collection}";
        var sent = 0;
        bar.Show("Uploading", 0, documents.Count);
        await Parallel.ForEachAsync(
            documents,
            new ParallelOptions { MaxDegreeOfParallelism = ParallelUploads, CancellationToken = cancellationToken },
            async (document, token) =>
            {
                try
                {
                    await api.PostAsync<StoredDocument>(
                        $"{route}/documents",
                        new { title = document.Title, text = document.Text, content_type = document.ContentType },
                        idempotencyKey: $"{collection}-{Hash(document)}",
                        token);
                }
                catch (LocalHostException e)
                {
                    // One refused document should not keep the others from being asked about.
                    bar.Say($"{document.Title}: {e.Message}");
                }

                bar.Show("Uploading", Interlocked.Increment(ref sent), documents.Count);
            });

        var counts = await WaitAsync(api, route, bar, cancellationToken);
        if (counts.Failed > 0)
        {
            await foreach (var failed in api.ListAsync<StoredDocument>($"{route}/documents", cancellationToken).Where(d => d.Status == "failed"))
                bar.Say($"{failed.Title} could not be read: {failed.Error ?? "no reason given"}");
        }

        if (counts.Ready == 0)
            throw new LocalHostException("No document is ready to be asked about.");
    }

    /// <summary>Waits until nothing is pending, as long as there is progress.</summary>
    private static async Task<DocumentCounts> WaitAsync(ApiClient api, string route, ProgressBar bar, CancellationToken cancellationToken)
    {
        var lastPending = int.MaxValue;
        var since = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var counts = (await api.GetAsync<Collection>(route, cancellationToken)).Documents;
            bar.Show("Indexing", counts.Ready + counts.Failed, counts.Ready + counts.Failed + counts.Pending);
            if (counts.Pending == 0)
            {
                bar.End();
                return counts;
            }

            if (counts.Pending < lastPending)
                (lastPending, since) = (counts.Pending, TimeProvider.System.GetTimestamp());
            if (TimeProvider.System.GetElapsedTime(since) > Patience)
                throw new LocalHostException($"{counts.Pending} documents are still pending, and none was finished for {Patience.TotalMinutes:0} minutes.");
            await Task.Delay(BetweenLooks, cancellationToken);
        }
    }

    private static string Hash(Document document) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{document.Title}\0{document.Text}")));
}
