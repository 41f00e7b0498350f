using System.Text.Json;
using Dapr.Workflow.Protocol;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Agents.SdkTests.Workflows;

/// <summary>A message as it was recorded, and how many bytes it had on the wire.</summary>
internal sealed record RecordedMessage(string Type, JsonElement Json, int Length);

/// <summary>The messages of a recorded run, turned back into messages of our own definition.</summary>
internal static class RecordedMessages
{
    /// <summary>Part of the trace of an event, in a form of the worker's own.</summary>
    private const string OldTrace = "correlationdata";

    private static readonly Dictionary<string, MessageDescriptor> _types = new MessageDescriptor[][]
        {
            [.. WorkReflection.Descriptor.MessageTypes], [.. InstancesReflection.Descriptor.MessageTypes],
        }
        .SelectMany(it => it)
        .ToDictionary(it => it.Name, StringComparer.OrdinalIgnoreCase);

    public static IEnumerable<RecordedMessage> Load()
    {
        using var stream = typeof(RecordedMessages).Assembly.GetManifestResourceStream("workflow-grpc.jsonl")!;
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            var record = JsonSerializer.Deserialize<JsonElement>(line);
            if (record.TryGetProperty("message", out var message))
                yield return new RecordedMessage(record.GetProperty("type").GetString()!, message, record.GetProperty("len").GetInt32());
        }
    }

    public static IMessage Build(RecordedMessage recorded) => Build(_types[Renamed(recorded.Type)], recorded.Json);

    private static IMessage Build(MessageDescriptor type, JsonElement json)
    {
        var message = type.Parser.ParseFrom(ByteString.Empty);
        foreach (var property in json.EnumerateObject().Where(it => it.Name != OldTrace))
        {
            var name = Renamed(property.Name);
            if (name.EndsWith("List", StringComparison.Ordinal)) name = name[..^"List".Length];
            var field = type.Fields.InDeclarationOrder().SingleOrDefault(it => it.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
            Assert.True(field is not null, $"{type.Name} has no field '{name}'.");
            if (!field.IsRepeated)
            {
                field.Accessor.SetValue(message, Value(field, property.Value));
                continue;
            }

            var list = (System.Collections.IList)field.Accessor.GetValue(message);
            foreach (var item in property.Value.EnumerateArray()) list.Add(Value(field, item));
        }

        return message;
    }

    private static object? Value(FieldDescriptor field, JsonElement json) => field.FieldType switch
    {
        FieldType.Message when field.MessageType.ClrType == typeof(string) || field.MessageType.FullName == "google.protobuf.StringValue" =>
            json.TryGetProperty("value", out var text) ? text.GetString() : "",
        FieldType.Message => Build(field.MessageType, json),
        FieldType.Int32 => json.GetInt32(),
        FieldType.Int64 => json.GetInt64(),
        FieldType.Bool => json.GetBoolean(),
        FieldType.Enum => json.GetInt32(),
        _ => json.GetString(),
    };

    /// <summary>The recording uses the names of releases before 1.18.</summary>
    private static string Renamed(string name) => name
        .Replace("suborchestration", "childworkflow", StringComparison.Ordinal)
        .Replace("orchestration", "workflow", StringComparison.OrdinalIgnoreCase)
        .Replace("orchestrator", "workflow", StringComparison.OrdinalIgnoreCase);
}
