namespace Agents.Benchmarks.Memory;

/// <summary>One turn of a written dialogue.</summary>
/// <param name="Evidence">The sentence, said long before, that answers the question; null for a turn that asks about nothing of the kind.</param>
internal sealed record DialogueTurn(string Input, string Answer, string? Evidence, bool InOtherWords);

/// <summary>
/// Writes long dialogues: everyday talk on ten subjects, in which the user also speaks of himself, with numbers and names; between it facts,
/// and questions about them at least <see cref="MinDistance"/> turns later.
/// </summary>
internal static class Dialogue
{
    public const int MinDistance = 30;
    private const double ShareInOtherWords = 0.6;

    private static readonly (string[] Things, string[] Doings)[] Subjects =
    [
        (["tomato sauce", "sourdough bread", "lentil soup", "apple tart", "mushroom risotto", "pumpkin curry"], ["seasoning", "baking", "reheating", "freezing", "plating", "tasting"]),
        (["spreadsheet", "slide deck", "mailing list", "shared calendar", "project board", "weekly report"], ["formatting", "sorting", "sharing", "archiving", "filtering", "exporting"]),
        (["rose bush", "vegetable bed", "compost heap", "lawn", "greenhouse", "hedge"], ["watering", "pruning", "weeding", "fertilising", "replanting", "mulching"]),
        (["mountain hike", "museum visit", "river cruise", "city walk", "camping weekend", "bike tour"], ["planning", "booking", "packing", "mapping", "pricing", "timing"]),
        (["Python script", "web page", "database query", "unit test", "build pipeline", "log file"], ["debugging", "refactoring", "deploying", "profiling", "documenting", "reviewing"]),
        (["sofa", "bookshelf", "curtain", "floor lamp", "carpet", "wardrobe"], ["measuring", "cleaning", "moving", "assembling", "ordering", "returning"]),
        (["short story", "cover letter", "speech", "newsletter", "poem", "book review"], ["drafting", "shortening", "translating", "proofreading", "outlining", "rewriting"]),
        (["guitar chord", "piano scale", "choir rehearsal", "playlist", "drum pattern", "melody"], ["practising", "recording", "transposing", "tuning", "arranging", "memorising"]),
        (["football match", "running plan", "yoga routine", "tennis serve", "rowing session", "stretching set"], ["warming up for", "scheduling", "improving", "tracking", "pacing", "recovering from"]),
        (["solar panel", "heat pump", "smart meter", "rain barrel", "insulation", "battery pack"], ["installing", "comparing", "financing", "maintaining", "sizing", "monitoring"]),
    ];

    private static readonly string[] Days = ["Monday", "Wednesday", "Thursday", "Saturday"];
    private static readonly string[] People = ["Ana", "Tom", "Priya", "Jonas", "Mei", "Carlos", "Fatima", "Olaf"];
    private static readonly string[] Qualities = ["simple", "careful", "cheap", "quick", "thorough", "gentle", "reliable", "flexible"];

    public static IReadOnlyList<DialogueTurn> Write(int seed, int turns, int facts)
    {
        var random = new Random(seed);
        var chosen = DialogueFact.All.OrderBy(_ => random.Next()).Take(facts).ToList();
        var free = Enumerable.Range(2, turns - 3).OrderBy(_ => random.Next()).ToList();
        var planted = new Dictionary<int, DialogueFact>();
        var asked = new Dictionary<int, (DialogueFact Fact, bool InOtherWords)>();
        foreach (var fact in chosen)
        {
            var said = free.First(turn => turn < turns - (2 * MinDistance) && !planted.ContainsKey(turn) && !asked.ContainsKey(turn));
            planted[said] = fact;
            var when = free.First(turn => turn >= said + MinDistance && !planted.ContainsKey(turn) && !asked.ContainsKey(turn));
            asked[when] = (fact, random.NextDouble() < ShareInOtherWords);
        }
        return [.. Enumerable.Range(0, turns).Select(turn => asked.TryGetValue(turn, out var question)
            ? new DialogueTurn(question.InOtherWords ? question.Fact.InOtherWords : question.Fact.InItsWords, Answer(random), question.Fact.Statement, question.InOtherWords)
            : new DialogueTurn(Said(random, planted.GetValueOrDefault(turn)), Answer(random), null, false))];
    }

    private static string Said(Random random, DialogueFact? fact)
    {
        var (things, doings) = Pick(random, Subjects);
        var (thing, doing) = (Pick(random, things), Pick(random, doings));
        string[] talk =
        [
            $"How would you go about {doing} a {thing}?",
            $"I spent {random.Next(10, 90)} minutes on {doing} the {thing} on {Pick(random, Days)}.",
            $"{Pick(random, People)} says that {doing} a {thing} has to be {Pick(random, Qualities)}.",
            $"We paid {random.Next(20, 400)} for the {thing}, and now {doing} it is next.",
            $"What do people get wrong about {doing} a {thing}?",
            $"I need something more {Pick(random, Qualities)} than {doing} the {thing} by hand.",
        ];
        var sentences = talk.OrderBy(_ => random.Next()).Take(random.Next(1, 4)).ToList();
        if (fact is not null)
            sentences.Insert(random.Next(sentences.Count + 1), fact.Statement);
        return string.Join(' ', sentences);
    }

    private static string Answer(Random random)
    {
        var (things, doings) = Pick(random, Subjects);
        var thing = Pick(random, things);
        string[] advice =
        [
            $"For {Pick(random, doings)} a {thing}, start with the part that is hardest to change later and leave the rest for the end.",
            $"Most people allow about {random.Next(15, 120)} minutes for {Pick(random, doings)} the {thing}, and half as much once they know it.",
            $"A {Pick(random, Qualities)} way is to split it into {random.Next(3, 9)} steps and to check the result after each of them.",
            $"If the {thing} turns out worse than expected, go back one step; {Pick(random, doings)} it twice rarely helps.",
            $"{Pick(random, People)} on the forum recommends a {Pick(random, Qualities)} start and no more than {random.Next(2, 6)} attempts in a week.",
            $"Write down what you changed about the {thing}, since {Pick(random, doings)} it again will be much easier with notes.",
            $"It costs between {random.Next(10, 50)} and {random.Next(60, 200)} in most places, more when it has to be done by {Pick(random, Days)}.",
        ];
        return string.Join(' ', advice.OrderBy(_ => random.Next()).Take(random.Next(3, 7)));
    }

    private static T Pick<T>(Random random, T[] items) => items[random.Next(items.Length)];
}
