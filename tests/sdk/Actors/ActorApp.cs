using System.Net;
using System.Text;
using Agents.SdkTests.Scripted;
using Dapr.Actors.Runtime;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Agents.SdkTests.Actors;

/// <summary>An app that hosts actors, and the scripted sidecar they keep their state in.</summary>
internal sealed class ActorApp : IAsyncDisposable
{
    public ScriptedSidecar Sidecar { get; private init; } = null!;

    public Diary Diary { get; } = new();

    private TestApp App { get; set; } = null!;

    public static async Task<ActorApp> StartAsync(Action<ActorRuntimeOptions>? configure = null, string? token = null, TimeProvider? time = null)
    {
        var app = new ActorApp { Sidecar = await ScriptedSidecar.StartAsync() };
        app.App = await TestApp.StartAsync(
            web =>
            {
                var handlers = web.MapActorsHandlers();
                if (token is not null) handlers.RequireAuthorization("Dapr");
            },
            services =>
            {
                services.AddSingleton(app.Diary);
                if (time is not null) services.AddSingleton(time);
                services.AddAuthentication().AddDapr(options => options.Token = token ?? "");
                services.AddAuthorization(options => options.AddDapr());
                services.AddActors(options =>
                {
                    options.HttpEndpoint = app.Sidecar.Address;
                    options.Actors.RegisterActor<Counter>();
                    options.Actors.RegisterActor<Plain>();
                    configure?.Invoke(options);
                });
            });
        return app;
    }

    /// <summary>Calls the app as its sidecar would.</summary>
    public async Task<string> CallAsync(
        string request, string? body = null, HttpStatusCode expected = HttpStatusCode.OK, params (string Name, string Value)[] headers)
    {
        var parts = request.Split(' ');
        using var message = new HttpRequestMessage(new HttpMethod(parts[0]), parts[1]);
        if (body is not null) message.Content = new StringContent(body, Encoding.UTF8, "application/json");
        foreach (var (name, value) in headers) message.Headers.TryAddWithoutValidation(name, value);
        using var response = await App.Http.SendAsync(message, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(expected == response.StatusCode, $"{response.StatusCode}: {text}");
        return text;
    }

    public async ValueTask DisposeAsync()
    {
        await App.DisposeAsync();
        await Sidecar.DisposeAsync();
    }
}
