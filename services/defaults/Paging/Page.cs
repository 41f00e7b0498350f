using Agents.Defaults.Errors;
using Microsoft.AspNetCore.Mvc;

namespace Agents.Defaults.Paging;

/// <summary>Which part of a list is wanted.</summary>
/// <param name="Limit">1 to 100; default 20.</param>
/// <param name="After">The id after which to go on: <c>last_id</c> of the page before.</param>
/// <param name="Order"><c>desc</c> (default, newest first) or <c>asc</c>.</param>
public readonly record struct PageQuery(
    [FromQuery(Name = "limit")] int? Limit,
    [FromQuery(Name = "after")] string? After,
    [FromQuery(Name = "order")] string? Order)
{
    public int Size => Limit ?? 20;

    public bool Ascending => Order == "asc";

    /// <summary>What is wrong with the query, or null.</summary>
    public Problem? Refusal(string prefix) => this switch
    {
        { Size: < 1 or > 100 } => Problem.Invalid("limit", "limit must be 1 to 100."),
        { Order: not (null or "asc" or "desc") } => Problem.Invalid("order", "order must be 'asc' or 'desc'."),
        { After: { } after } when !Api.Ids.IsValid(prefix, after) => Problem.Invalid("after", "after must be an id from this list."),
        _ => null,
    };
}

/// <summary>One page of a list.</summary>
public sealed record Page<T>(IReadOnlyList<T> Data, string? FirstId, string? LastId, bool HasMore)
{
    public string Object => "list";
}
