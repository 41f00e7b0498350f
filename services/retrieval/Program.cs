using Agents.Defaults;
using Agents.Retrieval.Collections;
using Agents.Retrieval.Documents;
using Agents.Retrieval.Ingestion;
using Agents.Retrieval.Search;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults("retrieval");
builder.Services.AddCollections();
builder.Services.AddDocuments();
builder.AddIngestion();
builder.Services.AddSearch();

var app = builder.Build();
app.UseServiceDefaults();
app.MapCollections();
app.MapDocuments();
app.MapIngestion();
app.MapSearch();
await app.RunAsync();
