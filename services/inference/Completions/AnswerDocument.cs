using System.Text;
using System.Text.Json;

namespace Agents.Inference.Completions;

/// <summary>
/// One document of a provider's answer, a chunk or a whole one, as its bytes and what one pass over them found. The bytes are the
/// provider's own and pass on as they are, so that no field which we do not know is lost.
/// </summary>
/// <param name="Json">Valid until the next document is asked for.</param>
/// <param name="OutputBytes">UTF-8 bytes of everything that the model wrote: text, refusal, visible reasoning, tool calls.</param>
/// <param name="Vectors">How many entries of <c>data</c> it has: the vectors of an embedding.</param>
/// <param name="Choices">How many choices it speaks of.</param>
/// <param name="Finished">How many of them came to their end.</param>
/// <param name="IsError">It reports a failure instead.</param>
/// <param name="UsageMember">Where the member <c>usage</c> stands, name included; empty when there is none.</param>
/// <param name="Usage">Where its value stands; empty for <c>null</c> too.</param>
/// <param name="Model">Where the value of <c>model</c> stands.</param>
internal readonly record struct AnswerDocument(
    ReadOnlyMemory<byte> Json, int OutputBytes, int Vectors, int Choices, int Finished, bool IsError, Range UsageMember, Range Usage, Range Model)
{
    /// <exception cref="JsonException">It is not one valid JSON object.</exception>
    public static AnswerDocument Read(ReadOnlyMemory<byte> json)
    {
        StrictJson.RefuseBadText(json);
        var reader = new Utf8JsonReader(json.Span, new JsonReaderOptions { MaxDepth = StrictJson.MaxDepth });
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            throw new JsonException("Not an object.");
        Tally tally = default;
        var (error, vectors) = (false, 0);
        Range usageMember = default, usage = default, model = default;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var member = (int)reader.TokenStartIndex;
            if (reader.ValueTextEquals("choices"u8))
            {
                ReadChoices(ref reader, ref tally);
                continue;
            }
            if (reader.ValueTextEquals("data"u8))
            {
                vectors = CountItems(ref reader);
                continue;
            }
            var isUsage = reader.ValueTextEquals("usage"u8);
            var isModel = reader.ValueTextEquals("model"u8);
            var isError = reader.ValueTextEquals("error"u8);
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            var kind = reader.TokenType;
            reader.Skip();
            var end = (int)reader.BytesConsumed;
            if (isUsage)
                (usageMember, usage) = (member..end, kind == JsonTokenType.StartObject ? start..end : default);
            else if (isModel && kind == JsonTokenType.String)
                model = start..end;
            error |= isError && kind != JsonTokenType.Null;
        }
        // Reads on to the end: nothing may follow the object.
        while (reader.Read())
        {
        }
        return new AnswerDocument(json, tally.Bytes, vectors, tally.Choices, tally.Finished, error, usageMember, usage, model);
    }

    public bool HasUsage => !Usage.Equals(default);

    /// <summary>The bytes before and after the member <c>usage</c> and one comma next to it.</summary>
    public (ReadOnlyMemory<byte> Before, ReadOnlyMemory<byte> After) WithoutUsage()
    {
        if (UsageMember.Equals(default))
            return (Json, ReadOnlyMemory<byte>.Empty);
        var (start, end) = (UsageMember.Start.Value, UsageMember.End.Value);
        var span = Json.Span;
        var before = span[..start].TrimEnd(" \t\r\n"u8).Length;
        if (span[before - 1] == (byte)',')
            return (Json[..(before - 1)], Json[end..]);
        var after = end + span[end..].IndexOfAnyExcept(" \t\r\n"u8);
        return (Json[..start], span[after] == (byte)',' ? Json[(after + 1)..] : Json[end..]);
    }

    private static void ReadChoices(ref Utf8JsonReader reader, ref Tally tally)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            reader.Skip();
            return;
        }
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                reader.Skip();
                continue;
            }
            tally.Choices++;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueTextEquals("delta"u8) || reader.ValueTextEquals("message"u8))
                {
                    ReadMessage(ref reader, ref tally);
                    continue;
                }
                var finish = reader.ValueTextEquals("finish_reason"u8);
                reader.Read();
                if (finish && reader.TokenType != JsonTokenType.Null)
                    tally.Finished++;
                reader.Skip();
            }
        }
    }

    private static int CountItems(ref Utf8JsonReader reader)
    {
        reader.Read();
        var (count, isList) = (0, reader.TokenType == JsonTokenType.StartArray);
        while (isList && reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            count++;
            reader.Skip();
        }
        reader.Skip();
        return count;
    }

    private static void ReadMessage(ref Utf8JsonReader reader, ref Tally tally)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var text = reader.ValueTextEquals("content"u8) || reader.ValueTextEquals("refusal"u8) || reader.ValueTextEquals("reasoning_content"u8);
            var calls = !text && reader.ValueTextEquals("tool_calls"u8);
            reader.Read();
            if (text && reader.TokenType == JsonTokenType.String)
                tally.Bytes += Bytes(ref reader);
            else if (calls)
                ReadCalls(ref reader, ref tally);
            else
                reader.Skip();
        }
    }

    // Names and arguments of functions, wherever they stand in the calls.
    private static void ReadCalls(ref Utf8JsonReader reader, ref Tally tally)
    {
        var depth = reader.CurrentDepth;
        if (reader.TokenType is not (JsonTokenType.StartArray or JsonTokenType.StartObject))
            return;
        while (reader.Read() && reader.CurrentDepth > depth)
        {
            if (reader.TokenType != JsonTokenType.PropertyName || !(reader.ValueTextEquals("name"u8) || reader.ValueTextEquals("arguments"u8)))
                continue;
            reader.Read();
            if (reader.TokenType == JsonTokenType.String)
                tally.Bytes += Bytes(ref reader);
        }
    }

    private static int Bytes(ref Utf8JsonReader reader) =>
        reader.ValueIsEscaped ? Encoding.UTF8.GetByteCount(reader.GetString()!) : reader.ValueSpan.Length;

    private struct Tally
    {
        public int Bytes;
        public int Choices;
        public int Finished;
    }
}
