using Agents.Conversation.Catalog;
using Agents.Conversation.Escalations;
using Agents.Conversation.Feedback;
using Agents.Conversation.Guardrails;
using Agents.Conversation.Hooks;
using Agents.Conversation.Hooks.Webhooks;
using Agents.Conversation.Keys;
using Agents.Conversation.Memory;
using Agents.Conversation.Models;
using Agents.Conversation.Sessions;
using Agents.Conversation.Tenants;
using Agents.Conversation.Tools;
using Agents.Conversation.Turns;
using Agents.Defaults;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults("conversation");
builder.Services.AddHooks();
// The role conversation-hooks only talks to the outside; on a laptop one process does both.
var converses = builder.Configuration["APP_ID"] != HookEndpoints.AppId;
if (converses)
{
    builder.Services.AddTenants();
    builder.Services.AddKeys();
    builder.Services.AddCatalog();
    builder.Services.AddSessions();
    builder.Services.AddTurns();
    builder.Services.AddMemory();
    builder.Services.AddModels();
    builder.Services.AddTools();
    builder.Services.AddWebhooks();
    builder.Services.AddEscalations();
    builder.Services.AddGuardrails();
}

var app = builder.Build();
app.UseServiceDefaults();
app.MapHooks();
if (converses)
{
    app.MapTenants();
    app.MapKeys();
    app.MapCatalog();
    app.MapSessions();
    app.MapTurns();
    app.MapFeedback();
    app.MapEscalations();
    app.MapWebhooks();
    app.MapToolReplies();
}
await app.RunAsync();
