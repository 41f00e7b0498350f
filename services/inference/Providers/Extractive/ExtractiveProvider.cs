using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Agents.Defaults.Errors;
using Agents.Inference.Completions;
using Agents.Inference.Deployments;
using Agents.Inference.Resilience;
using Agents.Inference.Routing;

namespace Agents.Inference.Providers.Extractive;

/// <summary>
/// Answers without a model: with the sentences of the given passages that fit the last user message best, each with its citation,
/// or with the plain statement that there are none. The same request always gets the same answer.
/// </summary>
internal sealed class ExtractiveProvider(TimeProvider time) : IModelProvider
{
    // JSON inside an event stream is not HTML, and escaping every quote and umlaut triples some texts.
    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public const string NothingFound = "I found nothing in the given passages that answers this.";

    public Task<IAnswer> BeginAsync(ChatRequest request, Deployment deployment, Upstream upstream, int? maxTokens, Deadline deadline)
    {
        Refuse(request);
        var question = request.Messages.LastOrDefault(message => message.Role == "user")?.Text ?? "";
        var excerpts = ExcerptSearch.Find(question, Passages.In(request.Messages));
        var (words, finish) = Shorten(Words(Compose(excerpts)), request.MaxTokens ?? maxTokens);
        var usage = Usage(request, words);
        var head = new Head($"chatcmpl-{Guid.CreateVersion7():N}", time.GetUtcNow().ToUnixTimeSeconds(), deployment.Id);
        IEnumerable<JsonObject> documents = request.Stream
            ? [
                head.Chunk(new JsonObject { ["role"] = "assistant", ["content"] = "" }),
                .. words.Select(word => head.Chunk(new JsonObject { ["content"] = word })),
                head.Chunk([], finish, usage),
            ]
            : [head.Completion(string.Concat(words), finish, usage)];
        return Task.FromResult<IAnswer>(new ReadyAnswer([.. documents.Select(document => AnswerDocument.Read(Json(document)))]));
    }

    internal static string Compose(IReadOnlyList<Excerpt> excerpts) =>
        excerpts.Count == 0 ? NothingFound : string.Join(' ', excerpts.Select(excerpt => $"{excerpt.Text} [{excerpt.Passage}]"));

    private static byte[] Json(JsonObject document) => JsonSerializer.SerializeToUtf8Bytes(document, Relaxed);

    // Refused rather than answered with something that the caller cannot use.
    private static void Refuse(ChatRequest request)
    {
        if (request.Choices > 1)
            throw new ProviderException(Problem.Invalid("n", "This model gives one answer only."));
        if (request.Root.TryGetProperty("response_format"u8, out var format) && format.ValueKind == JsonValueKind.Object
            && !(format.TryGetProperty("type"u8, out var type) && type.ValueEquals("text"u8)))
            throw new ProviderException(Problem.Invalid("response_format", "This model quotes passages; it can answer as text only."));
    }

    /// <summary>Pieces of a word with the space before it, which join to the text again.</summary>
    private static List<string> Words(string text)
    {
        var words = new List<string>();
        for (var start = 0; start < text.Length;)
        {
            var space = text.IndexOf(' ', start + 1);
            var end = space < 0 ? text.Length : space;
            words.Add(text[start..end]);
            start = end;
        }
        return words;
    }

    private static (List<string> Words, string Finish) Shorten(List<string> words, int? maxTokens)
    {
        long bytes = 0;
        var most = maxTokens ?? int.MaxValue;
        var fitting = words.TakeWhile(word => Calls.Usage.TokensIn(bytes += Encoding.UTF8.GetByteCount(word)) <= most).ToList();
        return (fitting, fitting.Count == words.Count ? "stop" : "length");
    }

    private static JsonObject Usage(ChatRequest request, List<string> words)
    {
        var input = Math.Max(1, Calls.Usage.TokensIn(request.TextBytes));
        var output = Calls.Usage.TokensIn(words.Sum(word => (long)Encoding.UTF8.GetByteCount(word)));
        return new JsonObject { ["prompt_tokens"] = input, ["completion_tokens"] = output, ["total_tokens"] = input + output };
    }

    private sealed record Head(string Id, long Created, string Model)
    {
        public JsonObject Completion(string text, string finish, JsonObject usage) => new()
        {
            ["id"] = Id,
            ["object"] = "chat.completion",
            ["created"] = Created,
            ["model"] = Model,
            ["choices"] = new JsonArray(new JsonObject
            {
                ["index"] = 0,
                ["message"] = new JsonObject { ["role"] = "assistant", ["content"] = text, ["refusal"] = null },
                ["logprobs"] = null,
                ["finish_reason"] = finish,
            }),
            ["usage"] = usage,
        };

        public JsonObject Chunk(JsonObject delta, string? finish = null, JsonObject? usage = null)
        {
            var chunk = new JsonObject
            {
                ["id"] = Id,
                ["object"] = "chat.completion.chunk",
                ["created"] = Created,
                ["model"] = Model,
                ["choices"] = new JsonArray(new JsonObject
                {
                    ["index"] = 0,
                    ["delta"] = delta,
                    ["logprobs"] = null,
                    ["finish_reason"] = finish,
                }),
            };
            if (usage is not null)
                chunk["usage"] = usage;
            return chunk;
        }
    }
    private sealed class ReadyAnswer(IReadOnlyList<AnswerDocument> documents) : IAnswer
    {
        private int _at;

        public AnswerDocument Current => documents[_at];

        public ValueTask<bool> MoveNextAsync() => new(++_at < documents.Count);

        public ValueTask DisposeAsync() => default;
    }
}
