using System.ComponentModel.DataAnnotations;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Agents.Defaults.Api;
using Agents.Defaults.Identity;
using Agents.Retrieval.Segments;
using Microsoft.Extensions.Options;

namespace Agents.Retrieval.Embeddings;

/// <summary>Where vectors come from.</summary>
public sealed class EmbeddingOptions
{
    public const string Section = "Embeddings";

    /// <summary>A model that inference serves; empty for lexical search alone. Another model re-embeds collections as they are used.</summary>
    public string Model { get; set; } = "embed-use-lite";

    /// <summary>
    /// Whether to ask for long passages to be cut, which the built-in model needs; endpoints that refuse the field need it off. Default true.
    /// </summary>
    public bool Truncate { get; set; } = true;

    /// <summary>How long a search waits for the vector of its query before it goes on without, in milliseconds. Default 2,000.</summary>
    [Range(10, 60_000)]
    public int QueryTimeoutMilliseconds { get; set; } = 2_000;
}

/// <summary>
/// Vectors of texts, from inference by service invocation. When it cannot be had, documents are indexed without and searched by words;
/// the index's upkeep embeds them later.
/// </summary>
internal sealed partial class Embedder(ServiceClients services, IOptions<EmbeddingOptions> options, TimeProvider time, ILogger<Embedder> logger)
{
    // The gateway's own limit is higher; this keeps one call short.
    private const int MaxInputs = 64;
    private const int MaxInputLength = 4_000;
    private static readonly TimeSpan BatchTimeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    private long _failedAt;

    /// <summary>The model asked for.</summary>
    public string Model => options.Value.Model;

    /// <summary>False when there is no model, or it failed a moment ago: then nobody waits for it.</summary>
    public bool IsAvailable => Model.Length > 0 && (Volatile.Read(ref _failedAt) is var at && (at == 0 || time.GetElapsedTime(at) > Pause));

    /// <summary>What is embedded of a passage: its title counts.</summary>
    public static string InputOf(string title, string text) => $"{title}\n{text}";

    /// <summary>The unit vector of a query; null when it is not to be had in time.</summary>
    public async Task<float[]?> EmbedAsync(string tenant, string query, CancellationToken cancellationToken) =>
        IsAvailable ? (await TryAsync(tenant, [query], TimeSpan.FromMilliseconds(options.Value.QueryTimeoutMilliseconds), cancellationToken))?[0] : null;

    /// <summary>The unit vectors of texts, in order; null when they are not to be had.</summary>
    public async Task<IReadOnlyList<float[]>?> EmbedAsync(string tenant, IReadOnlyList<string> texts, CancellationToken cancellationToken)
    {
        if (!IsAvailable)
            return null;
        var vectors = new List<float[]>(texts.Count);
        foreach (var some in texts.Chunk(MaxInputs))
        {
            if (await TryAsync(tenant, some, BatchTimeout, cancellationToken) is not { } embedded)
                return null;
            vectors.AddRange(embedded);
        }
        return vectors;
    }

    /// <summary>A segment with vectors of this model for all its passages; null when they are not to be had.</summary>
    public async Task<SegmentData?> EmbedAsync(string tenant, SegmentData segment, CancellationToken cancellationToken)
    {
        var titles = segment.Entries.SelectMany(entry => Enumerable.Repeat(entry.Header?.Title ?? "", entry.Chunks));
        var texts = titles.Zip(segment.Details, (title, detail) => InputOf(title, Encoding.UTF8.GetString(detail.Text))).ToList();
        return await EmbedAsync(tenant, texts, cancellationToken) is { } vectors ? SegmentBuilder.WithVectors(segment, vectors, Model) : null;
    }

    private async Task<IReadOnlyList<float[]>?> TryAsync(string tenant, string[] texts, TimeSpan limit, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/embeddings").For(tenant);
            request.Content = JsonContent.Create(new
            {
                model = Model,
                input = texts.Select(text => text.Length > MaxInputLength ? text[..(MaxInputLength - (char.IsHighSurrogate(text[MaxInputLength - 1]) ? 1 : 0))] : text),
                encoding_format = "base64",
                truncate = options.Value.Truncate ? true : (bool?)null,
            }, options: Json.Options);
            using var response = await services.Inference.SendAsync(request, either.Token);
            if (response.IsSuccessStatusCode)
            {
                Volatile.Write(ref _failedAt, 0);
                return Read(await response.Content.ReadFromJsonAsync<JsonElement>(either.Token), texts.Length);
            }
            Unavailable(logger, Model, $"{(int)response.StatusCode}");
        }
        catch (Exception exception) when (exception is HttpRequestException or JsonException or InvalidDataException
            || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // Search by words goes on without, and says so.
            Unavailable(logger, Model, exception.GetType().Name);
        }
        Volatile.Write(ref _failedAt, time.GetTimestamp());
        return null;
    }

    private static List<float[]> Read(JsonElement answer, int expected)
    {
        var vectors = answer.GetProperty("data").EnumerateArray().OrderBy(item => item.GetProperty("index").GetInt32())
            .Select(item => ReadVector(item.GetProperty("embedding"))).ToList();
        if (vectors.Count != expected || vectors.Any(vector => vector.Length == 0 || vector.Length != vectors[0].Length))
            throw new InvalidDataException("The answer does not hold one vector for each text.");
        foreach (var vector in vectors)
        {
            var norm = TensorPrimitives.Norm<float>(vector);
            if (norm is not (> 0 and < float.PositiveInfinity))
                throw new InvalidDataException("The answer holds a vector without direction.");
            TensorPrimitives.Divide(vector, norm, vector);
        }
        return vectors;
    }

    // Endpoints that do not know base64 answer with numbers.
    private static float[] ReadVector(JsonElement embedding) => embedding.ValueKind == JsonValueKind.String
        ? MemoryMarshal.Cast<byte, float>(embedding.GetBytesFromBase64()).ToArray()
        : [.. embedding.EnumerateArray().Select(number => number.GetSingle())];

    [LoggerMessage(LogLevel.Warning, "No embeddings by {Model} for now, search goes by words: {Cause}")]
    private static partial void Unavailable(ILogger logger, string model, string cause);
}
