using System.Numerics.Tensors;
using System.Text.Json.Nodes;
using Agents.Inference.Models;
using Agents.Inference.Providers.UseLite;
using Agents.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Xunit;

namespace Agents.Inference.Tests.Embeddings;

public sealed class UseLiteModelTests
{
    private const string Refund = "How do I get a refund?";

    private static readonly string[] Texts =
        [Refund, "a", "日本語のテキスト", "\0\u0001\n\t", "emoji 😀 test", "Where did the money transfer go?", string.Concat(Enumerable.Repeat("The quick brown fox. ", 40))];

    [Fact]
    public async Task Vectors_are_those_of_the_original()
    {
        var model = TestModel.Require();
        var file = Path.Combine(Stack.RepositoryRoot, "..", "shared", "data", "use-lite-golden", "dev.jsonl");
        Assert.SkipUnless(File.Exists(file), "not run: no data");
        var compared = 0;
        await foreach (var line in File.ReadLinesAsync(file, TestContext.Current.CancellationToken))
        {
            var row = JsonNode.Parse(line)!;
            float[] expected = [.. row.List("vec").Select(value => value!.GetValue<float>())];
            var vector = await model.EmbedAsync(row.Text("text"));
            var cosine = TensorPrimitives.CosineSimilarity<float>(expected, vector);
            Assert.True(cosine >= 0.9999, $"{cosine} for '{row.Text("text")}'");
            compared++;
        }
        Assert.True(compared > 0);
    }

    [Fact]
    public async Task A_vector_has_unit_length_and_is_always_the_same()
    {
        var model = TestModel.Require();
        foreach (var text in Texts)
        {
            var vector = await model.EmbedAsync(text);
            Assert.Equal(512, vector.Length);
            Assert.Equal(1, TensorPrimitives.Norm<float>(vector), 1e-5);
            Assert.Equal(vector, await model.EmbedAsync(text));
        }
    }

    [Fact]
    public async Task A_vector_does_not_depend_on_its_batch_to_the_last_bit()
    {
        var model = TestModel.Require();
        var token = TestContext.Current.CancellationToken;
        // More than one run of the encoder, in two orders, from several threads.
        int[][] tokens = [.. Enumerable.Range(0, 8).SelectMany(_ => Texts).Select(model.Tokenize)];
        var single = new Dictionary<string, float[]>();
        foreach (var text in tokens)
            single[string.Join(' ', text)] = Assert.Single(await model.EmbedAsync([text], token));
        await Parallel.ForEachAsync(Enumerable.Range(0, 8), token, async (n, token) =>
        {
            var ordered = n % 2 == 0 ? tokens : [.. tokens.Reverse()];
            var vectors = await model.EmbedAsync(ordered, token);
            for (var i = 0; i < ordered.Length; i++)
                Assert.Equal(single[string.Join(' ', ordered[i])], vectors[i]);
        });
    }

    [Fact]
    public async Task Near_meanings_are_near()
    {
        var model = TestModel.Require();
        var question = await model.EmbedAsync(Refund);
        var answer = await model.EmbedAsync("I want my money back.");
        var other = await model.EmbedAsync("The Amazon is a river in South America.");
        var (near, far) = (TensorPrimitives.Dot<float>(question, answer), TensorPrimitives.Dot<float>(question, other));
        Assert.True(near > far + 0.2, $"{near} and {far}");
    }

    [Fact]
    public async Task Only_the_first_128_tokens_are_read()
    {
        var model = TestModel.Require();
        var tokens = model.Tokenize(Texts[^1]);
        Assert.True(tokens.Length > Encoder.MaxTokens);
        var vectors = await model.EmbedAsync([tokens, tokens[..Encoder.MaxTokens]], TestContext.Current.CancellationToken);
        Assert.Equal(vectors[0], vectors[1]);
    }

    [Fact]
    public void Without_its_files_there_is_no_model_and_no_failure()
    {
        Assert.Null(Load("no-such-folder"));
        TestModel.Require();
        var folder = Directory.CreateTempSubdirectory("agents-test-");
        try
        {
            foreach (var file in Directory.GetFiles(TestModel.Folder))
                File.Copy(file, Path.Combine(folder.FullName, Path.GetFileName(file)));
            Assert.NotNull(Load(folder.FullName));
            File.WriteAllText(Path.Combine(folder.FullName, "vocab.json"), """[["a",-1],"b"]""");
            Assert.Null(Load(folder.FullName));
            File.Copy(Path.Combine(TestModel.Folder, "vocab.json"), Path.Combine(folder.FullName, "vocab.json"), overwrite: true);
            File.WriteAllBytes(Path.Combine(folder.FullName, "group1-shard7of7"), [1, 2, 3]);
            Assert.Null(Load(folder.FullName));
            File.WriteAllText(Path.Combine(folder.FullName, "model.json"), "{}");
            Assert.Null(Load(folder.FullName));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static UseLiteModel? Load(string folder) =>
        new UseLite(Options.Create(new ModelsOptions { EmbeddingModelFolder = folder }), NullLogger<UseLite>.Instance).Model;
}
