using Agents.SdkTests.Scripted;
using Dapr.Client;

namespace Agents.SdkTests.Invocation;

public sealed class InvokeRequestTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private static DaprClient Client(string token = "") => new DaprClientBuilder().UseHttpEndpoint("http://sidecar:3501").UseDaprApiToken(token).Build();

    [Theory]
    [InlineData("x", "http://sidecar:3501/v1.0/invoke/app/method/x")]
    [InlineData("/x/y", "http://sidecar:3501/v1.0/invoke/app/method/x/y")]
    [InlineData("x?a=1", "http://sidecar:3501/v1.0/invoke/app/method/x?a=1")]
    [InlineData("", "http://sidecar:3501/v1.0/invoke/app/method/")]
    public void A_method_is_a_path_below_the_app(string method, string url)
    {
        using var client = Client();

        using var post = client.CreateInvokeMethodRequest("app", method);
        using var get = client.CreateInvokeMethodRequest(HttpMethod.Get, "app", method);

        Assert.Equal((HttpMethod.Post, url), (post.Method, post.RequestUri!.AbsoluteUri));
        Assert.Equal((HttpMethod.Get, url), (get.Method, get.RequestUri!.AbsoluteUri));
        Assert.Null(post.Content);
        Assert.False(post.Headers.Contains("dapr-api-token"));
    }

    [Fact]
    public void Parameters_are_added_to_the_query()
    {
        using var client = Client();
        IReadOnlyCollection<KeyValuePair<string, string>> parameters = [new("q", "a&b"), new("top", "5")];

        using var post = client.CreateInvokeMethodRequest("app", "x", parameters);
        using var get = client.CreateInvokeMethodRequest(HttpMethod.Get, "app", "x?a=1", parameters);

        Assert.Equal("/v1.0/invoke/app/method/x?q=a%26b&top=5", post.RequestUri!.PathAndQuery);
        Assert.Equal("/v1.0/invoke/app/method/x?a=1&q=a%26b&top=5", get.RequestUri!.PathAndQuery);
    }

    [Fact]
    public async Task Data_is_json_and_the_token_is_in_the_request()
    {
        using var client = Client("secret");

        using var post = client.CreateInvokeMethodRequest("app", "x", new { Name = 1 });
        using var put = client.CreateInvokeMethodRequest(HttpMethod.Put, "app", "x", [new("a", "1")], "text");

        Assert.Equal("""{"name":1}""", await post.Content!.ReadAsStringAsync(Cancelled));
        Assert.Equal("application/json; charset=utf-8", post.Content.Headers.ContentType!.ToString());
        Assert.Equal(["secret"], post.Headers.GetValues("dapr-api-token"));
        Assert.Equal(HttpMethod.Put, put.Method);
        Assert.Equal("/v1.0/invoke/app/method/x?a=1", put.RequestUri!.PathAndQuery);
        Assert.Equal("\"text\"", await put.Content!.ReadAsStringAsync(Cancelled));
    }

    [Fact]
    public async Task A_request_can_be_sent_by_any_client()
    {
        await using var sidecar = await ScriptedSidecar.StartAsync();
        sidecar.Answer("POST /v1.0/invoke/app/method/x", 200);
        using var client = sidecar.Client(builder => builder.UseDaprApiToken("secret"));
        using var http = new HttpClient();
        using var request = client.CreateInvokeMethodRequest("app", "x", 1);

        using var response = await http.SendAsync(request, Cancelled);

        Assert.Equal(("1", "secret"), (sidecar.Received[0].Body, sidecar.Received[0].Header("dapr-api-token")));
    }

    [Fact]
    public void Missing_names_are_refused()
    {
        using var client = Client();

        Assert.Throws<ArgumentNullException>(() => client.CreateInvokeMethodRequest((HttpMethod)null!, "app", "x"));
        Assert.Throws<ArgumentException>(() => client.CreateInvokeMethodRequest("", "x"));
        Assert.Throws<ArgumentNullException>(() => client.CreateInvokeMethodRequest("app", null!));
    }
}
