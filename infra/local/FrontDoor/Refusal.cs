namespace Agents.Local.FrontDoor;

/// <summary>An answer of the front door itself, in the shape the path's clients expect.</summary>
internal static class Refusal
{
    public static async Task WriteAsync(HttpContext context, PathRule rule, string traceId, int status, string title, string detail)
    {
        context.Response.StatusCode = status;
        if (status == StatusCodes.Status503ServiceUnavailable)
            context.Response.Headers.RetryAfter = "1";

        if (rule.OpenAi)
        {
            var type = status < 500 ? "invalid_request_error" : "server_error";
            await context.Response.WriteAsJsonAsync(
                new { error = new { message = detail, type, param = (string?)null, code = (string?)null } }, context.RequestAborted);
        }
        else
        {
            await context.Response.WriteAsJsonAsync(
                new { type = "about:blank", title, status, detail, trace_id = traceId },
                options: null, contentType: "application/problem+json", context.RequestAborted);
        }
    }
}
