using System.Buffers;
using System.Text.Json;
using Agents.LocalRuntime.Json;

namespace Agents.LocalRuntime.State;

/// <summary>One item of a save, or one operation of a transaction, as the body names it.</summary>
internal sealed class StateItem
{
    private static readonly byte[] Null = "null"u8.ToArray();

    public string Key { get; set; } = "";

    public byte[] Value { get; set; } = Null;

    public string? ETag { get; set; }

    public string Concurrency { get; set; } = "";

    public string Consistency { get; set; } = "";

    public string Operation { get; set; } = "";

    public Dictionary<string, string>? Metadata { get; set; }
}

/// <summary>
/// Reads the bodies of the state API token by token: names in any case, unknown ones skipped, nulls accepted, values
/// re-serialised on the way (<see cref="GoJson"/>).
/// </summary>
internal static class StateBody
{
    /// <exception cref="JsonException">The body is no JSON or has another shape.</exception>
    public static List<StateItem> ReadItems(ReadOnlySpan<byte> body)
    {
        if (body.IsEmpty) throw new JsonException("EOF");
        var items = new List<StateItem>();
        var reader = new Utf8JsonReader(body, GoJson.ReaderOptions);
        reader.Read();
        if (reader.TokenType == JsonTokenType.Null) return items;
        Expect(reader, JsonTokenType.StartArray, "[]state.SetRequest");
        while (Next(ref reader) != JsonTokenType.EndArray) items.Add(ReadItem(ref reader));
        reader.Read();
        return items;
    }

    /// <inheritdoc cref="ReadItems"/>
    public static List<StateItem> ReadOperations(ReadOnlySpan<byte> body)
    {
        var items = new List<StateItem>();
        var reader = new Utf8JsonReader(body, GoJson.ReaderOptions);
        reader.Read();
        Expect(reader, JsonTokenType.StartObject, "struct");
        while (Next(ref reader) != JsonTokenType.EndObject)
        {
            if (!Is(reader, "operations"u8) || Next(ref reader) == JsonTokenType.Null)
            {
                Skip(ref reader);
                continue;
            }

            Expect(reader, JsonTokenType.StartArray, "[]state.TransactionalStateOperation");
            while (Next(ref reader) != JsonTokenType.EndArray) items.Add(ReadOperation(ref reader));
        }

        reader.Read();
        return items;
    }

    /// <summary>The operations on an actor's state: a list without a frame.</summary>
    /// <inheritdoc cref="ReadItems"/>
    public static List<StateItem> ReadActorOperations(ReadOnlySpan<byte> body)
    {
        var items = new List<StateItem>();
        var reader = new Utf8JsonReader(body, GoJson.ReaderOptions);
        reader.Read();
        if (reader.TokenType == JsonTokenType.Null) return items;
        Expect(reader, JsonTokenType.StartArray, "[]api.TransactionalOperation");
        while (Next(ref reader) != JsonTokenType.EndArray) items.Add(ReadOperation(ref reader));
        reader.Read();
        return items;
    }

    /// <summary>The keys of a bulk get.</summary>
    /// <inheritdoc cref="ReadItems"/>
    public static List<string> ReadKeys(ReadOnlySpan<byte> body)
    {
        var keys = new List<string>();
        var reader = new Utf8JsonReader(body, GoJson.ReaderOptions);
        reader.Read();
        Expect(reader, JsonTokenType.StartObject, "BulkGetRequest");
        while (Next(ref reader) != JsonTokenType.EndObject)
        {
            if (!Is(reader, "keys"u8) || Next(ref reader) == JsonTokenType.Null)
            {
                Skip(ref reader);
                continue;
            }

            Expect(reader, JsonTokenType.StartArray, "[]string");
            while (Next(ref reader) != JsonTokenType.EndArray) keys.Add(Text(ref reader, "keys"));
        }

        reader.Read();
        return keys;
    }

    private static StateItem ReadOperation(ref Utf8JsonReader reader)
    {
        var operation = "";
        var item = new StateItem();
        Expect(reader, JsonTokenType.StartObject, "state.TransactionalStateOperation");
        while (Next(ref reader) != JsonTokenType.EndObject)
        {
            if (Is(reader, "operation"u8))
            {
                Next(ref reader);
                operation = Text(ref reader, "operation");
            }
            else if (Is(reader, "request"u8))
            {
                if (Next(ref reader) != JsonTokenType.Null) item = ReadItem(ref reader);
            }
            else
            {
                Skip(ref reader);
            }
        }

        item.Operation = operation;
        return item;
    }

    private static StateItem ReadItem(ref Utf8JsonReader reader)
    {
        Expect(reader, JsonTokenType.StartObject, "state.SetRequest");
        var item = new StateItem();
        while (Next(ref reader) != JsonTokenType.EndObject)
        {
            if (Is(reader, "key"u8))
            {
                Next(ref reader);
                item.Key = Text(ref reader, "SetRequest.key");
            }
            else if (Is(reader, "value"u8))
            {
                Next(ref reader);
                var value = new ArrayBufferWriter<byte>();
                GoJson.Write(ref reader, value, exactNumbers: false);
                item.Value = value.WrittenSpan.ToArray();
            }
            else if (Is(reader, "etag"u8))
            {
                if (Next(ref reader) != JsonTokenType.Null) item.ETag = Text(ref reader, "SetRequest.etag");
            }
            else if (Is(reader, "metadata"u8))
            {
                if (Next(ref reader) != JsonTokenType.Null) item.Metadata = ReadMetadata(ref reader);
            }
            else if (Is(reader, "options"u8))
            {
                if (Next(ref reader) != JsonTokenType.Null) ReadOptions(ref reader, item);
            }
            else
            {
                Skip(ref reader);
            }
        }

        return item;
    }

    private static Dictionary<string, string> ReadMetadata(ref Utf8JsonReader reader)
    {
        Expect(reader, JsonTokenType.StartObject, "map[string]string");
        var metadata = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        while (Next(ref reader) != JsonTokenType.EndObject)
        {
            var name = reader.GetString()!;
            Next(ref reader);
            metadata[name] = Text(ref reader, "SetRequest.metadata");
        }

        return metadata;
    }

    private static void ReadOptions(ref Utf8JsonReader reader, StateItem item)
    {
        Expect(reader, JsonTokenType.StartObject, "state.SetStateOption");
        while (Next(ref reader) != JsonTokenType.EndObject)
        {
            if (Is(reader, "concurrency"u8))
            {
                Next(ref reader);
                item.Concurrency = Text(ref reader, "SetStateOption.concurrency");
            }
            else if (Is(reader, "consistency"u8))
            {
                Next(ref reader);
                item.Consistency = Text(ref reader, "SetStateOption.consistency");
            }
            else
            {
                Skip(ref reader);
            }
        }
    }

    private static string Text(ref Utf8JsonReader reader, string field) => reader.TokenType switch
    {
        JsonTokenType.String => System.Text.Encoding.UTF8.GetString(GoString.Unescape(reader.ValueSpan, reader.ValueIsEscaped)),
        JsonTokenType.Null => "",
        _ => throw new JsonException($"json: cannot unmarshal {Kind(reader.TokenType)} into Go struct field {field} of type string"),
    };

    private static bool Is(Utf8JsonReader reader, ReadOnlySpan<byte> name) =>
        reader.ValueTextEquals(name) || System.Text.Ascii.EqualsIgnoreCase(reader.ValueSpan, name);

    /// <summary>Steps over the value of the member whose name the reader stands at; a null already read is passed.</summary>
    private static void Skip(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.PropertyName) reader.Skip();
    }

    private static JsonTokenType Next(ref Utf8JsonReader reader) =>
        reader.Read() ? reader.TokenType : throw new JsonException("unexpected end of JSON input");

    private static void Expect(Utf8JsonReader reader, JsonTokenType token, string type)
    {
        if (reader.TokenType != token)
            throw new JsonException($"json: cannot unmarshal {Kind(reader.TokenType)} into Go value of type {type}");
    }

    private static string Kind(JsonTokenType token) => token switch
    {
        JsonTokenType.StartObject => "object",
        JsonTokenType.StartArray => "array",
        JsonTokenType.String => "string",
        JsonTokenType.Number => "number",
        JsonTokenType.True or JsonTokenType.False => "bool",
        _ => "null",
    };
}
