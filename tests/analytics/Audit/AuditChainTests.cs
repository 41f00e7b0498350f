using System.Text.Json;
using Agents.Analytics.Audit;
using Agents.Defaults.Api;

namespace Agents.Analytics.Tests.Audit;

public sealed class AuditChainTests : IDisposable
{
    private readonly string _file = Path.Combine(Path.GetTempPath(), $"audit-{Guid.CreateVersion7():N}.jsonl");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_chain_as_it_was_written_is_intact_also_where_contents_are_erased()
    {
        var lines = Chain(20);
        lines[7] = lines[7] with { Content = null };
        var (code, said) = await RunAsync(lines);
        Assert.Equal((0, $"20 entries, 1 of them erased: intact; last hash {lines[^1].Link.Hash}"), (code, said));
        Assert.Equal((0, "0 entries, 0 of them erased: intact; last hash none"), await RunAsync([]));
    }

    public static TheoryData<string> Tampering => ["content", "salt", "content and its hash", "time", "id", "left out", "put in", "exchanged", "cut and joined anew"];

    [Theory, MemberData(nameof(Tampering))]
    public async Task Whatever_is_changed_shows_and_where(string how)
    {
        var lines = Chain(20);
        var (six, other) = (lines[6], AuditContent.Of(Fact("somebody else")));
        switch (how)
        {
            case "content": lines[6] = six with { Content = six.Content! with { Json = other.Json } }; break;
            case "salt": lines[6] = six with { Content = six.Content! with { Salt = other.Salt } }; break;
            case "content and its hash": lines[6] = six with { Content = other, Link = six.Link with { Content = other.Hash() } }; break;
            case "time": lines[6] = six with { Link = six.Link with { Time = six.Link.Time.AddTicks(1) } }; break;
            case "id": lines[6] = six with { Link = six.Link with { Id = "entry-66" } }; break;
            case "left out": lines.RemoveAt(6); break;
            case "put in": lines.Insert(6, six with { Link = AuditChain.Link("extra", six.Link.Time, other, lines[5].Link.Hash), Content = other }); break;
            case "exchanged": (lines[6], lines[7]) = (lines[7] with { Sequence = 6 }, lines[6] with { Sequence = 7 }); break;
            // Everything about the entry is right, but the one after it names another.
            default: lines[6] = six with { Content = other, Link = AuditChain.Link(six.Link.Id, six.Link.Time, other, lines[5].Link.Hash) }; break;
        }
        var (code, said) = await RunAsync(lines);
        Assert.Equal(1, code);
        Assert.StartsWith(how is "put in" or "cut and joined anew" ? "entry 7:" : "entry 6:", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_no_export_is_said_to_be_none()
    {
        await File.WriteAllTextAsync(_file, "hello\n", Token);
        var output = new StringWriter();
        Assert.Equal(2, await AuditCommand.RunAsync(_file, output));
        Assert.Equal(2, await AuditCommand.RunAsync(_file + ".missing", output));
    }

    public void Dispose() => File.Delete(_file);

    private async Task<(int Code, string Said)> RunAsync(IEnumerable<AuditLine> lines)
    {
        await File.WriteAllLinesAsync(_file, lines.Select(line => JsonSerializer.Serialize(line, Json.Options)), Token);
        var output = new StringWriter();
        return (await AuditCommand.RunAsync(_file, output), output.ToString().TrimEnd());
    }

    private static List<AuditLine> Chain(int count)
    {
        var (lines, last) = (new List<AuditLine>(), AuditChain.Start);
        for (var n = 0; n < count; n++)
        {
            var content = AuditContent.Of(Fact($"actor-{n}"));
            var link = AuditChain.Link($"entry-{n}", SomeEvents.Noon.AddSeconds(n), content, last);
            lines.Add(new AuditLine(n, link, content));
            last = link.Hash;
        }
        return lines;
    }

    private static AuditFact Fact(string actor) => new(actor, "agent.update", "agent/support", null, null, null);
}
