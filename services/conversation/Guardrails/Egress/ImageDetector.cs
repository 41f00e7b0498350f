using Agents.Conversation.Guardrails.Spans;

namespace Agents.Conversation.Guardrails.Egress;

/// <summary>
/// Takes the edge off what a page would fetch unasked: an image in Markdown becomes a plain link, an HTML element that loads something loses
/// its beginning.
/// </summary>
internal sealed class ImageDetector : IDetector
{
    private const string Kind = "image";

    private static readonly string[] Loading = ["img", "image", "iframe", "script", "link", "object", "embed", "video", "audio", "source", "svg", "style", "base", "meta", "form", "input"];

    public Verdict Judge(ReadOnlySpan<char> before, ReadOnlySpan<char> here, bool end)
    {
        if (here[0] == '!')
        {
            return here.Length == 1 ? end ? Verdict.None : Verdict.More
                : here[1] == '[' ? new Verdict(false, 1, Kind, "") : Verdict.None;
        }
        if (here[0] != '<')
            return Verdict.None;
        foreach (var name in Loading)
        {
            var shown = here[1..Math.Min(here.Length, name.Length + 1)];
            if (!name.AsSpan().StartsWith(shown, StringComparison.OrdinalIgnoreCase))
                continue;
            if (here.Length <= name.Length + 1)
            {
                if (!end)
                    return Verdict.More;
            }
            else if (!Letters.IsWord(here[name.Length + 1]))
            {
                return new Verdict(false, name.Length + 1, Kind, "[removed]");
            }
        }
        return Verdict.None;
    }
}
