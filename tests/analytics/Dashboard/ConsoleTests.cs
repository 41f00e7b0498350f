using System.Diagnostics;
using Agents.Testing;
using Microsoft.Playwright;

namespace Agents.Analytics.Tests.Dashboard;

/// <summary>The console as people use it, in a browser.</summary>
public sealed class ConsoleTests(AnalyticsStack stack)
{
    private static readonly string[] Browsers = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Somebody_signs_in_asks_rates_and_sees_jobs_and_charts()
    {
        var (tenant, _) = await stack.TenantAsync(Token);
        var key = await stack.NewKeyAsync(tenant, Token, "analytics", "sessions", "jobs", "documents");
        var documents = (await key.CreateAsync("/v1/collections", new { name = "handbook" }, Token)).Text("id");
        var document = (await key.CreateAsync($"/v1/collections/{documents}/documents", new { title = "Leave", text = "Employees have 27 days of leave a year." }, Token)).Text("id");
        await Eventually.TrueAsync(
            async () => (await key.GetAsync($"/v1/collections/{documents}/documents/{document}", Token)).Text("status") == "ready", "the document is indexed", Token);
        var job = (await key.CreateAsync("/v1/jobs", new { kind = "turn", input = "How many days of leave?" }, Token)).Text("id");

        using var playwright = await Playwright.CreateAsync();
        await using var browser = await OpenAsync(playwright);
        var page = await browser.NewPageAsync(new BrowserNewPageOptions { BaseURL = stack.Host.Address.ToString(), ViewportSize = new() { Width = 1_280, Height = 1_600 } });
        var complaints = new List<string>();
        page.Console += (_, message) => { if (message.Type == "error") complaints.Add(message.Text); };
        page.PageError += (_, error) => complaints.Add(error);
        await page.GotoAsync("/");
        await page.GetByLabel("API key").FillAsync(key.Http.DefaultRequestHeaders.Authorization!.Parameter!);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();

        await page.GetByLabel("Question").FillAsync("How many days of leave do I have?");
        await page.GetByRole(AriaRole.Button, new() { Name = "Ask" }).ClickAsync();
        await Assertions.Expect(page.Locator(".answer")).ToContainTextAsync("27 days");
        await Assertions.Expect(page.Locator(".sources")).ToContainTextAsync("Leave");
        await page.GetByRole(AriaRole.Button, new() { Name = "Good answer" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { Name = "Good answer" })).ToHaveAttributeAsync("aria-pressed", "true");

        await Assertions.Expect(page.Locator("#work")).ToContainTextAsync(job, new() { Timeout = 20_000 });
        await Assertions.Expect(page.Locator("#work")).ToContainTextAsync("succeeded", new() { Timeout = 20_000 });
        await Assertions.Expect(page.GetByRole(AriaRole.Region, new() { Name = "Quality" })).ToContainTextAsync("Rated up1", new() { Timeout = 20_000 });
        Assert.Equal(await HasChartsAsync() ? 5 : 0, await page.Locator("#charts canvas").CountAsync());
        await page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(AppContext.BaseDirectory, "console.png"), FullPage = true });

        await page.GetByRole(AriaRole.Button, new() { Name = "Forget key" }).ClickAsync();
        await Assertions.Expect(page.GetByLabel("API key")).ToBeVisibleAsync();
        await Assertions.Expect(page.Locator("#groups")).ToBeHiddenAsync();
        await Assertions.Expect(page.Locator("#said")).ToBeEmptyAsync();
        Assert.Empty(complaints);
    }

    [Fact]
    public async Task Without_its_chart_library_the_page_is_plain_and_a_wrong_key_is_refused()
    {
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await OpenAsync(playwright);
        var page = await browser.NewPageAsync(new BrowserNewPageOptions { BaseURL = stack.Host.Address.ToString() });
        await page.RouteAsync("**/uplot.js", route => route.FulfillAsync(new() { ContentType = "text/javascript", Body = "export default null;" }));
        await page.GotoAsync("/#key=ak_wrong");
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("unknown, expired or revoked");
        var (_, reader) = await stack.TenantAsync(Token);
        await page.GotoAsync($"/#key={reader.Http.DefaultRequestHeaders.Authorization!.Parameter}");
        await Assertions.Expect(page.GetByRole(AriaRole.Region, new() { Name = "Business" })).ToBeVisibleAsync();
        await Assertions.Expect(page.Locator("#charts")).ToBeHiddenAsync();
        // The key reads figures only.
        await Assertions.Expect(page.Locator("#work")).ToBeHiddenAsync();
        Assert.DoesNotContain("key=", page.Url, StringComparison.Ordinal);
    }

    private async Task<bool> HasChartsAsync() => !(await stack.Client(null).Http.GetStringAsync("/uplot.js", Token)).Contains("default null", StringComparison.Ordinal);

    private static async Task<IBrowser> OpenAsync(IPlaywright playwright)
    {
        if (Array.Find(Browsers, File.Exists) is not { } browser)
        {
            Assert.Skip("not run: there is no Chromium on this machine");
            throw new UnreachableException();
        }
        return await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions { ExecutablePath = browser, Args = ["--no-sandbox"] });
    }
}
