using System.Diagnostics;
using Agents.Local.Processes;

namespace Agents.Torture;

/// <summary>
/// Every process is replaced, one replica of an app after the other, as an upgrade or a changed setting does: app by app, or all apps at once.
/// Nobody may notice: no request fails, no stream breaks.
/// </summary>
internal sealed class RollingRestart : FaultRun
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    protected override async Task<string> FaultAsync(int number, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var apps = Host.Services.GroupBy(service => service.AppId).ToList();
        if (number % 2 == 0)
            await Task.WhenAll(apps.Select(app => RollAsync(app, cancellationToken)));
        foreach (var app in number % 2 == 0 ? [] : apps)
            await RollAsync(app, cancellationToken);
        return $"{Host.Services.Count} processes replaced, {(number % 2 == 0 ? "all apps at once" : "app by app")}, in {Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} s";
    }

    protected override bool IsGood(ClientLedger ledger) => ledger is { Refused: 0, Broken: 0, CutStreams: 0 };

    private static async Task RollAsync(IEnumerable<Child> replicas, CancellationToken cancellationToken)
    {
        foreach (var replica in replicas)
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            patience.CancelAfter(Patience);
            await replica.ReplaceAsync(patience.Token);
        }
    }
}
