using Agents.Defaults;
using Agents.Inference;
using Agents.Inference.Calls;
using Agents.Inference.Completions;
using Agents.Inference.Embeddings;
using Agents.Inference.Models;
using Agents.Inference.Providers.OpenAi;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults("inference");
builder.Services.AddModels();
builder.Services.AddOpenAiProviders();
builder.Services.AddCalls();

var app = builder.Build();
app.UseServiceDefaults();
var openAi = app.MapOpenAi();
openAi.MapModels();
openAi.MapCompletions();
openAi.MapEmbeddings();
await app.RunAsync();
