using System.Net;

namespace Agents.SdkTests.Actors;

public sealed class ActorTimerTests
{
    private const string Wake = "/v1.0/actors/Counter/a1/reminders/wake";
    private const string Beat = "/v1.0/actors/Counter/a1/timers/beat";

    [Theory]
    [InlineData("reminder", Wake, """{"dueTime":"0h0m5s0ms","period":"25h0m0s0ms","data":"d2h5"}""")]
    [InlineData("once", Wake, """{"dueTime":"0h0m0s0ms","period":"","data":"","ttl":"0h1m0s0ms"}""")]
    [InlineData("thrice", Wake, """{"dueTime":"0h0m0s0ms","period":"R3/PT90S","data":""}""")]
    [InlineData("timer", Beat, """{"dueTime":"0h0m1s500ms","period":"0h0m1s0ms","callback":"OnBeat","data":"AQI="}""")]
    public async Task A_registration_goes_to_the_sidecar(string what, string path, string body)
    {
        await using var app = await ActorApp.StartAsync();
        app.Sidecar.Answer($"PUT {path}");

        await app.CallAsync("PUT /actors/Counter/a1/method/Schedule", $"\"{what}\"");

        Assert.Equal(body, Assert.Single(app.Sidecar.Received).Body);
    }

    [Fact]
    public async Task A_reminder_is_found_again_and_ended()
    {
        await using var app = await ActorApp.StartAsync();
        app.Sidecar.Answer($"GET {Wake}", 200, """{"actorID":"a1","actorType":"Counter","data":"d2h5","dueTime":"0h0m5s0ms","period":"@every 1h30m"}""");
        app.Sidecar.Answer($"GET {Wake}", 404, """{"errorCode":"ERR_ACTOR_REMINDER_NOT_FOUND","message":"actor reminder not found: wake"}""");
        app.Sidecar.Answer($"DELETE {Wake}").Answer($"DELETE {Beat}");

        Assert.Equal("\"why 00:00:05 01:30:00\"", await app.CallAsync("PUT /actors/Counter/a1/method/Schedule", "\"find\""));
        await app.CallAsync("PUT /actors/Counter/a1/method/Schedule", "\"find\"", HttpStatusCode.InternalServerError);
        Assert.Equal("\"stopped\"", await app.CallAsync("PUT /actors/Counter/a1/method/Schedule", "\"stop\""));

        Assert.Contains("failed Schedule: actor reminder not found: wake", app.Diary.Lines);
    }

    [Theory]
    [InlineData("""{"data":"d2h5","dueTime":"","period":""}""", "wake why -00:00:00.0010000 -00:00:00.0010000")]
    [InlineData("""{"dueTime":"1s","period":"300ms"}""", "wake  00:00:01 00:00:00.3000000")]
    [InlineData("""{"data":null,"dueTime":"PT5S","period":"R3/PT1M"}""", "wake  00:00:05 00:01:00")]
    [InlineData("""{"dueTime":"0h0m1s500ms","period":"1.5h"}""", "wake  00:00:01.5000000 01:30:00")]
    public async Task A_reminder_activates_the_actor_and_is_a_turn(string body, string line)
    {
        await using var app = await ActorApp.StartAsync();
        app.Sidecar.Answer("PUT /v1.0/actors/Counter/a1/state");

        await app.CallAsync("PUT /actors/Counter/a1/method/remind/wake", body);

        Assert.Equal(["activated a1", "before ReceiveReminderAsync ReminderMethod", line], app.Diary.Lines);
        Assert.Equal("""[{"operation":"upsert","request":{"key":"reminded","value":true}}]""", Assert.Single(app.Sidecar.Received).Body);
    }

    [Fact]
    public async Task A_reminder_for_a_type_that_takes_none_is_ignored()
    {
        await using var app = await ActorApp.StartAsync();

        Assert.Equal("", await app.CallAsync("PUT /actors/Plain/p/method/remind/wake", "{}"));
    }

    [Theory]
    [InlineData("""{"callback":"OnBeat","data":"AQI=","dueTime":"2026-11-21T08:42:29Z","period":"1s"}""", "beat 1,2")]
    [InlineData("""{"callback":"OnBeat","dueTime":"","period":""}""", "beat ")]
    public async Task A_timer_calls_its_method_even_a_private_one(string body, string line)
    {
        await using var app = await ActorApp.StartAsync();

        await app.CallAsync("PUT /actors/Counter/a1/method/timer/beat", body);

        Assert.Equal(["activated a1", "before FireTimerAsync TimerMethod", line], app.Diary.Lines);
    }

    [Fact]
    public async Task A_timer_without_a_name_gets_one()
    {
        await using var app = await ActorApp.StartAsync();
        app.Sidecar.AnswerAny("PUT /v1.0/actors/Counter/a1/timers/a1_Timer_");

        var name = await app.CallAsync("PUT /actors/Counter/a1/method/Schedule", "\"one timer\"");

        Assert.StartsWith("\"a1_Timer_", name, StringComparison.Ordinal);
        Assert.Equal("""{"dueTime":"0h0m0s0ms","callback":"OnBeat","data":"","ttl":"0h0m3s0ms"}""", Assert.Single(app.Sidecar.Received).Body);
    }

    [Theory]
    [InlineData("Missing")]
    [InlineData("Add")]
    [InlineData("Get")]
    [InlineData("RunTurnAsync")]
    public async Task A_callback_that_does_not_fit_is_refused_before_anything_is_registered(string callback)
    {
        await using var app = await ActorApp.StartAsync();

        await app.CallAsync("PUT /actors/Counter/a1/method/Schedule", $"\"{callback}\"", HttpStatusCode.InternalServerError);

        Assert.Contains(app.Diary.Lines, line => line.Contains($"'{callback}'", StringComparison.Ordinal));
    }
}
