using System.Net;
using System.Text.RegularExpressions;

namespace Agents.Analytics.Tests.Dashboard;

/// <summary>The console's files, as a browser without a key gets them.</summary>
public sealed partial class DashboardTests(AnalyticsStack stack)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string, string> Files => new() { { "/", "text/html" }, { "/console.css", "text/css" }, { "/console.js", "text/javascript" } };

    [Theory, MemberData(nameof(Files))]
    public async Task Files_need_no_key_and_allow_nothing_from_elsewhere(string path, string type)
    {
        using var response = await stack.Client(null).Http.GetAsync(path, Token);
        Assert.Equal((HttpStatusCode.OK, type), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        var policy = Assert.Single(response.Headers.GetValues("Content-Security-Policy"));
        Assert.StartsWith("default-src 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.Contains("nosniff", response.Headers.GetValues("X-Content-Type-Options"));
        Assert.DoesNotMatch("(?<!xmlns=')https?://", await response.Content.ReadAsStringAsync(Token));
    }

    [Fact]
    public async Task Everything_that_the_page_names_is_there()
    {
        var page = await GetAsync("/");
        var named = Reference().Matches(page).Select(match => match.Groups[1].Value).ToList();
        Assert.Equal(["/console.css", "/console.js"], named.Order());
        var script = await GetAsync("/console.js");
        foreach (var id in ElementId().Matches(script).Select(match => match.Groups[1].Value).Distinct())
            Assert.Contains($"id=\"{id}\"", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_page_can_be_used_without_seeing_it()
    {
        var page = await GetAsync("/");
        Assert.Contains("<html lang=\"en\">", page, StringComparison.Ordinal);
        Assert.Contains("role=\"alert\"", page, StringComparison.Ordinal);
        foreach (var control in Control().Matches(page).Select(match => match.Groups[1].Value))
            Assert.Contains($"<label for=\"{control}\">", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_script_puts_values_into_the_page_as_text_only() =>
        Assert.DoesNotMatch("innerHTML|outerHTML|insertAdjacentHTML|document\\.write|eval\\(", await GetAsync("/console.js"));

    private async Task<string> GetAsync(string path) => await stack.Client(null).Http.GetStringAsync(path, Token);

    [GeneratedRegex("(?:href|src)=\"(/[^\"]*)\"")]
    private static partial Regex Reference();

    [GeneratedRegex("find\\('([^']+)'\\)")]
    private static partial Regex ElementId();

    [GeneratedRegex("<(?:input|select)[^>]* ?id=\"([^\"]+)\"")]
    private static partial Regex Control();
}
