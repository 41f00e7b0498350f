using System.Text.RegularExpressions;

namespace Agents.Retrieval.Extraction;

/// <summary>
/// Finds text that speaks to a model rather than to a reader. Such a document is indexed all the same, since it may well be about such
/// texts, but it carries a mark that reaches whoever puts its passages into a prompt.
/// </summary>
internal static partial class InstructionScan
{
    public static bool IsSuspicious(string text) => Command().IsMatch(text);

    [GeneratedRegex(
        @"\b(?:ignore|disregard|forget|override)\b[^.\n]{0,40}\b(?:previous|prior|above|earlier|all|your|any)\b[^.\n]{0,30}\b(?:instructions?|prompts?|rules?|directions?|guidelines?)\b"
        + @"|\b(?:reveal|print|repeat|show|output)\b[^.\n]{0,30}\b(?:system|hidden|initial)\s+(?:prompt|instructions?)\b"
        + @"|\byou\s+are\s+now\s+(?:in\s+)?(?:a\s+|an\s+)?(?:DAN|developer\s+mode|unrestricted|jailbroken)\b"
        + @"|<\|(?:im_start|im_end|system|endoftext)\|>|\[/?INST\]|^\s*#{0,3}\s*(?:system|assistant)\s*:",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.Multiline)]
    private static partial Regex Command();
}
