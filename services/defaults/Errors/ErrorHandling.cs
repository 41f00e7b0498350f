using System.Text.Json;
using System.Text.RegularExpressions;
using Dapr;

namespace Agents.Defaults.Errors;

/// <summary>The one place where exceptions and bare status codes become a <see cref="Problem"/>.</summary>
internal static partial class ErrorHandling
{
    public static IApplicationBuilder UseProblems(this IApplicationBuilder app)
    {
        var log = app.ApplicationServices.GetRequiredService<ILoggerFactory>().CreateLogger("Agents.Defaults.Errors");
        app.Use(async (context, next) =>
        {
            try
            {
                await next(context);
            }
            catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
            {
                // The client has gone: nobody is left to read an answer.
                if (!context.Response.HasStarted)
                    context.Response.StatusCode = 499;
            }
            catch (Exception exception) when (!context.Response.HasStarted)
            {
                var problem = From(exception);
                if (problem.Status >= StatusCodes.Status500InternalServerError)
                    Failed(log, context.Request.Method, RoutePattern(context), problem.Code, exception);
                context.Response.Clear();
                await problem.ExecuteAsync(context);
            }
        });
        return app.UseStatusCodePages(context => FromStatus(context.HttpContext.Response.StatusCode).ExecuteAsync(context.HttpContext));
    }

    internal static Problem From(Exception exception) => exception switch
    {
        ProblemException refused => refused.Problem,
        BadHttpRequestException { InnerException: JsonException json } => Problem.Invalid(json.Path ?? "$", Describe(json)),
        BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } =>
            new Problem(413, "body_too_large", "The body is larger than this route accepts."),
        BadHttpRequestException { StatusCode: StatusCodes.Status415UnsupportedMediaType } => FromStatus(StatusCodes.Status415UnsupportedMediaType),
        BadHttpRequestException bad when Unbound().Match(bad.Message) is { Success: true } match =>
            Problem.Invalid(JsonNamingPolicy.SnakeCaseLower.ConvertName(match.Groups[1].Value), $"{JsonNamingPolicy.SnakeCaseLower.ConvertName(match.Groups[1].Value)} is not of the expected type."),
        BadHttpRequestException bad when bad.Message.EndsWith("from body.", StringComparison.Ordinal) => Problem.Invalid("$", "The request needs a JSON body."),
        BadHttpRequestException bad => new Problem(bad.StatusCode, "invalid_request", "The request could not be read: it is incomplete or malformed."),
        // How reading a JSON body refuses a charset that nobody knows.
        InvalidOperationException { InnerException: ArgumentException } unreadable when unreadable.Message.Contains("content type charset", StringComparison.Ordinal) =>
            FromStatus(StatusCodes.Status415UnsupportedMediaType),
        JsonException json => Problem.Invalid(json.Path ?? "$", Describe(json)),
        DaprException or HttpRequestException => Problem.Unavailable(
            "dependency_unavailable", "A store, broker or service that this request needs does not answer. Nothing was accepted; try again."),
        TimeoutException or OperationCanceledException => new Problem(
            504, "dependency_timeout", "A store, broker or service that this request needs took too long; try again.", RetryAfter: TimeSpan.FromSeconds(2)),
        _ => new Problem(500, "internal_error", "Something failed inside. The trace id finds it in the logs."),
    };

    private static Problem FromStatus(int status) => status switch
    {
        401 => new Problem(401, "not_authenticated", "Send a valid API key as 'Authorization: Bearer <key>'."),
        403 => new Problem(403, "not_allowed", "The key lacks the scope that this route needs."),
        404 => new Problem(404, "route_not_found", "There is no such route."),
        405 => new Problem(405, "method_not_allowed", "The route does not take this method; the Allow header lists those it takes."),
        415 => new Problem(415, "unsupported_content_type", "The route does not take this content type; most take application/json."),
        var other => new Problem(other, "refused", "The request was refused."),
    };

    // A JsonException's own message quotes .NET type names; the path is what a caller can use.
    private static string Describe(JsonException exception) => exception.Message.Contains("missing required", StringComparison.Ordinal)
        ? $"The body lacks a required field at {exception.Path ?? "$"}."
        : $"The body is not valid JSON of the expected shape at {exception.Path ?? "$"}.";

    // How minimal APIs say that a query or route value does not fit its type: Failed to bind parameter "Nullable<int> Limit" from "abc".
    [GeneratedRegex("^Failed to bind parameter \"[^\"]*?(\\w+)\" from")]
    private static partial Regex Unbound();

    private static string RoutePattern(HttpContext context) =>
        (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "unmatched";

    [LoggerMessage(LogLevel.Error, "{Method} {Route} failed: {Code}")]
    private static partial void Failed(ILogger logger, string method, string route, string code, Exception exception);
}
