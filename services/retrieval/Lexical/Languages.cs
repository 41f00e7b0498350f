namespace Agents.Retrieval.Lexical;

/// <summary>What depends on the language of a text: words that tell nothing, and endings. Words arrive folded: lower case, no diacritics.</summary>
internal static class Languages
{
    public const string Default = "en";
    public const string None = "none";

    private static readonly Dictionary<string, (HashSet<string> StopWords, Func<string, string> Stem)> Known = new(StringComparer.Ordinal)
    {
        ["en"] = (
            Words("""
                a an and are as at be been but by can did do does for from had has have he her his how i if in into is it its me my no not of on or
                our s she so such t than that the their them then there these they this those to was we were what when where which who whom why will
                with would you your
                """),
            PorterStemmer.Stem),
        ["de"] = (
            Words("""
                aber als am an auch auf aus bei bin bis da das dass dem den der des die dies diese dieser doch du durch ein eine einem einen einer
                eines er es fur hat haben hatte ich ihr im in ist ja kann man mein mit nach nicht noch nur oder sein sich sie sind so uber um und
                uns von vor war was wenn werden wie wir wird wo zu zum zur
                """),
            LightStemmers.German),
        ["fr"] = (
            Words("""
                a ai au aux avec c ce ces cette comme d dans de des du elle en est et etre eux il ils j je l la le les leur lui ma mais me meme mes
                moi mon n ne nos notre nous on ou par pas pour qu que quel quelle qui s sa se ses son sont sur ta te tes toi ton tu un une vos votre
                vous y
                """),
            LightStemmers.French),
        ["es"] = (
            Words("""
                a al algo como con cual cuando de del desde donde el ella ellos en entre era es esa ese eso esta este esto fue ha hay la las le les
                lo los mas me mi muy no nos o para pero por porque que quien se ser si sin sobre son su sus te tiene todo tu un una uno y ya yo
                """),
            LightStemmers.Spanish),
        [None] = ([], static word => word),
    };

    public static IReadOnlyCollection<string> All => Known.Keys;

    /// <summary>The term of a folded word; null when it is a stop word.</summary>
    public static string? Term(string language, string word) =>
        Known.GetValueOrDefault(language, Known[None]) is var known && known.StopWords.Contains(word) ? null : known.Stem(word);

    private static HashSet<string> Words(string words) =>
        words.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).ToHashSet(StringComparer.Ordinal);
}
