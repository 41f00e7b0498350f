using System.Text.Json;
using System.Text.Json.Nodes;
using Agents.Analytics.Archive;
using Agents.Contracts;

namespace Agents.Analytics.Tests.Archive;

public sealed class EnvelopeTests
{
    private static readonly DateTimeOffset Received = SomeEvents.Noon.AddSeconds(2);

    [Fact]
    public void An_event_is_kept_as_it_came()
    {
        var read = Read(Message());
        Assert.Equal(("e1", "agents.turn.completed.v1", "acme", SomeEvents.Noon, Received), (read.Id, read.Type, read.Tenant, read.Time, read.Received));
        Assert.Equal("t1", read.Data!.Value.GetProperty("turn").GetString());
    }

    [Fact]
    public void An_event_of_a_type_that_is_unknown_here_is_kept_too()
    {
        var read = Read(Message("type", "agents.turn.completed.v7"));
        Assert.NotNull(read.Data);
        Assert.Null(KnownEvents.Read(read));
    }

    [Fact]
    public void The_time_of_an_event_is_read_in_any_offset() =>
        Assert.Equal(SomeEvents.Noon, Read(Message("time", "2026-03-14T14:00:00+02:00", inData: true)).Time.ToUniversalTime());

    public static TheoryData<string, bool, string?> Defects => new()
    {
        { "id", false, null },
        { "id", false, "\"\"" },
        { "id", false, "7" },
        { "id", false, $"\"{new string('x', 257)}\"" },
        { "type", false, null },
        { "type", false, "[]" },
        { "data", false, null },
        { "data", false, "\"plain text\"" },
        { "data", false, "[1]" },
        { "tenant", true, null },
        { "tenant", true, "null" },
        { "time", true, null },
        { "time", true, "\"yesterday\"" },
        { "time", true, "\"2026-03-14T13:30:00Z\"" },
        { "time", true, "\"2026-02-10T13:30:00Z\"" },
        { "turn", true, $"\"{new string('x', Envelope.MaxBytes)}\"" },
    };

    [Theory, MemberData(nameof(Defects))]
    public void A_message_that_is_no_event_is_noted_for_the_operator(string member, bool inData, string? json)
    {
        var message = Message();
        var target = inData ? message["data"]!.AsObject() : message;
        target.Remove(member);
        if (json is not null)
            target[member] = JsonNode.Parse(json);

        var read = Read(message);
        Assert.StartsWith(Envelope.Unreadable, read.Type, StringComparison.Ordinal);
        Assert.Equal(("default", Received, null), (read.Tenant, read.Time, read.Data));
        Assert.Null(KnownEvents.Read(read));
    }

    [Theory]
    [InlineData("null"), InlineData("17"), InlineData("\"aGVsbG8=\""), InlineData("[]"), InlineData("{}")]
    [InlineData("""{"id": "\ud800", "type": "\udc00"}""")]
    public void Anything_at_all_can_arrive(string json) =>
        Assert.Equal($"{Envelope.Unreadable} message", Envelope.Read(JsonElement.Parse(json), Received).Type);

    [Fact]
    public void Text_that_is_no_unicode_does_not_stop_the_archive()
    {
        var data = """{"tenant": "acme", "time": "2026-03-14T12:00:00Z", "turn": "\ud800"}""";
        var read = Envelope.Read(JsonElement.Parse($$"""{"id": "e1", "type": "agents.turn.completed.v1", "data": {{data}}}"""), Received);
        Assert.Single(EventArchive.Portions([read]));
        Assert.Null(KnownEvents.Read(read));
    }

    [Fact]
    public void A_note_has_the_id_of_its_message_so_that_it_counts_once() => Assert.Equal("e1", Read(Message("time", "never", inData: true)).Id);

    [Fact]
    public void A_note_names_the_type_that_the_message_claims_to_have() =>
        Assert.Equal("unreadable agents.turn.completed.v1", Read(Message("time", "never", inData: true)).Type);

    [Fact]
    public void Every_event_of_the_contracts_is_known()
    {
        var types = typeof(IEvent).Assembly.GetExportedTypes().Where(type => type.IsAssignableTo(typeof(IEvent)) && type.IsClass);
        Assert.Equal(types.Select(type => (string)type.GetProperty("Type")!.GetValue(null)!).Order(), KnownEvents.Types.Order());
    }

    private static ArchivedEvent Read(JsonNode message) => Envelope.Read(message.Deserialize<JsonElement>(), Received);

    private static JsonObject Message() => new()
    {
        ["specversion"] = "1.0",
        ["id"] = "e1",
        ["type"] = "agents.turn.completed.v1",
        ["data"] = JsonSerializer.SerializeToNode(SomeEvents.Turn("t1", SomeEvents.Noon).Data),
    };

    private static JsonObject Message(string member, string value, bool inData = false)
    {
        var message = Message();
        (inData ? message["data"]!.AsObject() : message)[member] = value;
        return message;
    }
}
