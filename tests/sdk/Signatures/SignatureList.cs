namespace Agents.SdkTests.Signatures;

/// <summary>The public signatures of the official packages, and which of them the services rely on.</summary>
internal sealed record SignatureList(IReadOnlySet<string> Official, IReadOnlySet<string> Required)
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
        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Where(line => line[0] != '#').ToList();
        return new SignatureList(
            lines.Select(line => line.StartsWith(RequiredMark, StringComparison.Ordinal) ? line[RequiredMark.Length..] : line).ToHashSet(StringComparer.Ordinal),
            lines.Where(line => line.StartsWith(RequiredMark, StringComparison.Ordinal)).Select(line => line[RequiredMark.Length..]).ToHashSet(StringComparer.Ordinal));
    }

    /// <summary>What a subset has and the official packages don't.</summary>
    public IEnumerable<string> Invented(IEnumerable<string> subset) => subset.Except(Official);

    /// <summary>What the services rely on and a subset lacks.</summary>
    public IEnumerable<string> Missing(IEnumerable<string> subset) => Required.Except(subset);
}
