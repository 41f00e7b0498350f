using Agents.Testing.Attacks;

namespace Agents.Torture;

/// <summary>Models, tools and servers that mean harm: 500 turns of a model that wants too much, 300 hostile answers, 200,000 broken streams.</summary>
internal static class Answers
{
    public static async Task<bool> RunAsync(TortureOptions options, CancellationToken cancellationToken)
    {
        await using var stack = new AttackedStack();
        await stack.InitializeAsync();
        var agency = await new AgencyAttack(stack, stack.Tool, options.Seed).RunAsync(options.Count, cancellationToken);
        Console.WriteLine(agency);
        var output = await new OutputAttack(stack, options.Seed).RunAsync(options.Count * 3 / 5, cancellationToken);
        Console.WriteLine(output);
        var parsers = await ParserFuzz.RunAsync(options with { Count = options.Count * 400 }, Console.WriteLine, cancellationToken);
        var restarts = stack.Host.Services.Sum(child => child.Restarts);
        Console.WriteLine($"processes that had to be started again: {restarts}");
        return agency.Good && output.Good && parsers && restarts == 0;
    }
}
