using System.Text;
using Agents.Retrieval.Extraction;

namespace Agents.Retrieval.Chunking;

/// <summary>
/// Blocks to passages of about 200 tokens. A passage never crosses a heading; within a section whole sentences are packed, and each
/// passage starts with the last sentence of the one before, so that what stands at a border is found whole. The nearest heading leads
/// the text, because "It takes three days." says little without "Delivery:".
/// </summary>
internal sealed class Chunker
{
    // Four bytes of UTF-8 are about one token, in English as in scripts of three bytes a character.
    private const int MaxBytes = 4 * 200;
    private const int MaxOverlapBytes = MaxBytes / 3;
    private const int MaxHeading = 200;
    private const int MaxHeadingLine = 500;

    private readonly string _title;
    private readonly List<Chunk> _chunks = [];
    private readonly List<(int Level, string Text)> _headings = [];
    private readonly StringBuilder _text = new();
    private string _last = "";
    private bool _fresh;
    private int _bytes;

    private Chunker(string title)
    {
        _title = title;
    }

    /// <summary>The passages of a document.</summary>
    /// <param name="title">The document's title: a heading that only repeats it is no context.</param>
    public static IReadOnlyList<Chunk> Split(string title, IReadOnlyList<Block> blocks)
    {
        var chunker = new Chunker(title);
        for (var i = 0; i < blocks.Count; i++)
        {
            if (blocks[i].IsHeading)
                chunker.Enter(blocks[i], alone: i + 1 == blocks.Count || (blocks[i + 1].IsHeading && blocks[i + 1].Level <= blocks[i].Level));
            else
                chunker.AddParagraph(blocks[i].Text);
        }
        chunker.Flush();
        return chunker._chunks;
    }

    /// <param name="alone">Nothing stands under the heading, so that it is itself the text to be found.</param>
    private void Enter(Block heading, bool alone)
    {
        Flush();
        _last = "";
        _headings.RemoveAll(outer => outer.Level >= heading.Level);
        if (alone)
            AddParagraph(heading.Text);
        else
            _headings.Add((heading.Level, heading.Text.Length > MaxHeading ? Cut(heading.Text, MaxHeading) : heading.Text));
    }

    private void AddParagraph(string paragraph)
    {
        var separator = _fresh ? "\n" : " ";
        foreach (var sentence in Sentences.Split(paragraph, MaxBytes))
        {
            var bytes = Encoding.UTF8.GetByteCount(sentence);
            if (_fresh && _bytes + bytes > MaxBytes)
            {
                Flush();
                separator = " ";
            }
            if (_text.Length == 0 && _last.Length > 0)
                Append(_last, "");
            Append(sentence, separator);
            _fresh = true;
            _last = bytes <= MaxOverlapBytes ? sentence : "";
            separator = " ";
        }
    }

    private void Append(string sentence, string separator)
    {
        if (_text.Length > 0)
            _text.Append(separator);
        _text.Append(sentence);
        _bytes += Encoding.UTF8.GetByteCount(sentence) + 1;
    }

    // Text that is only the overlap has been said before and makes no passage.
    private void Flush()
    {
        if (_fresh)
            _chunks.Add(new Chunk(_chunks.Count + 1, HeadingLine(), Lead() + _text));
        _text.Clear();
        _bytes = 0;
        _fresh = false;
    }

    private string HeadingLine()
    {
        var line = string.Join(" › ", _headings.Select(heading => heading.Text));
        return line.Length > MaxHeadingLine ? Cut(line, MaxHeadingLine) : line;
    }

    private string Lead()
    {
        if (_headings.Count == 0 || string.Equals(_headings[^1].Text, _title, StringComparison.OrdinalIgnoreCase))
            return "";
        var heading = _headings[^1].Text;
        return char.IsPunctuation(heading[^1]) ? heading + " " : heading + ": ";
    }

    private static string Cut(string text, int length) => text[..(char.IsHighSurrogate(text[length - 1]) ? length - 1 : length)];
}
