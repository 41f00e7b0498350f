using System.Net;
using System.Text.RegularExpressions;

namespace Agents.Analytics.Tests.Dashboard;

/// <summary>The console's files, as a browser without a key gets them.</summary>
public sealed partial class DashboardTests(AnalyticsStack stack)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static readonly string[] Scripts = ["/console.js", "/api.js", "/charts.js", "/chat.js", "/page.js", "/summary.js", "/work.js"];

    public static TheoryData<string, string> Files =>
        [("/", "text/html"), ("/console.css", "text/css"), ("/uplot.css", "text/css"), .. Scripts.Select(script => (script, "text/javascript"))];

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
        Assert.Equal(["/console.css", "/console.js", "/uplot.css"], named.Order());
        var scripts = await ScriptsAsync();
        Assert.Equal([.. Scripts.Skip(1).Append("/uplot.js").Order()], Import().Matches(scripts).Select(match => match.Groups[1].Value).Distinct().Order());
        foreach (var id in ElementId().Matches(scripts).Select(match => match.Groups[1].Value).Distinct())
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
    public async Task The_scripts_put_values_into_the_page_as_text_only() =>
        Assert.DoesNotMatch("innerHTML|outerHTML|insertAdjacentHTML|document\\.write|eval\\(", await ScriptsAsync());

    private async Task<string> ScriptsAsync() => string.Concat(await Task.WhenAll(Scripts.Select(GetAsync)));

    private async Task<string> GetAsync(string path) => await stack.Client(null).Http.GetStringAsync(path, Token);

    [GeneratedRegex("(?:href|src)=\"(/[^\"]*)\"")]
    private static partial Regex Reference();

    [GeneratedRegex("from '(/[^']+)'")]
    private static partial Regex Import();

    [GeneratedRegex("find\\('([^']+)'\\)")]
    private static partial Regex ElementId();

    [GeneratedRegex("<(?:input|select)[^>]* ?id=\"([^\"]+)\"")]
    private static partial Regex Control();
}
