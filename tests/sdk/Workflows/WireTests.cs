using Dapr.Workflow.Protocol;
using Google.Protobuf;

namespace Agents.SdkTests.Workflows;

/// <summary>Our own definition of the messages against what a real sidecar and a real worker sent each other.</summary>
public sealed class WireTests
{
    /// <summary>What the recording worker, whose definition is older, read only in part: traces and a timestamp are missing.</summary>
    private static readonly string[] _partlyRead = [nameof(WorkItem), nameof(GetInstanceResponse)];

    /// <summary>Stack traces were recorded without the folder of the app.</summary>
    private readonly List<RecordedMessage> _recorded =
        RecordedMessages.Load().Where(it => !it.Json.ToString().Contains("<app>", StringComparison.Ordinal)).ToList();

    /// <summary>Field numbers, types and the presence of empty texts all show in the length.</summary>
    [Fact]
    public void Recorded_messages_have_their_recorded_length_in_our_definition()
    {
        var compared = _recorded.Where(it => !_partlyRead.Contains(it.Type)).ToList();

        Assert.InRange(compared.Count, 150, 177);
        Assert.All(compared, recorded => Assert.Equal(recorded.Length, RecordedMessages.Build(recorded).CalculateSize()));
    }

    [Fact]
    public void Recorded_messages_that_were_read_in_part_are_known_in_all_that_was_read()
    {
        var compared = _recorded.Where(it => _partlyRead.Contains(it.Type)).ToList();

        Assert.InRange(compared.Count, 50, 73);
        Assert.All(compared, recorded =>
        {
            var item = RecordedMessages.Build(recorded);
            Assert.InRange(item.CalculateSize(), 0, recorded.Length);
            Assert.Equal(item, item.Descriptor.Parser.ParseFrom(item.ToByteArray()));
        });
    }
}
