using System.Net;
using System.Text.Json;
using Agents.Analytics.Archive;
using Agents.Analytics.Tests.Folding;
using Agents.Contracts;
using Agents.Testing;

namespace Agents.Analytics.Tests.Users;

/// <summary>Users in what is kept: by pseudonym, and erased for good.</summary>
public sealed class UserTests(AnalyticsStack stack)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_erased_user_keeps_the_figures_and_loses_the_name()
    {
        var (tenant, reader) = await stack.TenantAsync(Token);
        var admin = await stack.NewKeyAsync(tenant, Token);
        await stack.PublishAsync(Topics.Turn, [TurnOf(tenant, "t1", "maria"), TurnOf(tenant, "t2", "maria"), TurnOf(tenant, "t3", "jo")], Token);
        await Eventually.TrueAsync(async () => (await TurnsAsync(reader)).Values.Sum() == 3, "three turns are counted", Token);
        Assert.Equal((2, 1), ((await TurnsAsync(reader))["maria"], (await TurnsAsync(reader))["jo"]));

        Assert.Equal(HttpStatusCode.Forbidden, (await reader.TryAsync(HttpMethod.Post, "/v1/analytics/users/erase", new { user = "maria" }, Token)).Status);
        Assert.Equal(HttpStatusCode.OK, (await admin.TryAsync(HttpMethod.Post, "/v1/analytics/users/erase", new { user = "maria" }, Token)).Status);
        var after = await TurnsAsync(reader);
        Assert.Equal((1, false), (after["jo"], after.ContainsKey("maria")));
        Assert.Equal(2, after.Single(user => user.Key.StartsWith("user_", StringComparison.Ordinal)).Value);
    }

    [Fact]
    public async Task What_is_archived_names_nobody_and_one_user_always_alike()
    {
        using var world = new FoldWorld(SomeEvents.Noon);
        var (one, other) = (world.New("a").Users, world.New("b").Users);
        ArchivedEvent[] events = [TurnOf("acme", "t1", "maria"), TurnOf("acme", "t2", "maria"), TurnOf("other", "t3", "maria"), SomeEvents.Call("c1", SomeEvents.Noon)];
        var hidden = await one.HideAsync(events, Token);
        Assert.DoesNotContain("maria", JsonSerializer.Serialize(hidden), StringComparison.Ordinal);
        Assert.Equal(hidden.Select(Text), (await other.HideAsync(events, Token)).Select(Text));
        Assert.Equal(hidden[0].Data!.Value.GetProperty("user").GetString(), hidden[1].Data!.Value.GetProperty("user").GetString());
        Assert.NotEqual(hidden[0].Data!.Value.GetProperty("user").GetString(), hidden[2].Data!.Value.GetProperty("user").GetString());
        Assert.Equal(events[3], hidden[3]);
        Assert.IsType<TurnCompleted>(KnownEvents.Read(hidden[0]));
    }

    private static string Text(ArchivedEvent archived) => archived.Data!.Value.GetRawText();

    private static ArchivedEvent TurnOf(string tenant, string turn, string user) =>
        SomeEvents.Archived(new TurnCompleted(tenant, TimeProvider.System.GetUtcNow(), turn, "s", "default", 1, [], [], 5, 50, user));

    private static async Task<Dictionary<string, int>> TurnsAsync(ApiClient client) =>
        (await client.GetAsync("/v1/analytics/figures?figures=turns&group_by=user", Token)).List("series").ToDictionary(series => series.Text("value"), series => series.Number("whole"));
}
