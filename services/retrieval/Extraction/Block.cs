namespace Agents.Retrieval.Extraction;

/// <summary>A piece of a document's structure: a heading or a paragraph (list item, table row, block of code), white space collapsed.</summary>
/// <param name="Level">1 to 6 for a heading, 0 for anything else.</param>
internal readonly record struct Block(int Level, string Text)
{
    public bool IsHeading => Level > 0;
}

/// <summary>Collects text into blocks; blocks without text are left out.</summary>
internal sealed class BlockBuilder
{
    private readonly List<Block> _blocks = [];
    private readonly System.Text.StringBuilder _text = new();
    private bool _gap;

    /// <summary>The level of the block being collected.</summary>
    public int Level { get; set; }

    /// <summary>Adds text to the current block; any white space, also at its ends, counts as one space.</summary>
    public void Add(ReadOnlySpan<char> text)
    {
        foreach (var character in text)
        {
            if (char.IsWhiteSpace(character) || char.IsControl(character))
            {
                _gap = true;
                continue;
            }
            if (_gap && _text.Length > 0)
                _text.Append(' ');
            _gap = false;
            _text.Append(character);
        }
    }

    /// <summary>Ends the current block; the next one is a paragraph.</summary>
    public void End()
    {
        if (_text.Length > 0)
            _blocks.Add(new Block(Level, _text.ToString()));
        _text.Clear();
        _gap = false;
        Level = 0;
    }

    public IReadOnlyList<Block> Build()
    {
        End();
        return _blocks;
    }
}
