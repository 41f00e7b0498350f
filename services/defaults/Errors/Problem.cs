using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Serialization;
using Agents.Defaults.Api;

namespace Agents.Defaults.Errors;

/// <summary>
/// A refusal or failure as the caller sees it: <c>application/problem+json</c> (RFC 9457), or the OpenAI error object on routes
/// marked with <see cref="OpenAiErrors"/>. A result of an endpoint, or the content of a <see cref="ProblemException"/>.
/// </summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Code">Stable, machine-readable cause: the same cause always gives the same code.</param>
/// <param name="Detail">What is wrong and what to do, safe to leave the process.</param>
/// <param name="Field">The JSON path or parameter at fault, when one is.</param>
/// <param name="RetryAfter">When a retry may succeed; null when a retry cannot help.</param>
public sealed record Problem(int Status, string Code, string Detail, string? Field = null, TimeSpan? RetryAfter = null)
    : IResult, IStatusCodeHttpResult
{
    int? IStatusCodeHttpResult.StatusCode => Status;

    public static Problem Invalid(string field, string detail, string code = "invalid_request") =>
        new(StatusCodes.Status400BadRequest, code, detail, field);

    public static Problem NotFound(string noun) =>
        new(StatusCodes.Status404NotFound, $"{noun}_not_found", $"There is no such {noun}.");

    public static Problem Conflict(string code, string detail, TimeSpan? retryAfter = null) =>
        new(StatusCodes.Status409Conflict, code, detail, RetryAfter: retryAfter);

    public static Problem Unavailable(string code, string detail, TimeSpan? retryAfter = null) =>
        new(StatusCodes.Status503ServiceUnavailable, code, detail, RetryAfter: retryAfter ?? TimeSpan.FromSeconds(2));

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = Status;
        response.Headers.CacheControl = "no-store";
        if (RetryAfter is { } wait)
            response.Headers.RetryAfter = ((int)Math.Max(1, Math.Ceiling(wait.TotalSeconds))).ToString(CultureInfo.InvariantCulture);

        if (httpContext.GetEndpoint()?.Metadata.GetMetadata<OpenAiErrors>() is not null)
            await response.WriteAsJsonAsync(OpenAiBody(), Json.Options, httpContext.RequestAborted);
        else
            await response.WriteAsJsonAsync(Body(), Json.Options, "application/problem+json", httpContext.RequestAborted);
    }

    private ProblemBody Body() => new(
        "about:blank", Titles.GetValueOrDefault(Status, "Error"), Status, Detail, Code, RetryAfter is not null, Trace.CurrentId(),
        Field is null ? null : new Dictionary<string, string[]> { [Field] = [Detail] });

    private OpenAiBody OpenAiBody() => new(new OpenAiError(Detail, OpenAiType, Field, Code));

    private string OpenAiType => Status switch
    {
        401 => "authentication_error",
        403 => "permission_error",
        429 => "rate_limit_error",
        >= 500 => "server_error",
        _ => "invalid_request_error",
    };

    private static readonly Dictionary<int, string> Titles = new()
    {
        [400] = "Bad request",
        [401] = "Not authenticated",
        [403] = "Not allowed",
        [404] = "Not found",
        [405] = "Method not allowed",
        [408] = "Request timed out",
        [409] = "Conflict",
        [413] = "Too large",
        [415] = "Unsupported content type",
        [422] = "Not processable",
        [429] = "Too many requests",
        [500] = "Internal error",
        [502] = "Bad answer from a dependency",
        [503] = "Unavailable",
        [504] = "A dependency timed out",
    };
}

/// <summary>Marks routes that answer errors as OpenAI clients expect them.</summary>
public sealed class OpenAiErrors;

/// <summary>A refusal from deep inside; its <see cref="Problem"/> is safe to show to the caller.</summary>
public class ProblemException(Problem problem, Exception? inner = null) : Exception(problem.Detail, inner)
{
    public Problem Problem { get; } = problem;
}

internal sealed record ProblemBody(
    string Type, string Title, int Status, string Detail, string Code, bool Retryable, [property: JsonPropertyName("trace_id")] string? TraceId,
    IReadOnlyDictionary<string, string[]>? Errors);

internal sealed record OpenAiBody(OpenAiError Error);

internal sealed record OpenAiError(string Message, string Type, string? Param, string Code);

/// <summary>The id under which the current request can be found in traces and logs.</summary>
public static class Trace
{
    public static string? CurrentId() => Activity.Current?.TraceId.ToHexString();
}
