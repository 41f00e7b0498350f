using System.Net;
using Agents.SdkTests.Scripted;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Agents.SdkTests.AspNetCore;

public sealed class AuthenticationTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("right", "right", null, "Dapr Dapr Dapr")]
    [InlineData("right", "Right", "Not authenticated.", null)]
    [InlineData("right", "right, right", "Not authenticated.", null)]
    [InlineData("right", "", "Not authenticated.", null)]
    [InlineData("", "any", "App API Token not configured.", null)]
    [InlineData(" ", "any", "App API Token not configured.", null)]
    [InlineData("right", null, "none", null)]
    public async Task The_token_decides(string configured, string? shown, string? failure, string? name)
    {
        await using var app = await StartAsync(configured);

        Assert.Equal(failure ?? name, await GetAsync(app, "/who", shown, HttpStatusCode.OK));
    }

    [Theory]
    [InlineData("right", HttpStatusCode.OK)]
    [InlineData("wrong", HttpStatusCode.Unauthorized)]
    [InlineData(null, HttpStatusCode.Unauthorized)]
    public async Task The_policy_admits_only_the_sidecar(string? shown, HttpStatusCode status)
    {
        await using var app = await StartAsync("right");

        await GetAsync(app, "/sidecar-only", shown, status);
        await GetAsync(app, "/named-policy", shown, status);
    }

    private static Task<TestApp> StartAsync(string token) => TestApp.StartAsync(
        app =>
        {
            app.UseAuthentication();
            app.UseAuthorization();
            app.MapGet("/who", async context =>
            {
                var result = await context.AuthenticateAsync("Dapr");
                var identity = result.Principal?.Identity;
                await context.Response.WriteAsync(
                    result.Failure?.Message ?? (result.None ? "none" : $"{identity!.Name} {identity.AuthenticationType} {result.Ticket!.AuthenticationScheme}"));
            });
            app.MapGet("/sidecar-only", () => "in").RequireAuthorization("Dapr");
            app.MapGet("/named-policy", () => "in").RequireAuthorization("own name");
        },
        services =>
        {
            services.AddAuthentication().AddDapr(options => options.Token = token);
            services.AddAuthorization(options =>
            {
                options.AddDapr();
                options.AddDapr("own name");
            });
        });

    private static async Task<string> GetAsync(TestApp app, string path, string? token, HttpStatusCode expected)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (token is not null) request.Headers.TryAddWithoutValidation("Dapr-Api-Token", token);
        using var response = await app.Http.SendAsync(request, Cancelled);
        Assert.Equal(expected, response.StatusCode);
        return await response.Content.ReadAsStringAsync(Cancelled);
    }
}
