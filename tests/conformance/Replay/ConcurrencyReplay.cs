using System.Text;
using System.Text.Json;
using Agents.Conformance.Processes;

namespace Agents.Conformance.Replay;

/// <summary>
/// Plays the file actors-concurrency, whose cases are several calls at once: what they were answered, in which order the
/// app was called, and which of its calls overlapped.
/// </summary>
internal static class ConcurrencyReplay
{
    public const string File = "actors-concurrency";

    private static readonly TimeSpan CallLimit = TimeSpan.FromSeconds(5);

    // Calls that follow each other may touch; those that overlapped did so by hundreds of milliseconds.
    private const long Touch = 50;

    public static async Task<string> PlayAsync(string id, Stage stage)
    {
        using var document = JsonDocument.Parse(Transcript.Lines(File).Single(line => line.Contains($"\"id\":\"{id}\"", StringComparison.Ordinal)));
        var calls = document.RootElement.GetProperty("calls").EnumerateArray().ToList();
        var recorded = document.RootElement.GetProperty("app").EnumerateArray()
            .Select(call => new AppSpan(Text(call, "path"), Text(call, "body"), call.GetProperty("startMs").GetInt64()) { End = call.GetProperty("endMs").GetInt64() }).ToList();
        stage.Script.Load(calls.Where(call => Text(call, "body").Length > 0).Select(Reply));
        stage.Script.Spans.Clear();
        // Calls that overlapped wait for each other here, however slow the machine is.
        stage.Script.Company = [.. recorded.Select(span => recorded.Count(other => other.Start < span.End - Touch))];
        var answers = new List<Task<string>>();
        foreach (var call in calls)
        {
            // The recorder's calls began 20 ms apart. Here each waits until the app has the one before it: which of two comes first
            // is then no matter of luck, and a call still meets an actor that is busy.
            var begun = answers.Count;
            await Wait.ForAsync(() => stage.Script.Spans.Count >= begun, CallLimit, default);
            answers.Add(CallAsync(call, stage, id == "same-id-two-sidecars" && answers.Count == 1 ? "beta" : "alpha"));
        }

        var differences = (await Task.WhenAll(answers)).Where(difference => difference.Length > 0);
        return string.Join('\n', differences.Concat(Compare(recorded, [.. stage.Script.Spans])));
    }

    private static IEnumerable<string> Compare(List<AppSpan> recorded, List<AppSpan> real)
    {
        var (wanted, found) = (recorded.Select(span => span.Path + span.Body).ToList(), real.Select(span => span.Path + span.Body).ToList());
        if (!wanted.SequenceEqual(found))
        {
            yield return $"the app was called {string.Join(", ", found)} instead of {string.Join(", ", wanted)}";
            yield break;
        }

        for (var i = 0; i < real.Count; i++)
        {
            for (var k = i + 1; k < real.Count; k++)
            {
                if (Overlap(recorded[i], recorded[k]) != Overlap(real[i], real[k])) yield return $"calls {i} and {k} {(Overlap(real[i], real[k]) ? "overlapped" : "did not overlap")}";
            }
        }
    }

    private static bool Overlap(AppSpan one, AppSpan other) => Math.Min(one.End, other.End) - Math.Max(one.Start, other.Start) > Touch;

    private static async Task<string> CallAsync(JsonElement call, Stage stage, string sidecar)
    {
        using var http = new HttpClient();
        var number = call.GetProperty("call").GetInt32();
        var timer = Text(call, "path").Contains("/timers/", StringComparison.Ordinal);
        using var content = new StringContent(timer ? "{}" : $$"""{"i":{{number}}}""", Encoding.UTF8, "application/json");
        using var response = await http.PostAsync(new Uri(stage.Address(sidecar), Text(call, "path")), content);
        var body = await response.Content.ReadAsStringAsync();
        return (int)response.StatusCode == call.GetProperty("status").GetInt32() && body == Text(call, "body") ? ""
            : $"call {number} was answered {(int)response.StatusCode} {body}";
    }

    private static RecordedCall Reply(JsonElement call) => new(
        "alpha", "PUT", Text(call, "path")["/v1.0".Length..], new Dictionary<string, string>(), "", 200,
        new Dictionary<string, string> { ["content-type"] = "application/json" }, Text(call, "body"));

    private static string Text(JsonElement holder, string name) => holder.GetProperty(name).GetString()!;
}

/// <summary>A call that an app had, from when to when, in milliseconds.</summary>
internal sealed class AppSpan(string path, string body, long start)
{
    public string Path => path;

    public string Body => body;

    public long Start => start;

    public long End { get; set; }
}
