namespace Agents.Analytics.Dashboard;

/// <summary>
/// The console: a page that shows the summary. Its files are part of the program, hold no data and need no key; the page asks for
/// one and sends it with its own requests.
/// </summary>
internal static class DashboardEndpoints
{
    // Nothing from elsewhere, nothing inline, and nobody may frame the page that a key is typed into.
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    public static void MapDashboard(this IEndpointRouteBuilder routes)
    {
        var files = routes.MapGroup("").AllowAnonymous().ExcludeFromDescription();
        files.MapFile("/", "index.html", "text/html; charset=utf-8");
        files.MapFile("/console.css", "console.css", "text/css; charset=utf-8");
        files.MapFile("/console.js", "console.js", "text/javascript; charset=utf-8");
    }

    private static void MapFile(this IEndpointRouteBuilder routes, string path, string name, string contentType)
    {
        var content = Load(name);
        routes.MapGet(path, (HttpResponse response) =>
        {
            response.Headers.ContentSecurityPolicy = Policy;
            response.Headers.XContentTypeOptions = "nosniff";
            response.Headers["Referrer-Policy"] = "no-referrer";
            response.Headers.CacheControl = "no-cache";
            return TypedResults.Bytes(content, contentType);
        });
    }

    private static byte[] Load(string name)
    {
        using var stream = typeof(DashboardEndpoints).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"The console's file {name} is not part of the program.");
        using var content = new MemoryStream();
        stream.CopyTo(content);
        return content.ToArray();
    }
}
