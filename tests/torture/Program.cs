using System.Globalization;
using Agents.Torture;

// Long fault runs, by name. Each prints its seed, so that a run which fails can be repeated, and its figures.
var runs = new Dictionary<string, Func<TortureOptions, CancellationToken, Task<bool>>> 
{
    ["kill-services"] = KillServices.RunAsync,
    ["ledger"] = LedgerHistories.RunAsync,
    ["turns"] = Turns.RunAsync,
};
if (args.Length == 0 || !runs.TryGetValue(args[0], out var run) || args.Length % 2 == 0)
{
    Console.Error.WriteLine($"usage: ./test.sh torture NAME [--seed N] [--kills N] [--histories N] [--turns N]\nnames: {string.Join(", ", runs.Keys)}");
    return 2;
}
var given = args.Skip(1).Chunk(2).ToDictionary(pair => pair[0], pair => int.Parse(pair[1], CultureInfo.InvariantCulture));
var options = new TortureOptions(
    given.GetValueOrDefault("--seed", Random.Shared.Next(1_000_000)), given.GetValueOrDefault("--kills", 20), given.GetValueOrDefault("--histories", 10_000),
    given.GetValueOrDefault("--turns", 500));
using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    stop.Cancel();
};
Console.WriteLine($"{args[0]} --seed {options.Seed}");
return await run(options, stop.Token) ? 0 : 1;

/// <param name="Seed">Decides what goes wrong and when.</param>
/// <param name="Kills">How often a process is killed.</param>
/// <param name="Histories">How many histories are run.</param>
/// <param name="Turns">How many turns are asked.</param>
internal sealed record TortureOptions(int Seed, int Kills, int Histories, int Turns);
