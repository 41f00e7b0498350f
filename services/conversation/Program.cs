using Agents.Conversation;
using Agents.Conversation.Catalog;
using Agents.Conversation.Escalations;
using Agents.Conversation.Feedback;
using Agents.Conversation.Guardrails;
using Agents.Conversation.Hooks;
using Agents.Conversation.Hooks.Webhooks;
using Agents.Conversation.Jobs;
using Agents.Conversation.Jobs.Events;
using Agents.Conversation.Jobs.Lanes;
using Agents.Conversation.Jobs.Running;
using Agents.Conversation.Keys;
using Agents.Conversation.Memory;
using Agents.Conversation.Models;
using Agents.Conversation.Sessions;
using Agents.Conversation.Supervisor;
using Agents.Conversation.Tenants;
using Agents.Conversation.Tools;
using Agents.Conversation.Turns;
using Agents.Defaults;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults("conversation");
var role = Role.Of(builder.Configuration);
builder.Services.AddHooks();
builder.Services.AddWebhooks(role);
if (role.Answers)
{
    builder.Services.AddCatalog();
    builder.Services.AddTurnRunning();
    builder.Services.AddMemory();
    builder.Services.AddModels();
    builder.Services.AddTools();
    builder.Services.AddGuardrails();
    builder.Services.AddJobs();
    builder.Services.AddLaneWorkers(role);
    builder.Services.AddSupervisorCallers();
}
if (role.Converses)
{
    builder.Services.AddTenants();
    builder.Services.AddKeys();
    builder.Services.AddSessions();
    builder.Services.AddTurns();
    builder.Services.AddEscalations();
    builder.Services.AddLanes();
    builder.Services.AddSupervisor();
    builder.Services.AddInbox();
}

var app = builder.Build();
app.UseServiceDefaults();
app.MapHooks();
app.MapWebhookDeliveries(role);
if (role.Answers)
    app.MapLaneWorkers();
if (role.Converses)
{
    app.MapTenants();
    app.MapKeys();
    app.MapCatalog();
    app.MapSessions();
    app.MapTurns();
    app.MapExamples();
    app.MapFeedback();
    app.MapEscalations();
    app.MapWebhooks();
    app.MapJobs();
    app.MapQuestions();
    app.MapSupervisor();
    app.MapDeadLetters();
    app.MapLanes();
    app.MapJobRules();
    app.MapInbox();
}
await app.RunAsync();
