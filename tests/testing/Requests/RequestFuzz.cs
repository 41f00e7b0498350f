using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Agents.Testing.Requests;

/// <summary>
/// Requests that the published API and a seed make up: right shapes with wrong values, wrong shapes, headers and ids from nowhere, and the
/// ids of what earlier requests made. Whatever comes, the answer is no 5xx, comes soon, and says what was wrong.
/// </summary>
public sealed partial class RequestFuzz(Stack stack, int seed)
{
    private const int Workers = 12;
    private const int Remembered = 64;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ConcurrentQueue<string> _ids = new();
    private readonly ConcurrentDictionary<int, int> _answers = new();

    /// <param name="fits">Which operations are asked.</param>
    public async Task<Trials> RunAsync(int count, Func<Operation, bool> fits, CancellationToken cancellationToken)
    {
        var trials = new Trials("fuzzed requests");
        var operations = (await PublishedApi.ReadAsync(stack, cancellationToken)).Where(fits).ToList();
        var user = await stack.NewTenantAsync(cancellationToken);
        await Task.WhenAll(Enumerable.Range(0, Workers).Select(async worker =>
        {
            var random = new Random((seed * 1_000) + worker);
            for (var n = worker; n < count; n += Workers)
            {
                trials.Begin();
                await TryAsync(trials, user, operations[random.Next(operations.Count)], random, $"seed {seed}, request {n}", cancellationToken);
            }
        }));
        trials.Note($"{operations.Count} operations; answers {string.Join(", ", _answers.OrderBy(pair => pair.Key).Select(pair => $"{pair.Key}: {pair.Value}"))}");
        return trials;
    }

    private async Task TryAsync(Trials trials, ApiClient user, Operation operation, Random random, string which, CancellationToken cancellationToken)
    {
        using var request = Make(operation, random);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Patience);
        var sent = request.Content is null ? "" : Encoding.UTF8.GetString(await request.Content.ReadAsByteArrayAsync(cancellationToken));
        string Shown(object outcome) => $"{which}: {operation.Method} {Short(request.RequestUri!.ToString())} [{Short(request.Headers.ToString().ReplaceLineEndings(" "))}] {Short(sent)} -> {outcome}";
        try
        {
            using var response = await user.Http.SendAsync(request, limit.Token);
            var text = await response.Content.ReadAsStringAsync(limit.Token);
            var status = (int)response.StatusCode;
            _answers.AddOrUpdate(status, 1, (_, before) => before + 1);
            // An agent may name a model that the gateway does not know: that is an answer, and a clear one.
            trials.Expect(status < 500 || text.Contains("\"model_not_found\"", StringComparison.Ordinal), () => Shown($"{status} {Short(text)}"));
            if (status >= 400)
                trials.Expect(Explains(text, operation.OnOpenAiRoute), () => Shown($"{status} without a clear reason: {Short(text)}"));
            else if (status == 201 && Id().Match(text) is { Success: true } made)
                Remember(made.Groups[1].Value);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            trials.Expect(false, () => Shown($"no answer within {Patience.TotalSeconds} s"));
        }
        catch (HttpRequestException exception)
        {
            trials.Expect(false, () => Shown(exception.Message));
        }
    }

    private HttpRequestMessage Make(Operation operation, Random random)
    {
        var known = _ids.ToArray();
        var path = Place().Replace(operation.Path, _ => known.Length > 0 && random.Next(2) == 0 ? known[random.Next(known.Length)] : Any(HostileValues.Segments, random));
        var query = operation.Query.Where(_ => random.Next(3) == 0).Select(name => $"{name}={Any(HostileValues.Query, random)}").ToList();
        var request = new HttpRequestMessage(operation.Method, query.Count > 0 ? $"{path}?{string.Join('&', query)}" : path);
        if (operation.Body is not null || operation.Method == HttpMethod.Post)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(operation.Body is null ? Any(HostileValues.Json, random) : HostileValues.Body(operation, random)));
            request.Content.Headers.TryAddWithoutValidation("Content-Type", random.Next(15) == 0 ? Any(HostileValues.ContentTypes, random) : "application/json");
        }
        for (var headers = random.Next(4); headers > 2; headers--)
        {
            var (name, value) = Any(HostileValues.Headers, random);
            if (name.StartsWith("Content-", StringComparison.Ordinal))
                request.Content?.Headers.TryAddWithoutValidation(name, value);
            else if (name == "Expect")
                request.Headers.ExpectContinue = true;
            else
                request.Headers.TryAddWithoutValidation(name, value);
        }
        return request;
    }

    /// <summary>Whether an answer says by code and in words what was wrong, and nothing of the inside.</summary>
    public static bool Explains(string text, bool openAi)
    {
        if (text.Contains("   at ", StringComparison.Ordinal) || text.Contains("Exception", StringComparison.Ordinal))
            return false;
        try
        {
            var body = JsonNode.Parse(text);
            var (code, detail) = openAi && body?["error"] is JsonObject error ? (error["code"], error["message"]) : (body?["code"], body?["detail"]);
            return code?.GetValue<string>().Length > 0 && detail?.GetValue<string>().Length > 10;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private void Remember(string id)
    {
        _ids.Enqueue(id);
        while (_ids.Count > Remembered)
            _ids.TryDequeue(out _);
    }

    private static T Any<T>(T[] values, Random random) => values[random.Next(values.Length)];

    private static string Short(string text) => text.Length > 300 ? text[..300] + "..." : text;

    [GeneratedRegex(@"\{[^}]+\}")]
    private static partial Regex Place();

    [GeneratedRegex("\"id\":\"([^\"]+)\"")]
    private static partial Regex Id();
}
