using System.Net;
using System.Text;
using Agents.SdkTests.Scripted;
using Dapr.Client;
using Microsoft.AspNetCore.Http;

namespace Agents.SdkTests.Invocation;

public sealed class InvokeHttpClientTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_relative_url_goes_to_the_app_of_the_client_through_the_sidecar()
    {
        await using var sidecar = await ScriptedSidecar.StartAsync();
        sidecar.Answer("GET /v1.0/invoke/retrieval/method/collections/a%20b?top=5&q=x%26y", 200, "found");
        using var http = DaprClient.CreateInvokeHttpClient("retrieval", sidecar.Address, "secret");

        Assert.Equal("found", await http.GetStringAsync("/collections/a%20b?top=5&q=x%26y", Cancelled));

        Assert.Equal("secret", sidecar.Received[0].Header("dapr-api-token"));
        Assert.StartsWith("dapr-sdk-dotnet/v", sidecar.Received[0].Header("User-Agent"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_absolute_url_names_its_app_and_the_port_is_not_part_of_the_name()
    {
        await using var sidecar = await ScriptedSidecar.StartAsync();
        sidecar.Answer("PUT /v1.0/invoke/inference-batch/method/").Answer("GET /v1.0/invoke/other/method/x");
        using var http = DaprClient.CreateInvokeHttpClient(daprEndpoint: sidecar.Address);

        using var put = await http.PutAsync(new Uri("https://Inference-Batch:8443"), null, Cancelled);
        using var get = await http.GetAsync(new Uri("http://other/x"), Cancelled);

        Assert.All(sidecar.Received, request => Assert.Null(request.Header("dapr-api-token")));
    }

    [Fact]
    public async Task An_app_id_keeps_its_capitals_only_when_it_is_the_app_of_the_client()
    {
        await using var sidecar = await ScriptedSidecar.StartAsync();
        sidecar.Answer("GET /v1.0/invoke/MyApp/method/x").Answer("GET /v1.0/invoke/yourapp/method/x");
        using var http = DaprClient.CreateInvokeHttpClient("MyApp", sidecar.Address);

        using var own = await http.GetAsync("/x", Cancelled);
        using var other = await http.GetAsync(new Uri("http://YourApp/x"), Cancelled);
    }

    [Fact]
    public async Task The_request_is_as_it_was_after_it_was_sent()
    {
        await using var sidecar = await ScriptedSidecar.StartAsync();
        sidecar.Answer("POST /v1.0/invoke/app/method/x", 200);
        using var http = DaprClient.CreateInvokeHttpClient(daprEndpoint: sidecar.Address, daprApiToken: "secret");
        using var request = new HttpRequestMessage(HttpMethod.Post, "http://app/x");

        using var response = await http.SendAsync(request, Cancelled);

        Assert.Equal(new Uri("http://app/x"), request.RequestUri);
        Assert.False(request.Headers.Contains("dapr-api-token"));
    }

    [Theory]
    [InlineData(404)]
    [InlineData(409)]
    [InlineData(503)]
    public async Task The_status_and_body_of_the_app_come_back_as_they_are(int status)
    {
        await using var sidecar = await ScriptedSidecar.StartAsync();
        sidecar.Answer("GET /v1.0/invoke/app/method/x", status, "why");
        using var http = DaprClient.CreateInvokeHttpClient("app", sidecar.Address);

        using var response = await http.GetAsync("/x", Cancelled);

        Assert.Equal((HttpStatusCode)status, response.StatusCode);
        Assert.Equal("why", await response.Content.ReadAsStringAsync(Cancelled));
    }

    [Fact]
    public async Task A_redirect_is_handed_back_because_following_it_would_leave_the_sidecar()
    {
        await using var sidecar = await ScriptedSidecar.StartAsync();
        sidecar.Answer("GET /v1.0/invoke/app/method/x", context =>
        {
            context.Response.Redirect("/elsewhere");
            return Task.CompletedTask;
        });
        using var http = DaprClient.CreateInvokeHttpClient("app", sidecar.Address);

        using var response = await http.GetAsync("/x", Cancelled);

        Assert.Equal(HttpStatusCode.Found, response.StatusCode);
    }

    [Fact]
    public async Task The_first_part_of_a_stream_arrives_before_the_last_is_sent()
    {
        await using var sidecar = await ScriptedSidecar.StartAsync();
        var firstWasRead = new TaskCompletionSource();
        sidecar.Answer("POST /v1.0/invoke/app/method/stream", async context =>
        {
            await context.Response.WriteAsync("first");
            await context.Response.Body.FlushAsync(context.RequestAborted);
            await firstWasRead.Task.WaitAsync(TimeSpan.FromSeconds(10), context.RequestAborted);
            await context.Response.WriteAsync("last");
        });
        using var http = DaprClient.CreateInvokeHttpClient("app", sidecar.Address);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/stream");

        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancelled);
        await using var stream = await response.Content.ReadAsStreamAsync(Cancelled);
        var first = new byte[5];
        await stream.ReadExactlyAsync(first, Cancelled);
        firstWasRead.SetResult();
        using var rest = new StreamReader(stream);

        Assert.Equal("first", Encoding.UTF8.GetString(first));
        Assert.Equal("last", await rest.ReadToEndAsync(Cancelled));
    }

    [Fact]
    public async Task A_client_made_from_a_DaprClient_has_its_endpoint_and_its_token()
    {
        await using var sidecar = await ScriptedSidecar.StartAsync();
        sidecar.Answer("GET /v1.0/invoke/app/method/x", 200, "found");
        using var client = sidecar.Client(builder => builder.UseDaprApiToken("secret"));
        using var http = client.CreateInvokableHttpClient("app");

        Assert.Equal("found", await http.GetStringAsync("/x", Cancelled));
        Assert.Equal("secret", sidecar.Received[0].Header("dapr-api-token"));
    }

    [Fact]
    public async Task What_is_no_destination_is_refused()
    {
        using var invoker = new HttpMessageInvoker(new InvocationHandler { DaprEndpoint = "http://127.0.0.1:1" });

        await RefusedAsync(null);
        await RefusedAsync(new Uri("/relative", UriKind.Relative));
        await RefusedAsync(new Uri("ftp://app/x"));

        async Task RefusedAsync(Uri? uri)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, uri);
            await Assert.ThrowsAsync<ArgumentException>(() => invoker.SendAsync(request, Cancelled));
        }
    }

    [Fact]
    public void Endpoints_and_app_ids_are_checked_when_they_are_given()
    {
        using var handler = new InvocationHandler();

        Assert.Throws<ArgumentNullException>(() => handler.DaprEndpoint = null!);
        Assert.Throws<UriFormatException>(() => handler.DaprEndpoint = "not a url");
        Assert.Throws<ArgumentException>(() => handler.DaprEndpoint = "ftp://host");
        Assert.Throws<ArgumentException>(() => DaprClient.CreateInvokeHttpClient("not a host"));
        Assert.Throws<ArgumentException>(() => DaprClient.CreateInvokeHttpClient("app", "ftp://host"));
    }
}
