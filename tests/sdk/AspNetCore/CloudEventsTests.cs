using System.Net;
using System.Text;
using Agents.SdkTests.Scripted;
using Dapr;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Agents.SdkTests.AspNetCore;

public sealed class CloudEventsTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("""{"id":"1","datacontenttype":"application/json","data":{"n": 1.50}}""", "application/json", """{"n":1.50}""")]
    [InlineData("""{"data":[1]}""", "application/json", "[1]")]
    [InlineData("""{"data":"text"}""", "application/json", "\"text\"")]
    [InlineData("""{"data":null}""", "application/json", "null")]
    [InlineData("""{"Data":1,"DataContentType":"application/json; charset=utf-16"}""", "application/json", "1")]
    [InlineData("""{"datacontenttype":"application/vnd.x+json","data":"text"}""", "application/vnd.x+json", "\"text\"")]
    [InlineData("""{"datacontenttype":"text/plain","data":"täxt"}""", "text/plain", "täxt")]
    [InlineData("""{"datacontenttype":"text/plain","data":{"n":1}}""", "text/plain", """{"n":1}""")]
    [InlineData("""{"datacontenttype":"application/octet-stream","data_base64":"aGk="}""", "application/octet-stream", "hi")]
    [InlineData("""{"data_base64":"aGk="}""", "application/json", "hi")]
    [InlineData("""{"datacontenttype":7,"data":1}""", "application/json", "1")]
    [InlineData("""{"id":"1","datacontenttype":"application/json"}""", "", "")]
    public async Task The_handler_sees_the_data_and_its_type(string envelope, string type, string body)
    {
        await using var app = await EchoAsync();

        var seen = await PostAsync(app, envelope, "application/cloudevents+json");

        Assert.Equal((HttpStatusCode.OK, $"{type}|{Encoding.UTF8.GetByteCount(body)}|{body}"), seen);
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("application/cloudevents-batch+json")]
    [InlineData("application/cloudevents+xml")]
    [InlineData("nonsense")]
    public async Task Other_requests_pass_as_they_are(string type)
    {
        await using var app = await EchoAsync();

        var seen = await PostAsync(app, """{"data":1}""", type);

        Assert.Equal((HttpStatusCode.OK, $$"""{{type}}|10|{"data":1}"""), seen);
    }

    [Theory]
    [InlineData("""{"data":1,"data_base64":"aGk="}""")]
    [InlineData("""{"data_base64":"not base64!"}""")]
    [InlineData("""{"data_base64":7}""")]
    [InlineData("""[{"data":1}]""")]
    [InlineData("{oops")]
    [InlineData("")]
    public async Task What_is_no_event_is_refused(string envelope)
    {
        await using var app = await EchoAsync();

        Assert.Equal((HttpStatusCode.BadRequest, ""), await PostAsync(app, envelope, "application/cloudevents+json"));
    }

    [Fact]
    public async Task An_event_may_come_in_another_encoding()
    {
        await using var app = await EchoAsync();
        using var content = new StringContent("""{"data":"ü"}""", Encoding.Unicode);
        content.Headers.ContentType = new("application/cloudevents+json") { CharSet = "utf-16" };

        using var response = await app.Http.PostAsync("/", content, Cancelled);

        // The default JSON encoder escapes what is not ASCII.
        Assert.Equal("application/json|8|\"\\u00FC\"", await response.Content.ReadAsStringAsync(Cancelled));
    }

    [Fact]
    public async Task Text_stays_in_its_quotes_when_asked_to()
    {
        await using var app = await EchoAsync(new CloudEventsMiddlewareOptions { SuppressJsonDecodingOfTextPayloads = true });

        var (_, seen) = await PostAsync(app, """{"datacontenttype":"text/plain","data":"text"}""", "application/cloudevents+json");

        Assert.Equal("text/plain|6|\"text\"", seen);
    }

    [Theory]
    [InlineData(null, null, "Cloudevent.id=1,Cloudevent.retries=2,Cloudevent.type=t")]
    [InlineData(new[] { "TYPE", "data" }, new[] { "type" }, "Cloudevent.type=t")]
    [InlineData(null, new[] { "TYPE" }, "Cloudevent.id=1,Cloudevent.retries=2")]
    public async Task Attributes_become_headers_when_asked_to(string[]? included, string[]? excluded, string expected)
    {
        var options = new CloudEventsMiddlewareOptions
        {
            ForwardCloudEventPropertiesAsHeaders = true,
            IncludedCloudEventPropertiesAsHeaders = included,
            ExcludedCloudEventPropertiesFromHeaders = excluded,
        };
        await using var app = await TestApp.StartAsync(app => app.UseCloudEvents(options).Run(context =>
        {
            var forwarded = context.Request.Headers.Where(it => it.Key.StartsWith("Cloudevent.", StringComparison.Ordinal));
            return context.Response.WriteAsync(string.Join(',', forwarded.Select(it => $"{it.Key}={it.Value}").Order()));
        }));

        var (_, seen) = await PostAsync(
            app, """{"id":"1","Type":"t","retries":2,"pubsubname":"p","traceparent":"x","datacontenttype":"application/json","data":1}""", "application/cloudevents+json");

        Assert.Equal(expected, seen);
    }

    [Fact]
    public async Task The_request_is_as_it_came_once_the_handler_is_done()
    {
        var after = new TaskCompletionSource<(string?, long?)>();
        await using var app = await TestApp.StartAsync(app =>
        {
            app.Use(async (context, next) =>
            {
                await next(context);
                after.SetResult((context.Request.ContentType, context.Request.ContentLength));
            });
            app.UseCloudEvents();
            app.Run(context => Task.CompletedTask);
        });

        await PostAsync(app, """{"data":1}""", "application/cloudevents+json");

        Assert.Equal(("application/cloudevents+json", 10), await after.Task.WaitAsync(Cancelled));
    }

    private static Task<TestApp> EchoAsync(CloudEventsMiddlewareOptions? options = null) => TestApp.StartAsync(app =>
    {
        if (options is null) app.UseCloudEvents();
        else app.UseCloudEvents(options);
        app.Run(async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            var body = await reader.ReadToEndAsync(context.RequestAborted);
            await context.Response.WriteAsync($"{context.Request.ContentType}|{context.Request.ContentLength}|{body}");
        });
    });

    private static async Task<(HttpStatusCode Status, string Body)> PostAsync(TestApp app, string body, string type)
    {
        using var content = new StringContent(body);
        content.Headers.Remove("Content-Type");
        content.Headers.TryAddWithoutValidation("Content-Type", type);
        using var response = await app.Http.PostAsync("/", content, Cancelled);
        return (response.StatusCode, await response.Content.ReadAsStringAsync(Cancelled));
    }
}
