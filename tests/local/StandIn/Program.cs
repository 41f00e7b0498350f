using System.Diagnostics;
using System.Globalization;
using Agents.Local;

// One small program in four parts: the runtime, a program of real Dapr, a service, or a whole local host that a test may kill.
switch (args)
{
    case ["--run-file", var file, "--parent-pid", var parent]:
        if (!File.Exists(file))
            return 3;
        Console.WriteLine("the runtime was here");
        Console.WriteLine("ready");
        await ParentEndsAsync(parent);
        return 0;

    case ["host", var root, var programs]:
        await using (var host = await LocalHost.StartAsync(
            new LocalHostOptions { RepositoryRoot = root, ProgramsFolder = programs, Port = 0 }, CancellationToken.None))
        {
            Console.WriteLine(string.Join(' ', host.Services.Append(host.Runtime).Select(child => child.ProcessId)));
            await Task.Delay(Timeout.InfiniteTimeSpan);
        }

        return 0;

    case ["--port" or "--app-id", ..]:
        return await PlayDaprAsync(args);

    default:
        return await ServeAsync();
}

// Writes down how it was started, and answers only the health check that belongs to the flags.
static async Task<int> PlayDaprAsync(string[] args)
{
    string? Flag(string name) => Array.IndexOf(args, name) is >= 0 and var at ? args[at + 1] : null;

    await File.WriteAllLinesAsync($"{Flag("--app-id") ?? Flag("--id")}-{Flag("--app-port")}.started",
        [Environment.GetEnvironmentVariable("DAPR_API_TOKEN") ?? "", Environment.GetEnvironmentVariable("APP_API_TOKEN") ?? "", .. args]);
    var builder = WebApplication.CreateSlimBuilder();
    builder.Logging.ClearProviders();
    builder.WebHost.UseUrls($"http://127.0.0.1:{Flag("--dapr-http-port") ?? Flag("--healthz-port")}");
    await using var app = builder.Build();
    app.MapGet(Flag("--app-id") is null ? "/healthz" : "/v1.0/healthz", () => Results.NoContent());
    await app.RunAsync();
    return 0;
}

static async Task<int> ServeAsync()
{
    static string Setting(string name) => Environment.GetEnvironmentVariable(name) ?? throw new InvalidOperationException($"{name} is missing.");

    if (Environment.GetEnvironmentVariable("STANDIN_FAILS") == Setting("APP_ID"))
    {
        Console.Error.WriteLine("this service was told to fail");
        return 7;
    }

    var builder = WebApplication.CreateSlimBuilder();
    builder.Logging.ClearProviders();
    builder.WebHost.UseUrls($"http://127.0.0.1:{Setting("APP_PORT")}");
    await using var app = builder.Build();
    app.MapGet("/health/ready", () => Results.NoContent());
    app.MapGet("/{**path}", () => Results.Json(new
    {
        app = Setting("APP_ID"),
        replica = Setting("AGENTS_REPLICA"),
        pid = Environment.ProcessId,
        port = Setting("APP_PORT"),
        sidecar = Setting("DAPR_HTTP_PORT"),
        key = Setting("AGENTS_API_KEY"),
        tokens = Setting("DAPR_API_TOKEN").Length + Setting("APP_API_TOKEN").Length,
    }));
    _ = ParentEndsAsync(Setting("AGENTS_PARENT_PID")).ContinueWith(_ => app.Lifetime.StopApplication(), TaskScheduler.Default);
    await app.RunAsync();
    return 0;
}

static async Task ParentEndsAsync(string id)
{
    try
    {
        using var parent = Process.GetProcessById(int.Parse(id, CultureInfo.InvariantCulture));
        await parent.WaitForExitAsync();
    }
    catch (ArgumentException)
    {
        // It has ended already.
    }
}
