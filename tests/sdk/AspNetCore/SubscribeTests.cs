using System.Net;
using Agents.SdkTests.Scripted;
using Dapr;
using Dapr.AspNetCore;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Agents.SdkTests.AspNetCore;

public sealed class SubscribeTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Topics_are_listed_in_order_with_paths_without_a_leading_slash() => Assert.Equal(
        """
        [{"pubsubName":"a","topic":"y","route":"events/a/y"},{"pubsubName":"b","topic":"x","route":"x"},{"pubsubName":"b","topic":"y","route":"x"}]
        """.Trim(),
        await DocumentAsync(app =>
        {
            app.MapPost("/x", Handle).WithTopic("b", "y").WithTopic("b", "x");
            app.MapPost("/events/a/y", Handle).WithTopic("a", "y");
            app.MapPost("/other/{id}", Handle);
        }));

    [Fact]
    public async Task Rules_are_in_the_order_of_their_priorities_and_the_rest_is_the_default() => Assert.Equal(
        """
        [{"pubsubName":"p","topic":"t","routes":{"rules":[{"match":"event.type == \u0022a\u0022","path":"a"},{"match":"event.type == \u0022b\u0022","path":"b"}],"default":"rest"},"deadLetterTopic":"dead"}]
        """.Trim(),
        await DocumentAsync(app =>
        {
            app.MapPost("/b", Handle).WithTopic(new TopicOptions { PubsubName = "p", Name = "t", Match = "event.type == \"b\"", Priority = 2 });
            app.MapPost("/a", Handle).WithMetadata(new TopicAttribute("p", "t", "event.type == \"a\"", 1));
            app.MapPost("/rest", Handle).WithTopic(new TopicOptions { PubsubName = "p", Name = "t", DeadLetterTopic = "dead" });
        }));

    [Fact]
    public async Task Rules_without_a_rest_have_no_default() => Assert.Equal(
        """[{"pubsubName":"p","topic":"t","routes":{"rules":[{"match":"true","path":"a"}]}}]""",
        await DocumentAsync(app => app.MapPost("/a", Handle).WithMetadata(new TopicAttribute("p", "t", "true", 1))));

    [Fact]
    public async Task Dead_letters_and_batches_are_those_of_the_lowest_priority() => Assert.Equal(
        """
        [{"pubsubName":"p","topic":"t","routes":{"rules":[{"match":"true","path":"a"},{"match":"false","path":"b"}]},"deadLetterTopic":"first","bulkSubscribe":{"enabled":true,"maxMessagesCount":10,"maxAwaitDurationMs":20}}]
        """.Trim(),
        await DocumentAsync(app =>
        {
            app.MapPost("/b", Handle).WithMetadata(new TopicAttribute("p", "t", "false", 2) { DeadLetterTopic = "second" });
            app.MapPost("/a", Handle)
                .WithMetadata(new TopicAttribute("p", "t", "true", 1) { DeadLetterTopic = "first" })
                .WithBulkSubscribe(new BulkSubscribeTopicOptions { TopicName = "t", MaxMessagesCount = 10, MaxAwaitDurationMs = 20 });
        }));

    [Fact]
    public async Task Batches_are_for_the_topic_they_name() => Assert.Equal(
        """
        [{"pubsubName":"p","topic":"t","route":"a","bulkSubscribe":{"enabled":true,"maxMessagesCount":100,"maxAwaitDurationMs":1000}},{"pubsubName":"p","topic":"u","route":"a"}]
        """.Trim(),
        await DocumentAsync(app => app.MapPost("/a", Handle).WithTopic("p", "t").WithTopic("p", "u").WithMetadata(new BulkSubscribeAttribute("t"))));

    [Fact]
    public async Task Metadata_are_joined_and_raw_topics_are_marked() => Assert.Equal(
        """
        [{"pubsubName":"p","topic":"t","route":"a","metadata":{"k":"1,2","own":"3"}},{"pubsubName":"p","topic":"u","route":"a","metadata":{"k":"1;2","rawPayload":"true"}}]
        """.Trim(),
        await DocumentAsync(app => app.MapPost("/a", Handle)
            .WithMetadata(new TopicAttribute("p", "t", ["id"]), new TopicAttribute("p", "u", true, null, ";"))
            .WithMetadata(new TopicMetadataAttribute("k", "1"), new TopicMetadataAttribute("k", "2"), new TopicMetadataAttribute("k", "1"), new TopicMetadataAttribute("id", "own", "3"))));

    [Fact]
    public async Task The_short_forms_say_the_same() => Assert.Equal(
        """
        [{"pubsubName":"p","topic":"a","route":"a","metadata":{"k":"1"}},{"pubsubName":"p","topic":"b","route":"b","metadata":{"rawPayload":"true"}},{"pubsubName":"p","topic":"c","route":"c","metadata":{"k":"1","rawPayload":"true"}},{"pubsubName":"p","topic":"d","route":"d","metadata":{"k":"1","rawPayload":"true"}}]
        """.Trim(),
        await DocumentAsync(app =>
        {
            var metadata = new Dictionary<string, string> { ["k"] = "1" };
            app.MapPost("/a", Handle).WithTopic("p", "a", metadata);
            app.MapPost("/b", Handle).WithTopic("p", "b", true);
            app.MapPost("/c", Handle).WithTopic("p", "c", true, metadata);
            app.MapPost("/d", Handle).WithTopic(new TopicOptions { PubsubName = "p", Name = "d", EnableRawPayload = true, Metadata = metadata });
        }));

    [Fact]
    public async Task All_topics_can_be_raw() => Assert.Equal(
        """[{"pubsubName":"p","topic":"t","route":"a","metadata":{"rawPayload":"true"}}]""",
        await DocumentAsync(app => app.MapPost("/a", Handle).WithTopic("p", "t"), new SubscribeOptions { EnableRawPayload = true }));

    [Fact]
    public async Task An_app_without_topics_lists_none() => Assert.Equal("[]", await DocumentAsync(app => app.MapPost("/a", Handle)));

    [Fact]
    public async Task Conflicting_endpoints_are_logged_and_the_first_default_is_used()
    {
        using var logs = new LogLines();

        var document = await DocumentAsync(
            app =>
            {
                app.MapPost("/a", Handle).WithTopic("p", "t");
                app.MapPost("/b", Handle).WithTopic("p", "t");
                app.MapPost("/c", Handle).WithMetadata(new TopicAttribute("p", "t", "true", 1));
                app.MapPost("/d", Handle).WithMetadata(new TopicAttribute("p", "t", "false", 1));
            },
            logs: logs);

        Assert.Contains("\"default\":\"a\"", document, StringComparison.Ordinal);
        Assert.Equal(
            ["Topic t of p has more than one endpoint without a match; the first is used.", "Topic t of p has more than one rule of priority 1; their order is chance."],
            logs.Of("DaprTopicSubscription"));
    }

    [Fact]
    public async Task A_subscribed_route_with_a_parameter_fails_at_the_first_question()
    {
        await using var app = await StartAsync(app => app.MapPost("/a/{id}", Handle).WithTopic("p", "t"));

        using var response = await app.Http.GetAsync("/dapr/subscribe", Cancelled);

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
    }

    [Fact]
    public void A_subscription_without_names_is_refused()
    {
        Assert.Throws<ArgumentException>(() => new TopicAttribute("", "t"));
        Assert.Throws<ArgumentNullException>(() => new TopicAttribute("p", null!));
        Assert.Throws<ArgumentException>(() => new TopicMetadataAttribute("", "v"));
        Assert.Throws<ArgumentNullException>(() => new TopicMetadataAttribute("k", null!));
        Assert.Throws<ArgumentException>(() => new TopicMetadataAttribute("", "k", "v"));
    }

    private static IResult Handle() => Results.Ok();

    private static async Task<string> DocumentAsync(Action<WebApplication> map, SubscribeOptions? options = null, LogLines? logs = null)
    {
        await using var app = await StartAsync(map, options, logs);
        return await app.Http.GetStringAsync("/dapr/subscribe", Cancelled);
    }

    private static Task<TestApp> StartAsync(Action<WebApplication> map, SubscribeOptions? options = null, LogLines? logs = null) => TestApp.StartAsync(
        app =>
        {
            map(app);
            if (options is null) app.MapSubscribeHandler();
            else app.MapSubscribeHandler(options);
        },
        logs: logs);
}
