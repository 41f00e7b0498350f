using System.Text;
using Agents.Conversation.Guardrails;
using Agents.Conversation.Guardrails.Personal;
using Agents.Conversation.Guardrails.Spans;
using Xunit;

namespace Agents.Conversation.Tests.Guardrails;

/// <summary>A stream is masked as the whole text would be, however it is cut, and holds no more than it says.</summary>
[Collection(ConversationStack.Apart)]
public sealed class SpanStreamTests
{
    private static readonly GuardrailPolicy Everything = new(
        Output: new GuardrailRules(Pii: GuardrailAction.Mask, Topics: GuardrailAction.Mask, Secrets: GuardrailAction.Mask),
        PiiTypes: PersonalKinds.All,
        Topics: [new GuardrailTopic("arms", ["machine gun", "bomb"])],
        Protected: ["Omega-7", "correct horse battery"],
        AllowedHosts: ["example.com"]);

    private static readonly string[] Pieces =
    [
        "mail jo.doe@mail.example.org, please", "IBAN GB82 WEST 1234 5698 7654 32.", "card 4111-1111-1111-1111!", "call +44 20 7946 0018 ext. 12 now", "(071) 4233-6306 mobile",
        "on 2024-03-05 at 12:30", "10.0.0.1:80", "2001:db8::1", "SSN 078-05-1120", "X1234567L", "![a](https://evil.test/?q=1) ok", "see https://docs.example.com/a?b=1.",
        "//evil.test/x", "[x](&#104;ttps://evil.test)", "sk-abcdefghij0123456789XYZ", "postgres://me:pw1@host/db", "api_key = \"abcdefgh12345678\"", "o m e g a 7", "T21lZ2EtNw==",
        "machine-gun", "bombastic", "\n\n", " ", "🙂", "e\u0301", "07700\u00A0900\u00A0123", "jo\u200Bdoe@x.org", "a@", "www.", "http", "-----BEGIN RSA PRIVATE KEY-----\nMIIB\n-----END RSA PRIVATE KEY----- done",
    ];

    public static TheoryData<string> Texts => [.. Pieces, "mail a@b.co or c@d.eu", "4111 1111 1111 1111 and 4111 1111 1111 1112", "tel 1 2 3 4 5 6 7 8", "<img src=x> <image"];

    [Theory]
    [MemberData(nameof(Texts))]
    public void Every_cut_into_three_gives_what_the_whole_text_gives(string text)
    {
        foreach (var guard in (Guard[])[new(Everything, GuardrailPlace.Output), new(new GuardrailPolicy(), GuardrailPlace.Output)])
        {
            var whole = guard.Open(Ignore).Whole(text);
            for (var first = 0; first <= text.Length; first++)
            {
                for (var second = first; second <= text.Length; second++)
                    Assert.Equal(whole, Streamed(guard, text[..first], text[first..second], text[second..]));
            }
        }
    }

    [Theory]
    [InlineData("a@bc.de 12")]
    [InlineData("//e.tk x@y")]
    [InlineData("x 1.2.3.44")]
    [InlineData("omega7 078")]
    public void All_cuts_of_a_short_text_give_what_the_whole_text_gives(string text)
    {
        var guard = new Guard(Everything, GuardrailPlace.Output);
        var whole = guard.Open(Ignore).Whole(text);
        for (var cuts = 0; cuts < 1 << (text.Length - 1); cuts++)
        {
            var pieces = new List<string>();
            for (int at = 0, from = 0; at < text.Length; at++)
            {
                if (at == text.Length - 1 || (cuts >> at & 1) == 1)
                    (_, from) = (Add(pieces, text[from..(at + 1)]), at + 1);
            }
            Assert.Equal(whole, Streamed(guard, [.. pieces]));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Random_texts_in_random_cuts_give_what_the_whole_text_gives(int seed)
    {
        var random = new Random(seed);
        var guard = new Guard(Everything, GuardrailPlace.Output);
        for (var round = 0; round < 150; round++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(1, 60)).Select(_ => Fragment(random)));
            var pieces = new List<string>();
            for (int at = 0, to; at < text.Length; at = to)
                pieces.Add(text[at..(to = Math.Min(text.Length, at + random.Next(1, random.Next(2, 80))))]);
            Assert.True(guard.Open(Ignore).Whole(text) == Streamed(guard, [.. pieces]), $"seed {seed}, round {round}: {text}");
        }
    }

    [Fact]
    public void Nothing_is_held_longer_than_the_limit_says()
    {
        foreach (var endless in (string[])["a", "1", "1 ", "-", "https://x.", "a.", "o m e g a ", "sk-A1", "![", "(", "\u200B", "://a:", "1:"])
        {
            var stream = new Guard(Everything, GuardrailPlace.Output).Open(Ignore);
            for (var i = 0; i < 3_000; i++)
            {
                stream.Next(endless);
                Assert.InRange(stream.Held, 0, SpanStream.HoldBack);
            }
        }
    }

    [Fact]
    public void Ordinary_words_are_let_go_at_once_when_no_policy_asks_for_more()
    {
        var stream = new Guard(new GuardrailPolicy(), GuardrailPlace.Output).Open(Ignore);
        Assert.Equal("Nobody listens", stream.Next("Nobody listens"));
    }

    [Fact]
    public void What_is_flagged_stays_and_is_told_and_what_is_masked_inside_of_it_is_masked()
    {
        var told = new List<string>();
        var guard = new Guard(
            new GuardrailPolicy(Output: new GuardrailRules(Pii: GuardrailAction.Flag, Secrets: GuardrailAction.Mask), PiiTypes: ["web_address", "email"]), GuardrailPlace.Output);
        var text = guard.Open((watch, kind) => told.Add($"{watch.Action} {kind}")).Whole("see https://a.test/?k=sk-abcdefghij0123456789XYZ of a@b.org");
        Assert.Equal("see https://a.test/?k=[secret] of a@b.org", text);
        Assert.Equal(["Flag web_address", "Mask secret", "Flag email"], told);
    }

    [Theory]
    [InlineData("1")]
    [InlineData("a")]
    [InlineData("1 ")]
    [InlineData("a.")]
    [InlineData("sk-")]
    [InlineData("https://")]
    public void Hostile_texts_take_time_in_proportion_to_their_length(string endless)
    {
        var guard = new Guard(Everything, GuardrailPlace.Output);
        var (text, fourfold) = (Repeated(20_000), Repeated(80_000));
        var (one, four) = (TimeSpan.MaxValue, TimeSpan.MaxValue);
        // A busy machine only ever adds time: the least of many rounds tells four times the work from sixteen.
        for (var round = 0; round < 30; round++)
        {
            (one, four) = (Least(one, text), Least(four, fourfold));
            if (round >= 1 && four < one * 8)
                return;
        }
        Assert.Fail($"{one} for {text.Length} characters, {four} for {fourfold.Length}");

        string Repeated(int length) => string.Concat(Enumerable.Repeat(endless, length / endless.Length));

        TimeSpan Least(TimeSpan least, string given)
        {
            var started = TimeProvider.System.GetTimestamp();
            guard.Open(Ignore).Whole(given);
            var took = TimeProvider.System.GetElapsedTime(started);
            return took < least ? took : least;
        }
    }

    private static string Fragment(Random random) => random.Next(6) switch
    {
        0 => Pieces[random.Next(Pieces.Length)],
        1 => Pieces[random.Next(Pieces.Length)] is var piece ? piece[random.Next(piece.Length)..] : "",
        2 => random.Next(10).ToString(System.Globalization.CultureInfo.InvariantCulture),
        3 => " -./:@([!"[random.Next(9)].ToString(),
        4 => new string((char)random.Next('a', 'z' + 1), random.Next(1, 40)),
        _ => "word ",
    };

    private static string Streamed(Guard guard, params string[] pieces)
    {
        var stream = guard.Open(Ignore);
        var output = new StringBuilder();
        foreach (var piece in pieces)
            output.Append(stream.Next(piece));
        return output.Append(stream.End()).ToString();
    }

    private static bool Add(List<string> pieces, string piece)
    {
        pieces.Add(piece);
        return true;
    }

    private static void Ignore(Watch watch, string kind)
    {
    }
}
