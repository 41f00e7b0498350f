namespace Agents.SdkTests.Signatures;

/// <summary>The public signatures of the official packages, and which of them the services rely on.</summary>
internal sealed record SignatureList(HashSet<string> Official, HashSet<string> Required)
{
    private const string RequiredMark = "* ";

    public static SignatureList Load()
    {
        using var stream = typeof(SignatureList).Assembly.GetManifestResourceStream("official-signatures.txt")!;
        using var reader = new StreamReader(stream);
        return Parse(reader.ReadToEnd());
    }

    public static SignatureList Parse(string text)
    {
        var list = new SignatureList(new HashSet<string>(StringComparer.Ordinal), new HashSet<string>(StringComparer.Ordinal));
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (line.StartsWith('#')) continue;
            var isRequired = line.StartsWith(RequiredMark, StringComparison.Ordinal);
            var signature = isRequired ? line[RequiredMark.Length..] : line;
            Assert.True(list.Official.Add(signature), $"Listed twice: {signature}");
            if (isRequired) list.Required.Add(signature);
        }

        return list;
    }

    /// <summary>What a subset has and the official packages don't.</summary>
    public IEnumerable<string> Invented(IEnumerable<string> subset) => subset.Except(Official);

    /// <summary>What the services rely on and a subset lacks.</summary>
    public IEnumerable<string> Missing(IEnumerable<string> subset) => Required.Except(subset);
}
