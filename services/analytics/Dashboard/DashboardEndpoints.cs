namespace Agents.Analytics.Dashboard;

/// <summary>
/// The console: a page with figures, a chat and jobs. Its files are part of the program, hold no data and need no key; the page asks for
/// one and sends it with its own requests.
/// </summary>
internal static class DashboardEndpoints
{
    // Nothing from elsewhere, nothing inline, and nobody may frame the page that a key is typed into.
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private const string Html = "text/html; charset=utf-8";
    private const string Css = "text/css; charset=utf-8";
    private const string JavaScript = "text/javascript; charset=utf-8";

    private static readonly string[] Scripts = ["console.js", "api.js", "charts.js", "chat.js", "page.js", "summary.js", "work.js"];

    public static void MapDashboard(this IEndpointRouteBuilder routes)
    {
        var files = routes.MapGroup("").AllowAnonymous().ExcludeFromDescription();
        files.MapFile("/", Load("index.html"), Html);
        files.MapFile("/console.css", Load("console.css"), Css);
        foreach (var script in Scripts)
            files.MapFile($"/{script}", Load(script), JavaScript);
        // A build without npm has no charts, and the page says nothing of them.
        files.MapFile("/uplot.js", TryLoad("uplot.js") ?? "export default null;"u8.ToArray(), JavaScript);
        files.MapFile("/uplot.css", TryLoad("uplot.css") ?? [], Css);
    }

    private static void MapFile(this IEndpointRouteBuilder routes, string path, byte[] content, string contentType)
    {
        routes.MapGet(path, (HttpResponse response) =>
        {
            response.Headers.ContentSecurityPolicy = Policy;
            response.Headers.XContentTypeOptions = "nosniff";
            response.Headers["Referrer-Policy"] = "no-referrer";
            response.Headers.CacheControl = "no-cache";
            return TypedResults.Bytes(content, contentType);
        });
    }

    private static byte[] Load(string name) =>
        TryLoad(name) ?? throw new InvalidOperationException($"The console's file {name} is not part of the program.");

    private static byte[]? TryLoad(string name)
    {
        using var stream = typeof(DashboardEndpoints).Assembly.GetManifestResourceStream(name);
        if (stream is null)
            return null;
        using var content = new MemoryStream();
        stream.CopyTo(content);
        return content.ToArray();
    }
}
