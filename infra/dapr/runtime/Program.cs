using Agents.LocalRuntime;
using Agents.LocalRuntime.Apps;
using Agents.LocalRuntime.Cli;
using Agents.LocalRuntime.Resources;

if (args is ["--help" or "-h"])
{
    Console.WriteLine(CommandLine.Help);
    return 0;
}

var problems = new Problems();
var options = CommandLine.Parse(args, problems);
if (options is null) return Fail(problems);

// ASP.NET Core's own request log is off: it would start an activity for each request only to name it in a scope.
using var logs = LoggerFactory.Create(logging => logging
    .SetMinimumLevel(options.LogLevel)
    .AddFilter("Microsoft", LogLevel.Warning)
    .AddFilter("Microsoft.AspNetCore.Hosting", LogLevel.None)
    .AddSimpleConsole(console => (console.SingleLine, console.TimestampFormat) = (true, "HH:mm:ss.fff "))
    .Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace));
using var telemetry = Telemetry.Start();
using var client = AppChannel.CreateClient();
await using var backends = new Backends(TimeProvider.System, logs);
var loader = new SidecarLoader(backends, client, problems);
var sidecars = options.Apps.Select(loader.Load).ToList();
if (problems.Lines.Count > 0) return Fail(problems);
var reload = new HotReload(sidecars, loaded => new SidecarLoader(backends, client, loaded), backends.Time, logs.CreateLogger<HotReload>());
return await new RuntimeHost(options, backends, sidecars, reload, logs).RunAsync();

static int Fail(Problems problems)
{
    foreach (var line in problems.Lines) Console.Error.WriteLine(line);
    return 1;
}
