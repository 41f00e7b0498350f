using System.Globalization;
using Agents.Torture.Counter;

// One replica of an app that hosts counting actors; started, paused and killed by the torture run.
var builder = WebApplication.CreateSlimBuilder();
builder.Logging.ClearProviders();
builder.WebHost.UseUrls("http://127.0.0.1:" + Environment.GetEnvironmentVariable("APP_PORT"));
builder.Services.AddDaprClient();
builder.Services.AddSingleton(new Notebook(Environment.GetEnvironmentVariable("NOTEBOOK")!));
builder.Services.AddActors(options =>
{
    options.ActorIdleTimeout = TimeSpan.FromSeconds(3);
    options.DrainOngoingCallTimeout = TimeSpan.FromSeconds(1);
    options.DrainRebalancedActors = true;
    options.Actors.RegisterActor<CountingActor>();
});
var app = builder.Build();
app.MapActorsHandlers();
app.MapGet("/healthz", () => Results.Ok());
await app.RunAsync();

/// <summary>Writes what must not happen where it outlives the process: a line per event.</summary>
internal sealed class Notebook(string file)
{
    private readonly Lock _lock = new();

    public void Write(string what)
    {
        lock (_lock) File.AppendAllText(file, string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId} {what}\n"));
    }
}
