using Agents.Analytics.Archive;
using Agents.Analytics.Dashboard;
using Agents.Analytics.Summaries;
using Agents.Defaults;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults("analytics");
builder.Services.AddArchive();
builder.Services.AddSummaries();

var app = builder.Build();
app.UseServiceDefaults();
app.MapArchive();
app.MapSummaries();
app.MapDashboard();
await app.RunAsync();
