using System.Text;

namespace Agents.Retrieval.Lexical;

/// <summary>
/// Lower case without diacritics, so that "Résumé" and "resume" are one term. The process runs without culture data, in which mode
/// Unicode normalisation changes nothing; hence a table for the Latin letters that Western languages use.
/// </summary>
internal static class Folding
{
    private const int First = 0xC0;

    // U+00C0 to U+017F in order; '.' keeps the character, a digit stands for two letters (see Pairs).
    private const string Latin =
        "aaaaaa1ceeeeiiiidnooooo.ouuuuy23aaaaaa1ceeeeiiiidnooooo.ouuuuy2y"
        + "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiii44jjkkklllllll"
        + "lllnnnnnnnnnoooooo55rrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";

    private static readonly string[] Pairs = ["", "ae", "th", "ss", "ij", "oe"];

    /// <summary>Appends the folded form of one character.</summary>
    public static void Append(StringBuilder target, Rune rune)
    {
        if (rune.IsAscii)
        {
            target.Append((char)(rune.Value is >= 'A' and <= 'Z' ? rune.Value | 0x20 : rune.Value));
            return;
        }
        var value = FromFullWidth(rune.Value);
        if (value is >= First and < First + 192 && Latin[value - First] is var letter and not '.')
            Append(target, letter);
        else
            target.Append(Rune.ToLowerInvariant(new Rune(value)).ToString());
    }

    private static void Append(StringBuilder target, char letter)
    {
        if (char.IsAsciiDigit(letter))
            target.Append(Pairs[letter - '0']);
        else
            target.Append(letter);
    }

    // Full-width Latin letters and digits, as East Asian input methods produce them.
    private static int FromFullWidth(int value) => value switch
    {
        >= 0xFF10 and <= 0xFF19 => value - 0xFEE0,
        >= 0xFF21 and <= 0xFF3A => (value - 0xFEE0) | 0x20,
        >= 0xFF41 and <= 0xFF5A => value - 0xFEE0,
        _ => value,
    };
}
