using Agents.Analytics.Archive;
using Agents.Analytics.Batches;
using Agents.Defaults.Replicas;

namespace Agents.Analytics.Datasets;

/// <summary>Chooses the turns of datasets from the archive.</summary>
internal sealed class DatasetRunner(DatasetStore datasets, EventArchive archive, Leases leases, TimeProvider time, ILogger<DatasetRunner> logger)
    : BatchRunner("datasets", datasets.Open, leases, time, logger)
{
    private const int Portion = 1_024;

    protected override async Task<bool?> StepAsync(WorkPlace place, CancellationToken cancellationToken)
    {
        if (await datasets.GetAsync(place.Tenant, place.Id, cancellationToken) is not { } dataset)
            return null;
        if (dataset.Status == DatasetStatus.Ready)
            return true;
        var choice = new TurnChoice(place.Tenant, dataset);
        // An event lies on the day on which it came, and clocks differ; ratings come later, too.
        var first = DateOnly.FromDateTime(dataset.From.UtcDateTime.AddHours(-1));
        foreach (var segment in await archive.SegmentsAsync(first, cancellationToken))
        {
            var ledger = archive.Of(segment);
            for (long at = 0; await ledger.ReadAsync(at, Portion, cancellationToken) is { Entries.Count: > 0 } slice; at = slice.Next)
            {
                foreach (var archived in slice.Entries)
                    choice.Add(archived);
            }
        }
        var chosen = choice.Chosen();
        await datasets.FillAsync(place.Tenant, dataset, chosen, choice.HasMore, cancellationToken);
        return true;
    }
}
