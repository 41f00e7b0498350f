using Agents.Conversation.Guardrails.Spans;

namespace Agents.Conversation.Guardrails.Egress;

/// <summary>Makes a plain link of an image in Markdown: a page that shows the answer then fetches nothing by itself.</summary>
internal sealed class ImageDetector : IDetector
{
    private const string Kind = "image";

    public Verdict Judge(ReadOnlySpan<char> before, ReadOnlySpan<char> here, bool end)
    {
        if (here[0] != '!')
            return Verdict.None;
        if (here.Length == 1)
            return end ? Verdict.None : Verdict.More;
        return here[1] == '[' ? new Verdict(false, 1, Kind, "") : Verdict.None;
    }
}
