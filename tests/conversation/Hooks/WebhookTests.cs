using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Agents.Conversation.Hooks.Webhooks;
using Agents.Testing;
using Agents.Testing.Attacks;
using Agents.Torture.Jobs;
using Xunit;

namespace Agents.Conversation.Tests.Hooks;

/// <summary>Webhooks on their way out.</summary>
public sealed class WebhookTests(ConversationStack stack)
{
    private static readonly DateTimeOffset Start = DateTimeOffset.UnixEpoch.AddDays(20_000);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void A_receiver_that_is_down_is_tried_for_three_days_ever_more_rarely()
    {
        var webhook = New();
        var now = Start;
        var tries = 0;
        for (; webhook.Status == DeliveryStatus.Pending; tries++)
        {
            now = webhook.Due;
            webhook = webhook.After(new DeliveryAttempt(now, 500, 10, null), null, now, jitter: 0);
        }

        Assert.Equal((DeliveryStatus.Failed, 11), (webhook.Status, tries));
        Assert.Equal(new TimeSpan(75, 35, 35), now - Start);
        Assert.Equal(11, webhook.Log.Count);
    }

    [Theory]
    [InlineData(204, DeliveryStatus.Delivered)]
    [InlineData(410, DeliveryStatus.Gone)]
    [InlineData(302, DeliveryStatus.Pending)]
    [InlineData(429, DeliveryStatus.Pending)]
    [InlineData(0, DeliveryStatus.Pending)]
    public void The_receivers_answer_decides(int status, DeliveryStatus expected) =>
        Assert.Equal(expected, New().After(new DeliveryAttempt(Start, status, 10, null), null, Start, 0).Status);

    [Fact]
    public void A_receiver_that_asks_for_patience_gets_it_and_a_day_at_most()
    {
        Assert.Equal(Start.AddMinutes(10), New().After(new DeliveryAttempt(Start, 429, 10, null), TimeSpan.FromMinutes(10), Start, 0).Due);
        Assert.Equal(Start.AddDays(1), New().After(new DeliveryAttempt(Start, 503, 10, null), TimeSpan.FromDays(9), Start, 0).Due);
        Assert.Equal(Start.AddSeconds(5), New().After(new DeliveryAttempt(Start, 503, 10, null), TimeSpan.FromSeconds(-5), Start, 0).Due);
    }

    /// <summary>A few of what <c>./test.sh torture webhooks</c> does by the hundred, and one that once did not come to an end.</summary>
    [Theory]
    [InlineData(4_102, 8)]
    [InlineData(8_206, 1)]
    public async Task Whatever_receivers_do_and_whichever_sender_dies_each_webhook_comes_to_the_end_it_should(int seed, int count)
    {
        var figures = new Figures();
        Assert.True(await WebhookDeliveries.RunAsync(new TortureOptions(seed, count), figures.Say, Token), figures.ToString());
    }

    [Fact]
    public async Task Deliveries_are_logged_a_receiver_that_is_gone_is_left_alone_and_one_can_be_sent_again()
    {
        var owner = await stack.NewTenantAsync(Token);
        var gone = true;
        var url = stack.Tools.Route((context, _) =>
        {
            context.Response.StatusCode = gone ? 410 : 204;
            return Task.CompletedTask;
        });

        var (status, sent) = await owner.TryAsync(HttpMethod.Post, "/v1/webhooks/test", new { url }, Token);

        Assert.Equal(HttpStatusCode.Accepted, status);
        var path = $"/v1/webhooks/deliveries/{sent.Text("id")}";
        await Eventually.TrueAsync(async () => (await owner.GetAsync(path, Token)).Text("status") == "gone", "the receiver is gone", Token, TimeSpan.FromSeconds(40));
        Assert.Equal(410, Assert.Single((await owner.GetAsync(path, Token)).List("attempts")).Number("status"));
        Assert.Single((await owner.GetAsync("/v1/webhooks/deliveries?status=gone", Token)).List("data"));
        Assert.Empty((await owner.GetAsync("/v1/webhooks/deliveries?status=failed", Token)).List("data"));

        gone = false;
        await owner.CreateAsync($"{path}/resend", new { }, Token);
        await Eventually.TrueAsync(async () => (await owner.GetAsync(path, Token)).Text("status") == "delivered", "it is delivered", Token, TimeSpan.FromSeconds(40));
        var received = stack.Tools.Requests(url);
        Assert.Equal(2, received.Count);
        Assert.Equal(received[0].Headers["webhook-id"], received[1].Headers["webhook-id"]);
        Assert.Equal("webhook.test", JsonNode.Parse(received[0].Body).Text("type"));
        Assert.Equal(HttpStatusCode.NotFound, (await (await stack.NewTenantAsync(Token)).TryAsync(HttpMethod.Get, path, null, Token)).Status);
    }

    [Fact]
    public async Task Slow_huge_and_redirecting_receivers_are_bounded()
    {
        var owner = await stack.NewTenantAsync(Token);
        var elsewhere = stack.Tools.Route((context, _) => Task.CompletedTask);
        var silent = stack.Tools.Route((context, _) => Task.Delay(Timeout.InfiniteTimeSpan, context.RequestAborted));
        var huge = stack.Tools.Route(async (context, _) =>
        {
            context.Response.StatusCode = 500;
            var chunk = new byte[64 * 1024];
            while (!context.RequestAborted.IsCancellationRequested)
                await context.Response.Body.WriteAsync(chunk, context.RequestAborted);
        });
        var redirecting = stack.Tools.Route((context, _) =>
        {
            context.Response.Redirect(elsewhere);
            return Task.CompletedTask;
        });

        foreach (var (url, expected, most) in new[] { (silent, 0, 15_000), (huge, 500, 5_000), (redirecting, 302, 5_000) })
        {
            var id = (await owner.CreateAsync("/v1/webhooks/test", new { url }, Token)).Text("id");
            JsonNode? attempt = null;
            await Eventually.TrueAsync(
                async () => (attempt = (await owner.GetAsync($"/v1/webhooks/deliveries/{id}", Token)).List("attempts").FirstOrDefault()) is not null, "an attempt is over", Token, TimeSpan.FromSeconds(40));
            Assert.Equal(expected, attempt.Number("status"));
            Assert.InRange(attempt.Number("ms"), 0, most);
        }
        Assert.Empty(stack.Tools.Requests(elsewhere));
    }

    [Fact]
    public async Task No_form_of_an_address_inside_is_called_back()
    {
        var owner = await stack.NewTenantAsync(Token);
        using var sink = new TcpListener(IPAddress.Loopback, 0);
        sink.Start();
        var port = ((IPEndPoint)sink.LocalEndpoint).Port;
        var tried = new List<string>();
        foreach (var host in InsideAddresses.Hosts)
        {
            var (status, body) = await owner.TryAsync(HttpMethod.Post, "/v1/jobs", new { input = "Call me.", callback_url = $"http://{host}:{port}/" }, Token);
            if (status != HttpStatusCode.BadRequest)
                tried.Add(body.Text("id"));
        }

        // Names are not known before they are looked up: those were accepted, and refused on the way out.
        Assert.InRange(tried.Count, 1, 20);
        await Eventually.TrueAsync(
            async () => (await owner.GetAsync("/v1/webhooks/deliveries?limit=100", Token)).List("data").Count(delivery => delivery!["attempts"]!.AsArray().Count > 0) == tried.Count,
            "all were tried", Token, TimeSpan.FromSeconds(60));
        Assert.All(
            (await owner.GetAsync("/v1/webhooks/deliveries?limit=100", Token)).List("data"),
            delivery => Assert.Equal(0, delivery!["attempts"]![0].Number("status")));
        Assert.False(sink.Pending());
    }

    private static Webhook New() => new("job_1.ended", "default", "https://example.com/", "job.completed", "{}", Start, Start, DeliveryStatus.Pending, 0, []);
}
