using System.Text.Json;
using Agents.Analytics.Archive;
using Agents.Defaults.Api;

namespace Agents.Analytics.Tests.Archive;

public sealed class PortionTests
{
    [Fact]
    public void Nothing_makes_no_portion() => Assert.Empty(EventArchive.Portions([]));

    [Theory]
    [InlineData(1), InlineData(2), InlineData(3)]
    public void Portions_hold_everything_in_order_and_fit_what_a_ledger_takes(int seed)
    {
        var random = new Random(seed);
        var events = Enumerable.Range(0, 900)
            .Select(i => Padded($"e{i}", random.Next(20) == 0 ? random.Next(Envelope.MaxBytes - 1_000) : random.Next(400))).ToList();

        var portions = EventArchive.Portions(events).ToList();

        Assert.Equal(events, portions.SelectMany(portion => portion));
        Assert.All(portions, portion =>
        {
            Assert.InRange(portion.Count, 1, 256);
            Assert.InRange(JsonSerializer.SerializeToUtf8Bytes(portion, Json.Options).Length, 1, 64 * 1024);
        });
        Assert.All(
            portions.Zip(portions.Skip(1)),
            pair => Assert.True(Bytes(pair.First) + Bytes(pair.Second) > Envelope.MaxBytes || pair.First.Count == 256, "no portion is cut too early"));
    }

    private static int Bytes(IReadOnlyList<ArchivedEvent> portion) => JsonSerializer.SerializeToUtf8Bytes(portion, Json.Options).Length;

    private static ArchivedEvent Padded(string id, int bytes) =>
        SomeEvents.Turn(id, SomeEvents.Noon) with { Data = JsonSerializer.SerializeToElement(new { padding = new string('x', bytes) }) };
}
