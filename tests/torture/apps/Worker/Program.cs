using Agents.Torture.Worker;
using Dapr.Workflow;

// A worker that is killed again and again. Its effects go to EFFECTS_URL; it ends when its standard input does, as its parent dies.
var builder = Host.CreateApplicationBuilder(args);
builder.Logging.SetMinimumLevel(LogLevel.Error);
builder.Services.AddSingleton(new EffectClient(new Uri(builder.Configuration["EFFECTS_URL"]!)));
builder.Services.AddDaprWorkflow(options =>
{
    options.RegisterWorkflow<MixedWorkflow>("mixed");
    options.RegisterWorkflow<ChildWorkflow>("child");
    options.RegisterActivity<EffectActivity>("effect");
    options.RegisterActivity<FlakyActivity>("flaky");
    options.RegisterActivity<PokeActivity>("poke");
});
using var host = builder.Build();
await host.StartAsync();
await Console.In.ReadToEndAsync();
await host.StopAsync();
