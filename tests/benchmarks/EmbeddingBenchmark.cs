using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Numerics.Tensors;
using System.Text.Json;
using Agents.Inference.Providers.UseLite;

namespace Agents.Benchmarks;

/// <summary>
/// The built-in embedding model on one core, in this process, beside the JavaScript runtime (WebAssembly) of the same weights under
/// <c>npm/</c>. Both get the same sentences in the same run.
/// </summary>
internal static class EmbeddingBenchmark
{
    private const string Sentence = "How do I get a refund for the card I lost yesterday?";
    private const int Warmup = 200;
    private const int Singles = 2_000;
    private const int Batches = 60;

    private static readonly string[] Beginnings = ["How do I", "Where can I", "Why can I not", "When should I", "Is it safe to", "Who helps me to", "May I", "I want to"];
    private static readonly string[] Ends =
    [
        "get a refund for the card I lost yesterday?", "see the exchange rate of my last payment?", "change the address on my account today?", "top up with another bank's card?",
        "cancel a transfer that is still pending?", "use the app in more than one country?", "find the statement of the last three months?", "order a second card for my daughter?",
    ];

    public static async Task RunAsync(CancellationToken cancellationToken)
    {
        var folder = Path.Combine(AppContext.BaseDirectory, "embed-use-lite");
        if (!Directory.Exists(folder))
        {
            Console.WriteLine("not run: the build had no npm, so there is no embedding model");
            return;
        }
        string[] batch = [.. Beginnings.SelectMany(_ => Ends, (beginning, end) => $"{beginning} {end}")];
        var before = ResidentMegabytes();
        using var model = UseLiteModel.Load(folder);
        var vector = await EmbedAsync(Sentence);
        await EmbedAsync(batch);
        var resident = ResidentMegabytes() - before;

        var single = await TimesAsync(() => EmbedAsync(Sentence), Singles);
        var batched = await TimesAsync(() => EmbedAsync(batch), Batches);
        Console.WriteLine(Text($"{"runtime",-12}{"p50 ms",9}{"p99 ms",9}{"64 in ms",10}{"texts/s",9}"));
        Print("C#", single, batched);
        Console.WriteLine(Text($"{model.Tokenize(Sentence).Length} tokens; resident after loading and a batch: {resident:0} MB more than before"));

        if (await JavaScriptAsync(batch, cancellationToken) is not { } other)
            return;
        Print("JavaScript", [.. other.Single.Order()], [.. other.Batch.Order()]);
        Console.WriteLine(Text($"batches {Median([.. other.Batch.Order()]) / Median(batched):0.0} x as fast, cosine of the two vectors {TensorPrimitives.CosineSimilarity<float>(vector[0], other.Vector):0.0000000}"));

        Task<float[][]> EmbedAsync(params string[] texts) => model.EmbedAsync([.. texts.Select(model.Tokenize)], cancellationToken);
    }

    private static async Task<double[]> TimesAsync(Func<Task> work, int repetitions)
    {
        var times = new List<double>();
        for (var i = -Warmup; i < repetitions; i++)
        {
            var started = Stopwatch.GetTimestamp();
            await work();
            if (i >= 0)
                times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }
        return [.. times.Order()];
    }

    private static async Task<Measured?> JavaScriptAsync(string[] batch, CancellationToken cancellationToken)
    {
        var folder = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "..", "..", "tests", "benchmarks", "npm"));
        try
        {
            if (!Directory.Exists(Path.Combine(folder, "node_modules")))
                await OutputAsync("npm", ["ci", "--no-audit", "--no-fund", "--ignore-scripts", "--silent"], "");
            var output = await OutputAsync("node", ["embeddings.mjs"], JsonSerializer.Serialize(new { sentence = Sentence, batch }));
            return JsonSerializer.Deserialize<Measured>(output, JsonSerializerOptions.Web);
        }
        catch (Exception exception) when (exception is Win32Exception or InvalidOperationException)
        {
            // An optional tool that is missing, or a network that is.
            Console.WriteLine($"JavaScript not run: {exception.Message}");
            return null;
        }

        async Task<string> OutputAsync(string program, string[] arguments, string input)
        {
            var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardInput = true, RedirectStandardOutput = true };
            using var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");
            await process.StandardInput.WriteAsync(input);
            process.StandardInput.Close();
            var output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{program} ended with {process.ExitCode}.");
        }
    }

    private static void Print(string runtime, double[] single, double[] batched) => Console.WriteLine(Text(
        $"{runtime,-12}{Median(single),9:0.00}{single[(int)(single.Length * 0.99)],9:0.00}{Median(batched),10:0.0}{64_000 / Median(batched),9:0}"));

    private static double Median(double[] ordered) => ordered[ordered.Length / 2];

    private static double ResidentMegabytes()
    {
        GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        return Environment.WorkingSet / 1e6;
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private sealed record Measured(double[] Single, double[] Batch, float[] Vector);
}
