using System.Collections;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using Agents.Defaults.Api;

namespace Agents.Contracts.Tests;

/// <summary>The records of the contracts assembly, their files, and their JSON.</summary>
internal static class Contract
{
    private static readonly JsonSerializerOptions Indented = new(Json.Options) { WriteIndented = true, NewLine = "\n" };

    /// <summary>Every record that crosses a process border.</summary>
    public static IReadOnlyList<Type> Records { get; } =
        [.. typeof(IEvent).Assembly.GetExportedTypes().Where(type => type is { IsClass: true, IsAbstract: false })];

    public static IReadOnlyList<Type> Events { get; } = [.. Records.Where(type => type.IsAssignableTo(typeof(IEvent)))];

    /// <summary>Events are filed under their CloudEvent type, requests and answers under their record's name.</summary>
    public static string FileName(Type record) => record.IsAssignableTo(typeof(IEvent))
        ? $"{Static(record, nameof(IEvent.Type))}.json"
        : $"{JsonNamingPolicy.KebabCaseLower.ConvertName(record.Name)}.json";

    /// <summary>A static member that the record has because of <see cref="IEvent"/>.</summary>
    public static string Static(Type record, string member) =>
        (string)record.GetProperty(member, BindingFlags.Public | BindingFlags.Static)!.GetValue(null)!;

    public static IEnumerable<string> Files(string folder) =>
        typeof(Contract).Assembly.GetManifestResourceNames().Where(name => name.StartsWith(folder + "/", StringComparison.Ordinal));

    public static string? Text(string file)
    {
        using var stream = typeof(Contract).Assembly.GetManifestResourceStream(file);
        return stream is null ? null : new StreamReader(stream).ReadToEnd();
    }

    public static string Golden(Type record) =>
        Text($"golden/{FileName(record)}") ?? throw new InvalidOperationException($"tests/contracts/golden lacks {FileName(record)} for {record.Name}.");

    /// <summary>The golden file as a tree that a test may change.</summary>
    public static JsonObject GoldenObject(Type record) => JsonNode.Parse(Golden(record))!.AsObject();

    public static string Write(object value) => JsonSerializer.Serialize(value, value.GetType(), Indented) + "\n";

    public static object Read(string json, Type record) => JsonSerializer.Deserialize(json, record, Json.Options)!;

    /// <summary>Member by member, because records compare lists and JSON by reference.</summary>
    public static void AssertEqual(object expected, object actual)
    {
        foreach (var property in expected.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            var (one, other) = (property.GetValue(expected), property.GetValue(actual));
            if (one is JsonElement json)
                Assert.True(JsonElement.DeepEquals(json, Assert.IsType<JsonElement>(other)), property.Name);
            else if (one is IEnumerable and not string)
                Assert.Equal(((IEnumerable)one).Cast<object>(), ((IEnumerable)other!).Cast<object>());
            else
                Assert.Equal(one, other);
        }
    }
}
