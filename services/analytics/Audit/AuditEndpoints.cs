using System.ComponentModel;
using System.Globalization;
using System.Text.Json;
using Agents.Analytics.Users;
using Agents.Defaults.Api;
using Agents.Defaults.Errors;
using Agents.Defaults.Identity;
using Agents.Defaults.Paging;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace Agents.Analytics.Audit;

/// <summary>Who changed what, in a chain that shows if it was tampered with.</summary>
internal static class AuditEndpoints
{
    private const int MaxAtOnce = 20_000;
    private const int Portion = 500;

    public static void AddAudit(this IServiceCollection services) => services.AddSingleton<AuditLog>();

    public static void MapAudit(this IEndpointRouteBuilder routes)
    {
        var audit = routes.MapGroup("/v1/audit").WithTags("Audit");
        audit.MapGet("/", List).RequireScope(Scopes.Analytics).Produces<Page<AuditEntry>>().WithName("ListAudit").WithSummary("Who changed what, newest first");
        audit.MapGet("/verify", Verify).RequireScope(Scopes.Analytics).Produces<AuditVerdict>().WithName("VerifyAudit")
            .WithSummary("Whether the chain is as it was written; up to 20,000 entries at a time");
        audit.MapGet("/export", Export).RequireScope(Scopes.Analytics).Produces(200, contentType: "application/x-ndjson").WithName("ExportAudit")
            .WithSummary("The whole chain as JSON lines, which the command verify-audit checks");
    }

    private static async Task<IResult> List(
        [FromQuery, Description("1 to 100; default 20.")] int? limit, [FromQuery, Description("A sequence number: last_id of the page before.")] string? after,
        [FromQuery, Description("desc (default, newest first) or asc.")] string? order, Caller caller, AuditLog log, Pseudonyms users, CancellationToken cancellationToken)
    {
        if (limit is < 1 or > 100)
            return Problem.Invalid("limit", "limit must be 1 to 100.");
        if (order is not (null or "asc" or "desc"))
            return Problem.Invalid("order", "order must be 'asc' or 'desc'.");
        if (Place(after, out var place) is { } refusal)
            return refusal;
        var (size, count) = (limit ?? 20, await log.Chain(caller.Tenant).CountAsync(cancellationToken));
        var ascending = order == "asc";
        var from = ascending ? (place ?? -1) + 1 : Math.Max(0, Math.Min(place ?? count, count) - size);
        var until = ascending ? from + size : Math.Min(place ?? count, count);
        var entries = until > from ? await EntriesAsync(log, users, caller.Tenant, from, (int)(until - from), cancellationToken) : [];
        if (!ascending)
            entries.Reverse();
        return TypedResults.Ok(new Page<AuditEntry>(
            entries, Id(entries.FirstOrDefault()), Id(entries.LastOrDefault()), ascending ? from + entries.Count < count : from > 0));
    }

    private static async Task<IResult> Verify(
        [FromQuery, Description("Go on after this sequence number.")] string? after, Caller caller, AuditLog log, CancellationToken cancellationToken)
    {
        if (Place(after, out var place) is { } refusal)
            return refusal;
        var from = (place ?? -1) + 1;
        var before = from > 0 ? (await log.ReadAsync(caller.Tenant, from - 1, 1, cancellationToken)).Links.Entries : [];
        if (from > 0 && before.Count == 0)
            return Problem.Invalid("after", "after must be the sequence number of an entry.");
        var check = new AuditCheck(from, from > 0 ? before[0].Hash : AuditChain.Start);
        var more = false;
        await foreach (var line in LinesAsync(log, caller.Tenant, from, cancellationToken))
        {
            more = line.Sequence - from == MaxAtOnce;
            if (more || !check.IsIntact)
                break;
            check.Add(line);
        }
        return TypedResults.Ok(check.Verdict(more));
    }

    private static PushStreamHttpResult Export(Caller caller, AuditLog log, CancellationToken cancellationToken) => TypedResults.Stream(
        async stream =>
        {
            await foreach (var line in LinesAsync(log, caller.Tenant, 0, cancellationToken))
            {
                await JsonSerializer.SerializeAsync(stream, line, Json.Options, cancellationToken);
                await stream.WriteAsync("\n"u8.ToArray(), cancellationToken);
            }
        },
        "application/x-ndjson",
        "audit.jsonl");

    private static async IAsyncEnumerable<AuditLine> LinesAsync(
        AuditLog log, string tenant, long from, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            var (links, contents) = await log.ReadAsync(tenant, from, Portion, cancellationToken);
            if (links.Entries.Count == 0)
                yield break;
            for (var i = 0; i < links.Entries.Count; i++)
                yield return new AuditLine(from + i, links.Entries[i], contents[i]);
            from = links.Next;
        }
    }

    private static async Task<List<AuditEntry>> EntriesAsync(
        AuditLog log, Pseudonyms users, string tenant, long from, int count, CancellationToken cancellationToken)
    {
        var (links, contents) = await log.ReadAsync(tenant, from, count, cancellationToken);
        var facts = contents.Select(content => content?.Read()).ToList();
        var names = await users.NamesAsync(tenant, facts.Select(fact => fact?.User).OfType<string>(), cancellationToken);
        return [.. links.Entries.Select((link, i) => Show(from + i, link, facts[i] is { User: { } user } fact ? fact with { User = names.GetValueOrDefault(user, user) } : facts[i]))];
    }

    private static AuditEntry Show(long sequence, AuditLink link, AuditFact? fact) => new(
        sequence, link.Id, link.Time, fact?.Actor, fact?.Action, fact?.Object, fact?.Before, fact?.After, fact?.User, fact is null, link.Hash);

    private static string? Id(AuditEntry? entry) => entry?.Sequence.ToString(CultureInfo.InvariantCulture);

    private static Problem? Place(string? text, out long? place)
    {
        place = null;
        if (text is null)
            return null;
        if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number > long.MaxValue / 2)
            return Problem.Invalid("after", "after must be a sequence number of this list.");
        place = number;
        return null;
    }
}
