using Agents.Inference.Calls;
using Agents.Inference.Providers.Extractive;
using Agents.Inference.Providers.OpenAi;
using Agents.Inference.Providers.UseLite;
using Microsoft.Extensions.Options;

namespace Agents.Inference.Models;

/// <summary>The models of this installation: those of the configuration and the built-in ones.</summary>
internal sealed class ModelCatalog : IDisposable
{
    /// <summary>Answers without key and network; see <see cref="ExtractiveProvider"/>.</summary>
    public const string BuiltIn = "extractive";

    /// <summary>Makes embeddings without key and network, where the build found its weights; see <see cref="UseLiteProvider"/>.</summary>
    public const string BuiltInEmbeddings = "embed-use-lite";

    /// <summary>The id by which callers leave the choice to the operator.</summary>
    public const string Default = "default";

    private readonly List<OpenAiConnection> _connections = [];
    private readonly Dictionary<string, Model> _models = new(StringComparer.Ordinal);
    private readonly Model _default;
    private readonly string _defaultEmbeddings;

    public ModelCatalog(IOptions<ModelsOptions> options, OpenAiProviderFactory openAi, UseLite useLite, TimeProvider time)
    {
        var configured = options.Value.Models;
        foreach (var model in configured)
        {
            var price = new Price(model.InputMicrosPerMillion, model.OutputMicrosPerMillion);
            _models[model.Id] = model.Provider == ProviderKind.Extractive
                ? Extractive(model.Id, price, time)
                : OpenAi(model, price, openAi.Connect(model));
        }
        if (useLite.Model is { } embeddings)
        {
            _models[BuiltInEmbeddings] = new Model(
                BuiltInEmbeddings, "agents", "edge", Price.Free, null, new UseLiteProvider(BuiltInEmbeddings, embeddings));
        }
        _models[BuiltIn] = Extractive(BuiltIn, Price.Free, time);
        var chosen = options.Value.DefaultModel is { Length: > 0 } named ? named : configured.FirstOrDefault()?.Id ?? BuiltIn;
        _default = _models[chosen];
        _defaultEmbeddings = options.Value.DefaultEmbeddingModel is { Length: > 0 } other ? other : BuiltInEmbeddings;
    }

    /// <summary>In the order of the configuration, the built-in ones last.</summary>
    public IReadOnlyCollection<Model> All => _models.Values;

    /// <summary>The model of that id, or what <see cref="Default"/> stands for; null when there is none.</summary>
    public Model? Find(string id) => id == Default ? _default : _models.GetValueOrDefault(id);

    /// <summary>The same where embeddings are asked for: <see cref="Default"/> stands for a model that makes them.</summary>
    public Model? FindForEmbeddings(string id) => _models.GetValueOrDefault(id == Default ? _defaultEmbeddings : id);

    public void Dispose() => _connections.ForEach(connection => connection.Dispose());

    private Model OpenAi(ModelOptions model, Price price, OpenAiConnection connection)
    {
        _connections.Add(connection);
        return new Model(model.Id, "openai", model.Tier, price, new OpenAiProvider(connection), new OpenAiEmbeddings(connection));
    }

    private static Model Extractive(string id, Price price, TimeProvider time) =>
        new(id, "agents", "edge", price, new ExtractiveProvider(id, time));
}
