using Agents.Inference.Providers.UseLite;
using Xunit;

namespace Agents.Inference.Tests.Embeddings;

/// <summary>The built-in model as the build put it beside the tests; they are skipped where it could not.</summary>
internal static class TestModel
{
    /// <summary>Where its files are, if anywhere.</summary>
    public static string Folder { get; } = Path.Combine(AppContext.BaseDirectory, "embed-use-lite");

    private static readonly Lazy<UseLiteModel> Loaded = new(() => UseLiteModel.Load(Folder));

    public static UseLiteModel Require()
    {
        Assert.SkipUnless(Directory.Exists(Folder), "not run: the build had no npm, so there is no embed-use-lite");
        return Loaded.Value;
    }

    public static async Task<float[]> EmbedAsync(this UseLiteModel model, string text) =>
        Assert.Single(await model.EmbedAsync([model.Tokenize(text)], TestContext.Current.CancellationToken));
}
