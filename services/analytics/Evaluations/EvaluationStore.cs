using System.Globalization;
using Agents.Analytics.Batches;
using Agents.Defaults.Ledgers;
using Agents.Defaults.Paging;
using Agents.Defaults.State;

namespace Agents.Analytics.Evaluations;

/// <summary>
/// Test sets, runs, and results. Cases and results lie in pages of their own which follow from the set and the answers alone, so that
/// whoever writes them twice writes the same.
/// </summary>
internal sealed class EvaluationStore(Stores stores, LedgerSet ledgers)
{
    public const string SetPrefix = "set";
    public const string Prefix = "eval";

    /// <summary>Cases of a page; they are answered together.</summary>
    public const int PageSize = 8;

    /// <summary>Runs that are under way.</summary>
    public OpenWork Open { get; } = new(stores, "evaluations/open");

    public async Task CreateSetAsync(string tenant, TestSet set, IReadOnlyList<TestCase> cases, CancellationToken cancellationToken)
    {
        foreach (var (page, some) in cases.Chunk(PageSize).Index())
            await stores.Main.PutAsync(CasesKey(tenant, set.Id, page), some, cancellationToken);
        await Sets(tenant).AddOnceAsync(
            set.Id, () => stores.Main.TryCreateAsync(SetKey(tenant, set.Id), set, cancellationToken), cancellationToken);
    }

    public async Task<TestSet?> SetAsync(string tenant, string id, CancellationToken cancellationToken) =>
        (await stores.Main.GetAsync<TestSet>(SetKey(tenant, id), cancellationToken))?.Value;

    public Task<Page<TestSet>> SetsAsync(string tenant, PageQuery query, CancellationToken cancellationToken) =>
        Sets(tenant).PageAsync(query, (ids, token) => ManyAsync<TestSet>(ids, id => SetKey(tenant, id), token), set => set.Id, cancellationToken);

    public async Task<IReadOnlyList<TestCase>> CasesAsync(string tenant, string set, int page, CancellationToken cancellationToken) =>
        (await stores.Main.GetAsync<IReadOnlyList<TestCase>>(CasesKey(tenant, set, page), cancellationToken))?.Value ?? [];

    /// <summary>Keeps a run, and sees to it that somebody carries it out.</summary>
    /// <returns>False when too many are under way.</returns>
    public async Task<bool> StartAsync(string tenant, Evaluation evaluation, CancellationToken cancellationToken)
    {
        if (!await Open.AddAsync(new WorkPlace(tenant, evaluation.Id), cancellationToken))
            return false;
        await Evaluations(tenant).AddOnceAsync(
            evaluation.Id, () => stores.Main.TryCreateAsync(Key(tenant, evaluation.Id), evaluation, cancellationToken), cancellationToken);
        return true;
    }

    public async Task<Evaluation?> GetAsync(string tenant, string id, CancellationToken cancellationToken) =>
        (await stores.Main.GetAsync<Evaluation>(Key(tenant, id), cancellationToken))?.Value;

    public Task<Evaluation?> UpdateAsync(string tenant, string id, Func<Evaluation, Evaluation?> change, CancellationToken cancellationToken) =>
        stores.Main.UpdateAsync<Evaluation>(Key(tenant, id), current => current is null ? null : change(current), cancellationToken);

    public Task<Page<Evaluation>> PageAsync(string tenant, PageQuery query, CancellationToken cancellationToken) =>
        Evaluations(tenant).PageAsync(query, (ids, token) => ManyAsync<Evaluation>(ids, id => Key(tenant, id), token), one => one.Id, cancellationToken);

    public Task PutResultsAsync(string tenant, string id, int page, IReadOnlyList<CaseResult> results, CancellationToken cancellationToken) =>
        stores.Main.PutAsync(ResultsKey(tenant, id, page), results, cancellationToken);

    /// <summary>Results in the order of the set, from a case on.</summary>
    public async Task<IReadOnlyList<CaseResult>> ResultsAsync(string tenant, Evaluation evaluation, int from, int limit, CancellationToken cancellationToken)
    {
        var until = Math.Min(evaluation.Done, from + limit);
        var keys = Enumerable.Range(0, (TestCase.MaxCases / PageSize) + 1).Where(page => page * PageSize < until && (page + 1) * PageSize > from)
            .Select(page => ResultsKey(tenant, evaluation.Id, page)).ToList();
        var pages = await stores.Main.GetManyAsync<IReadOnlyList<CaseResult>>(keys, cancellationToken);
        return [.. keys.SelectMany(key => pages[key].Value).Where(result => result.Number >= from && result.Number < until)];
    }

    private async Task<IReadOnlyList<T>> ManyAsync<T>(IReadOnlyList<string> ids, Func<string, string> keyOf, CancellationToken cancellationToken) =>
        [.. (await stores.Main.GetManyAsync<T>([.. ids.Select(keyOf)], cancellationToken)).Values.Select(record => record.Value)];

    private Listing Sets(string tenant) => new(ledgers.Get<string>($"evaluations/sets/of/{tenant}"));

    private Listing Evaluations(string tenant) => new(ledgers.Get<string>($"evaluations/of/{tenant}"));

    private static string SetKey(string tenant, string id) => $"evaluations/sets/of/{tenant}/{id}";

    private static string CasesKey(string tenant, string id, int page) => string.Create(CultureInfo.InvariantCulture, $"evaluations/sets/of/{tenant}/{id}/{page}");

    private static string Key(string tenant, string id) => $"evaluations/of/{tenant}/{id}";

    private static string ResultsKey(string tenant, string id, int page) => string.Create(CultureInfo.InvariantCulture, $"evaluations/of/{tenant}/{id}/{page}");
}
