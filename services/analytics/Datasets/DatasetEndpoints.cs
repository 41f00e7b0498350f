using System.Text.Json;
using Agents.Analytics.Batches;
using Agents.Contracts;
using Agents.Defaults.Api;
using Agents.Defaults.Errors;
using Agents.Defaults.Events;
using Agents.Defaults.Idempotency;
using Agents.Defaults.Identity;
using Agents.Defaults.Paging;

namespace Agents.Analytics.Datasets;

/// <summary>Turns as examples to learn from.</summary>
internal static class DatasetEndpoints
{
    private const int AtOnce = 50;
    private static readonly TimeSpan Longest = TimeSpan.FromDays(31);

    public static void AddDatasets(this IServiceCollection services) => services.AddSingleton<DatasetStore>().AddHostedService<DatasetRunner>();

    public static void MapDatasets(this IEndpointRouteBuilder routes)
    {
        var datasets = routes.MapGroup("/v1/datasets").WithTags("Datasets").RequireScope(Scopes.Admin);
        datasets.MapPost("/", Create).WithAudit("dataset.create").WithIdempotency().Produces<Dataset>(202).WithName("CreateDataset")
            .WithSummary("Choose turns by agent, version, time, rating and groundedness");
        datasets.MapGet("/", List).Produces<Page<Dataset>>().WithName("ListDatasets").WithSummary("Datasets");
        datasets.MapGet("/{id}", Get).Produces<Dataset>().WithName("GetDataset").WithSummary("One dataset");
        datasets.MapGet("/{id}/export", Export).WithAudit("dataset.export").Produces(200, contentType: "application/x-ndjson").WithName("ExportDataset")
            .WithSummary("Its turns as JSON lines of chat messages, with personal data masked, from sessions that exist and consent now");
        datasets.MapDelete("/{id}", Delete).WithAudit("dataset.delete").Produces(204).WithName("DeleteDataset").WithSummary("Delete a dataset");
    }

    private static async Task<IResult> Create(
        CreateDataset request, HttpContext http, Caller caller, DatasetStore datasets, TimeProvider time, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var to = request.To ?? now;
        if ((Checks.Text("name", request.Name, 100)
            ?? (request.From is { } start && start < to && to - start <= Longest ? null : Problem.Invalid("from", "from is required, and lies before to, by at most 31 days."))
            ?? Checks.Optional("agent", request.Agent, 100)
            ?? (request.Rating is null or "up" or "down" ? null : Problem.Invalid("rating", "rating must be up or down."))
            ?? (request.MinGroundedness is < 0 or > 1 ? Problem.Invalid("min_groundedness", "min_groundedness must be 0 to 1.") : null)) is { } refusal)
        {
            return refusal;
        }
        var dataset = new Dataset(
            http.NewId(DatasetStore.Prefix), request.Name!, DatasetStatus.Choosing, 0, false, now, request.From!.Value, to, request.Agent, request.AgentVersion, request.Rating,
            request.MinGroundedness);
        return await datasets.CreateAsync(caller.Tenant, dataset, cancellationToken)
            ? TypedResults.Accepted($"/v1/datasets/{dataset.Id}", dataset)
            : new Problem(429, "too_many_datasets", $"A tenant has at most {OpenWork.MostOfTenant} datasets being made, or too many others are; try again.", RetryAfter: TimeSpan.FromSeconds(30));
    }

    private static async Task<IResult> List([AsParameters] PageQuery query, Caller caller, DatasetStore datasets, CancellationToken cancellationToken) =>
        query.Refusal(DatasetStore.Prefix) is { } refusal ? refusal : TypedResults.Ok(await datasets.PageAsync(caller.Tenant, query, cancellationToken));

    private static async Task<IResult> Get(string id, Caller caller, DatasetStore datasets, CancellationToken cancellationToken) =>
        await FindAsync(id, caller, datasets, cancellationToken) is { } dataset ? TypedResults.Ok(dataset) : Problem.NotFound("dataset");

    private static async Task<IResult> Export(string id, Caller caller, DatasetStore datasets, ServiceClients clients, CancellationToken cancellationToken)
    {
        if (await FindAsync(id, caller, datasets, cancellationToken) is not { } dataset)
            return Problem.NotFound("dataset");
        if (dataset.Status != DatasetStatus.Ready)
            return Problem.Conflict("dataset_not_ready", "The turns are still being chosen.", TimeSpan.FromSeconds(1));
        return TypedResults.Stream(stream => WriteAsync(stream, caller.Tenant, dataset, datasets, clients, cancellationToken), "application/x-ndjson", $"{dataset.Id}.jsonl");
    }

    private static async Task WriteAsync(
        Stream stream, string tenant, Dataset dataset, DatasetStore datasets, ServiceClients clients, CancellationToken cancellationToken)
    {
        for (var page = 0; page * DatasetStore.PageSize < dataset.Turns; page++)
        {
            foreach (var some in (await datasets.TurnsAsync(tenant, dataset.Id, page, cancellationToken)).Chunk(AtOnce))
            {
                foreach (var example in (await ReadAsync(tenant, some, clients, cancellationToken)).Data)
                {
                    await JsonSerializer.SerializeAsync(stream, ExportedTurn.Of(example), Json.Options, cancellationToken);
                    await stream.WriteAsync("\n"u8.ToArray(), cancellationToken);
                }
            }
        }
    }

    private static async Task<Examples> ReadAsync(string tenant, TurnPlace[] turns, ServiceClients clients, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/internal/examples").For(tenant);
        request.Content = JsonContent.Create(new ReadExamples(turns), options: Json.Options);
        using var response = await clients.Conversation.SendAsync(request, cancellationToken);
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadFromJsonAsync<Examples>(Json.Options, cancellationToken) ?? throw new JsonException("The answer of conversation is null.");
    }

    private static async Task<IResult> Delete(string id, Caller caller, DatasetStore datasets, CancellationToken cancellationToken)
    {
        if (await FindAsync(id, caller, datasets, cancellationToken) is not { } dataset)
            return Problem.NotFound("dataset");
        await datasets.DeleteAsync(caller.Tenant, dataset, cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task<Dataset?> FindAsync(string id, Caller caller, DatasetStore datasets, CancellationToken cancellationToken) =>
        Ids.IsValid(DatasetStore.Prefix, id) ? await datasets.GetAsync(caller.Tenant, id, cancellationToken) : null;
}
