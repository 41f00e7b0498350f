using Agents.Defaults;
using Agents.Inference;
using Agents.Inference.Accounts;
using Agents.Inference.Admission;
using Agents.Inference.Budgets;
using Agents.Inference.Cache;
using Agents.Inference.Calls;
using Agents.Inference.Completions;
using Agents.Inference.Deployments;
using Agents.Inference.Embeddings;
using Agents.Inference.Models;
using Agents.Inference.Providers.OpenAi;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults("inference");
// Bodies wait in the callers' hands, not in ours: by default each connection may hold a megabyte before anybody looks at it.
builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBufferSize = 64 * 1024);
builder.Services.AddModels();
builder.Services.AddDeployments();
builder.Services.AddOpenAiProviders();
builder.Services.AddAdmission();
builder.Services.AddBudgets();
builder.Services.AddAccounts();
builder.Services.AddExactCache();
builder.Services.AddCalls();
builder.Services.AddCompletions();

var app = builder.Build();
app.UseServiceDefaults();
var openAi = app.MapOpenAi();
openAi.MapModels();
openAi.MapCompletions();
openAi.MapEmbeddings();
app.MapDeployments();
app.MapBudgets();
app.MapCache();
await app.RunAsync();
