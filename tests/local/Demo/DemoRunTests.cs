using System.Threading.Channels;
using Agents.Local.Cli;
using Agents.Local.Demo;
using Xunit;

namespace Agents.Local.Tests.Demo;

public sealed class DemoRunTests : IDisposable
{
    private static readonly DocumentSet Set = new(
        [new("a.md", "# A", "text/markdown"), new("b.txt", "b", "text/plain"), new("c.html", "<p>c", "text/html")], ["d.md: empty"]);

    private static readonly (string, string)[] GoodAnswer =
    [
        ("turn.started", """{"turn_id":"turn_1","session_id":"sess_1"}"""),
        ("turn.delta", """{"turn_id":"turn_1","text":"It starts "}"""),
        ("turn.tool", """{"turn_id":"turn_1","unknown":true}"""),
        ("turn.delta", """{"turn_id":"turn_1","text":"at nine [1]."}"""),
        ("turn.citation", """{"turn_id":"turn_1","index":2,"document_id":"doc_2","title":"b.txt","passage":1,"text":"b"}"""),
        ("turn.citation", """{"turn_id":"turn_1","index":1,"document_id":"doc_1","title":"a.md","passage":3,"text":"It starts\n  at nine."}"""),
        ("turn.completed", """{"turn_id":"turn_1","usage":{"prompt_tokens":812,"completion_tokens":64,"cost_micros":"1234"},"ttft_ms":143,"duration_ms":200,"trace_id":"4bf92f3577b34da6a3ce929d0e0e4736"}"""),
    ];

    private readonly StringWriter _output = new();
    private readonly StringWriter _errors = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _output.Dispose();
        _errors.Dispose();
    }

    [Fact]
    public async Task Tells_the_whole_story()
    {
        await using var api = await FakeApi.StartAsync(busy: 2);
        api.Answer = GoodAnswer;
        await RunAsync(api, "When does it start?");

        Assert.Equal(
            """
            It starts at nine [1].

            [1] a.md, passage 3: It starts at nine.
            [2] b.txt, passage 1: b

            tokens: 812 in, 64 out
            cost: $0.001234
            first token: 143 ms
            trace: 4bf92f3577b34da6a3ce929d0e0e4736

            """,
            _output.ToString());
        Assert.Equal(["a.md|text/markdown", "b.txt|text/plain", "c.html|text/html"],
            api.Documents.Select(document => $"{document["title"]}|{document["content_type"]}").Order(StringComparer.Ordinal));
        Assert.Equal("coll_1", Assert.Single(api.Agents)["collections"]![0]!.GetValue<string>());
        Assert.Equal("""{"agent":"agent_1","input":"When does it start?","stream":true}""", api.Asked!.ToJsonString());
        Assert.Contains("Skipped d.md: empty", _errors.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', _output.ToString() + _errors);
    }

    [Fact]
    public async Task A_second_run_reuses_collection_agent_and_documents()
    {
        await using var api = await FakeApi.StartAsync();
        api.Answer = GoodAnswer;
        await RunAsync(api, "Once?");
        await RunAsync(api, "Twice?");
        Assert.Single(api.Agents);
        Assert.Equal(3, api.Documents.Count);
    }

    [Fact]
    public async Task Documents_that_fail_are_named_with_the_reason_and_the_others_are_asked()
    {
        await using var api = await FakeApi.StartAsync(failingTitle: "b.txt", refusedTitle: "c.html");
        api.Answer = GoodAnswer;
        await RunAsync(api, "Why?");
        Assert.Contains("b.txt could not be read: it makes no sense", _errors.ToString(), StringComparison.Ordinal);
        Assert.Contains("c.html: POST /v1/collections/coll_1/documents answered 413: That is too much.", _errors.ToString(), StringComparison.Ordinal);
        Assert.StartsWith("It starts", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_that_fails_or_breaks_off_is_an_error()
    {
        await using var api = await FakeApi.StartAsync();
        api.Answer = [GoodAnswer[0], ("turn.failed", """{"turn_id":"turn_1","error":{"code":"model","message":"No model answers.","retryable":true}}""")];
        Assert.Contains("No model answers.", (await Assert.ThrowsAsync<LocalHostException>(() => RunAsync(api, "Why?"))).Message, StringComparison.Ordinal);

        api.Answer = GoodAnswer[..2];
        Assert.Contains("broke off", (await Assert.ThrowsAsync<LocalHostException>(() => RunAsync(api, "Why?"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_answer_is_printed_while_it_streams()
    {
        var events = Channel.CreateUnbounded<System.Net.ServerSentEvents.SseItem<TurnEvent>>();
        var output = new Signalling();
        var printing = AnswerPrinter.PrintAsync(events.Reader.ReadAllAsync(Token), output, new ProgressBar(_errors, interactive: false), Token);
        events.Writer.TryWrite(new(new TurnEvent { Text = "first" }, "turn.delta"));
        Assert.Equal("first", await output.Written.Task.WaitAsync(TimeSpan.FromSeconds(5), Token));
        Assert.False(printing.IsCompleted);
        events.Writer.TryWrite(new(new TurnEvent(), "turn.completed"));
        await printing;
    }

    private async Task RunAsync(FakeApi api, string question)
    {
        using var client = new ApiClient(api.Address, FakeApi.Key);
        try
        {
            await DemoRun.RunAsync(client, Set, question, _output, new ProgressBar(_errors, interactive: false), Token);
        }
        finally
        {
            Assert.Empty(api.Unexpected);
        }
    }

    /// <summary>Says when something was written and flushed.</summary>
    private sealed class Signalling : StringWriter
    {
        public TaskCompletionSource<string> Written { get; } = new();

        public override Task FlushAsync(CancellationToken cancellationToken)
        {
            Written.TrySetResult(ToString());
            return Task.CompletedTask;
        }
    }
}
