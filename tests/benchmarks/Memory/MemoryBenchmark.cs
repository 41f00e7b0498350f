using System.Diagnostics;
using System.Globalization;
using Agents.Testing;
using Agents.Testing.FakeModels;

namespace Agents.Benchmarks.Memory;

/// <summary>
/// The memory of long dialogues, through the front door: every prompt is read where the model gets it. Tokens are counted at four
/// characters each, here and for the whole history alike.
/// </summary>
internal static class MemoryBenchmark
{
    private const int Seed = 20_260_101;
    private const int Sessions = 6;
    private const int AtOnce = 6;
    private const int Turns = 220;
    private const int Facts = 24;
    private const string Instructions = "You are a friendly assistant for everyday matters. Answer briefly, and say so when you do not know.";

    public static async Task RunAsync(CancellationToken cancellationToken)
    {
        foreach (var fact in DialogueFact.All.Where(fact => DialogueFact.ShareAWord(fact.Statement, fact.InOtherWords)))
            throw new InvalidOperationException($"'{fact.Statement}' shares a word with '{fact.InOtherWords}'.");
        var seed = int.TryParse(Environment.GetEnvironmentVariable("MEMORY_SEED"), NumberStyles.None, CultureInfo.InvariantCulture, out var given) ? given : Seed;
        await using var stack = new Stack();
        await stack.InitializeAsync();
        var measured = new List<Measured>();
        using var some = new SemaphoreSlim(AtOnce);
        var started = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, Sessions).Select(async number =>
        {
            await some.WaitAsync(cancellationToken);
            try
            {
                var one = await TalkAsync(stack, Dialogue.Write(seed + number, Turns, Facts), cancellationToken);
                lock (measured)
                    measured.AddRange(one);
            }
            finally
            {
                some.Release();
            }
        }));
        Print(seed, measured, Stopwatch.GetElapsedTime(started));
    }

    private static async Task<List<Measured>> TalkAsync(Stack stack, IReadOnlyList<DialogueTurn> dialogue, CancellationToken cancellationToken)
    {
        var model = stack.Models.NewModel([.. dialogue.Select(turn => Reply.Text(turn.Answer))]);
        var agent = (await stack.Operator.CreateAsync(
            "/v1/agents", new { name = "memory", instructions = Instructions, model, collections = Array.Empty<string>() }, cancellationToken)).Text("id");
        var session = (await stack.Operator.CreateAsync("/v1/sessions", new { agent }, cancellationToken)).Text("id");
        var measured = new List<Measured>();
        var history = Instructions.Length;
        string[] before = [];
        foreach (var (number, turn) in dialogue.Index())
        {
            var ended = await stack.Operator.CreateAsync($"/v1/sessions/{session}/turns", new { input = turn.Input }, cancellationToken);
            var messages = stack.Models.Requests(model)[^1].Body["messages"]!.AsArray();
            string[] prompt = [.. messages.Select(message => $"{message.Text("role")}: {message.Text("content")}\n")];
            var given = string.Concat(prompt[..^1]);
            measured.Add(new Measured(
                number + 1, prompt.Sum(message => message.Length) / 4d, (history + turn.Input.Length) / 4d, Common(before, prompt) / 4d, turn,
                turn.Evidence is not null && given.Contains(turn.Evidence, StringComparison.Ordinal),
                ended["memory"].Number("tokens_saved"), ended["memory"].Number("ms"), ended.Number("ttft_ms")));
            history += turn.Input.Length + turn.Answer.Length;
            before = prompt;
        }
        return measured;
    }

    private static int Common(string[] before, string[] now)
    {
        var (one, other) = (string.Concat(before), string.Concat(now));
        return one.AsSpan().CommonPrefixLength(other);
    }

    private static void Print(int seed, List<Measured> turns, TimeSpan took)
    {
        var questions = turns.Where(turn => turn.Turn.Evidence is not null).ToList();
        var other = questions.Where(turn => turn.Turn.InOtherWords).ToList();
        Say($"seed {seed}: {Sessions} dialogues of {Turns} turns, {turns.Count / took.TotalSeconds:0} turns/s");
        Say($"prompt tokens          {turns.Average(turn => turn.Prompt):0} a turn instead of {turns.Average(turn => turn.History):0}: {1 - (turns.Sum(turn => turn.Prompt) / turns.Sum(turn => turn.History)):P1} saved");
        Say($"as the turns say it    {turns.Sum(turn => (double)turn.Saved) / turns.Sum(turn => turn.History):P1} saved");
        Say($"stable prefix          {turns.Where(turn => turn.Number > 1).Sum(turn => turn.Stable) / turns.Where(turn => turn.Number > 1).Sum(turn => turn.Prompt):P1} of the prompt tokens");
        Say($"evidence in the prompt {Share(questions):0.00} of {questions.Count}; in other words {Share(other):0.00} of {other.Count}, in its own {Share([.. questions.Except(other)]):0.00}");
        Say($"turn 20                {At(20).Average():0} tokens ({At(20).Max():0} at most); turn 200: {At(200).Average():0} ({At(200).Max():0} at most); any later than 20: {turns.Where(turn => turn.Number > 20).Max(turn => turn.Prompt):0} at most");
        foreach (var (name, from, to) in (ReadOnlySpan<(string, int, int)>)[("turns 1-15", 1, 15), ("turns 200-220", 200, 220)])
        {
            var these = turns.Where(turn => turn.Number >= from && turn.Number <= to).ToList();
            Say($"{name,-22} remembered in {Percentile(these.Select(turn => turn.Ms), 0.5)} ms p50, {Percentile(these.Select(turn => turn.Ms), 0.99)} p99; first token after {Percentile(these.Select(turn => turn.FirstToken), 0.5)} ms p50");
        }

        IEnumerable<double> At(int number) => turns.Where(turn => turn.Number == number).Select(turn => turn.Prompt);
    }

    private static double Share(List<Measured> questions) => questions.Count(turn => turn.Found) / (double)Math.Max(1, questions.Count);

    private static int Percentile(IEnumerable<int> values, double share)
    {
        List<int> ordered = [.. values.Order()];
        return ordered[(int)(share * (ordered.Count - 1))];
    }

    private static void Say(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));

    private sealed record Measured(
        int Number, double Prompt, double History, double Stable, DialogueTurn Turn, bool Found, int Saved, int Ms, int FirstToken);
}
