using System.Net;
using Agents.Defaults.Errors;
using Agents.Defaults.Limits;
using Microsoft.Extensions.Options;
using Xunit;

namespace Agents.Defaults.Tests.Limits;

public sealed class RateLimitingTests
{
    [Theory]
    [InlineData("/plain")]
    [InlineData("/openai")]
    public async Task More_than_the_burst_is_429_with_a_reason_and_the_time_to_wait(string path)
    {
        var token = TestContext.Current.CancellationToken;
        await using var app = await StartAsync(new RateLimitOptions { RequestsPerSecond = 1, Burst = 3 }, token);
        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };

        var answers = new List<HttpResponseMessage>();
        for (var n = 0; n < 10; n++)
            answers.Add(await http.GetAsync(path, token));

        Assert.All(answers.Take(3), answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));
        var refused = answers[3..].Where(answer => answer.StatusCode == HttpStatusCode.TooManyRequests).ToList();
        Assert.True(refused.Count >= 6, $"{refused.Count} of 7 were refused");
        Assert.Equal("1", refused[0].Headers.GetValues("Retry-After").Single());
        Assert.Equal("\"default\";q=3;w=3", refused[0].Headers.GetValues("RateLimit-Policy").Single());
        Assert.Equal("\"default\";r=0;t=1", refused[0].Headers.GetValues("RateLimit").Single());
        Assert.Contains("\"code\":\"rate_limited\"", await refused[0].Content.ReadAsStringAsync(token), StringComparison.Ordinal);
        Assert.Equal(path == "/openai", answers[0].Headers.Contains("x-ratelimit-remaining-requests"));
    }

    [Fact]
    public async Task Probes_are_never_limited()
    {
        var token = TestContext.Current.CancellationToken;
        await using var app = await StartAsync(new RateLimitOptions { RequestsPerSecond = 1, Burst = 1 }, token);
        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
        for (var n = 0; n < 10; n++)
            Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/health/live", token)).StatusCode);
    }

    private static async Task<WebApplication> StartAsync(RateLimitOptions options, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.UseRouting();
        app.UseMiddleware<RateLimiting>(Options.Create(options));
        app.MapGet("/plain", () => "ok");
        app.MapGet("/openai", () => "ok").WithMetadata(new OpenAiErrors());
        app.MapGet("/health/live", () => "ok");
        await app.StartAsync(cancellationToken);
        return app;
    }
}
