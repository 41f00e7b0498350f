using Agents.Local.Demo;
using Xunit;

namespace Agents.Local.Tests.Demo;

public sealed class DocumentFolderTests : IDisposable
{
    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Reads_text_markdown_and_html_in_the_same_order_every_time()
    {
        _folder.Write("b.txt", "b");
        _folder.Write("a/z.html", "<p>z</p>");
        _folder.Write("a/a.MD", "# a");
        _folder.Write("a/program.cs", "no document");
        _folder.Write(".git/config.md", "hidden");
        _folder.Write("node_modules/x/readme.md", "someone else's");
        _folder.Write("artifacts/readme.md", "made, not written");

        var set = DocumentFolder.Read(_folder.Path, markdownOnly: false);
        Assert.Equal(
            [new Document("a/a.MD", "# a", "text/markdown"), new("a/z.html", "<p>z</p>", "text/html"), new("b.txt", "b", "text/plain")],
            set.Documents);
        Assert.Empty(set.Skipped);
        Assert.Equal(["a/a.MD"], DocumentFolder.Read(_folder.Path, markdownOnly: true).Documents.Select(document => document.Title));
    }

    [Fact]
    public void One_file_is_a_set_of_one()
    {
        var file = _folder.Write("deep/only.txt", "text");
        Assert.Equal("only.txt", Assert.Single(DocumentFolder.Read(file, markdownOnly: false).Documents).Title);
    }

    [Fact]
    public void What_is_left_out_is_said()
    {
        _folder.Write("good.md", "good");
        _folder.Write("empty.md", " \n");
        File.WriteAllBytes(Path.Combine(_folder.Path, "latin.txt"), [0x66, 0xfc, 0x72]);
        File.WriteAllBytes(Path.Combine(_folder.Path, "binary.txt"), [0x66, 0, 0x72]);
        using (var large = File.Create(Path.Combine(_folder.Path, "large.txt")))
            large.SetLength(DocumentFolder.MaxBytes + 1);

        var set = DocumentFolder.Read(_folder.Path, markdownOnly: false);
        Assert.Equal("good.md", Assert.Single(set.Documents).Title);
        Assert.Equal(
            ["binary.txt: not UTF-8 text", "empty.md: empty", "large.txt: larger than 10 MB", "latin.txt: not UTF-8 text"], set.Skipped);
    }

    [Fact]
    public void There_is_a_limit_to_the_number_of_files()
    {
        for (var i = 0; i <= DocumentFolder.MaxFiles; i++)
            _folder.Write($"{i:0000}.md", "x");
        var set = DocumentFolder.Read(_folder.Path, markdownOnly: false);
        Assert.Equal(DocumentFolder.MaxFiles, set.Documents.Count);
        Assert.Equal("2000.md and all after it: a demo takes 2,000 files", Assert.Single(set.Skipped));
    }

    [Fact]
    public void Links_are_not_followed()
    {
        _folder.Write("a/one.md", "one");
        Directory.CreateSymbolicLink(Path.Combine(_folder.Path, "a", "loop"), _folder.Path);
        Assert.Single(DocumentFolder.Read(_folder.Path, markdownOnly: false).Documents);
    }

    [Fact]
    public void Nothing_to_read_is_refused() => Assert.Contains(
        "holds no .md, .txt or .html document",
        Assert.Throws<LocalHostException>(() => DocumentFolder.Read(_folder.Path, markdownOnly: false)).Message,
        StringComparison.Ordinal);
}
