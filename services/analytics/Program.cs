using Agents.Analytics.Alerts;
using Agents.Analytics.Archive;
using Agents.Analytics.Audit;
using Agents.Analytics.Dashboard;
using Agents.Analytics.Datasets;
using Agents.Analytics.Evaluations;
using Agents.Analytics.Folding;
using Agents.Analytics.Outcomes;
using Agents.Analytics.Reports;
using Agents.Analytics.Series;
using Agents.Analytics.Summaries;
using Agents.Analytics.Users;
using Agents.Defaults;

if (args is ["verify-audit", var file])
    return await AuditCommand.RunAsync(file, Console.Out);

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults("analytics");
builder.Services.AddArchive();
builder.Services.AddUsers();
builder.Services.AddFigures();
builder.Services.AddAlerts();
builder.Services.AddAudit();
builder.Services.AddEvaluations();
builder.Services.AddDatasets();

var app = builder.Build();
app.UseServiceDefaults();
app.MapArchive();
app.MapSummaries();
app.MapFigures();
app.MapReports();
app.MapOutcomes();
app.MapAlerts();
app.MapAudit();
app.MapUsers();
app.MapEvaluations();
app.MapDatasets();
app.MapRebuild();
app.MapDashboard();
await app.RunAsync();
return 0;
