using Agents.Inference.Calls;
using Agents.Inference.Providers.Extractive;
using Agents.Inference.Providers.OpenAi;
using Microsoft.Extensions.Options;

namespace Agents.Inference.Models;

/// <summary>The models of this installation: those of the configuration and the built-in one, which always exists.</summary>
internal sealed class ModelCatalog : IDisposable
{
    /// <summary>Answers without key and network; see <see cref="ExtractiveProvider"/>.</summary>
    public const string BuiltIn = "extractive";

    /// <summary>The id by which callers leave the choice to the operator.</summary>
    public const string Default = "default";

    private readonly Dictionary<string, Model> _models = new(StringComparer.Ordinal);
    private readonly Model _default;

    public ModelCatalog(IOptions<ModelsOptions> options, OpenAiProviderFactory openAi, TimeProvider time)
    {
        var configured = options.Value.Models;
        foreach (var model in configured)
        {
            var price = new Price(model.InputMicrosPerMillion, model.OutputMicrosPerMillion);
            _models[model.Id] = model.Provider == ProviderKind.Extractive
                ? Extractive(model.Id, price, time)
                : new Model(model.Id, "openai", model.Tier, price, openAi.Create(model));
        }
        _models[BuiltIn] = Extractive(BuiltIn, Price.Free, time);
        var chosen = options.Value.DefaultModel is { Length: > 0 } named ? named : configured.FirstOrDefault()?.Id ?? BuiltIn;
        _default = _models[chosen];
    }

    /// <summary>In the order of the configuration, the built-in one last.</summary>
    public IReadOnlyCollection<Model> All => _models.Values;

    /// <summary>The model of that id, or what <see cref="Default"/> stands for; null when there is none.</summary>
    public Model? Find(string id) => id == Default ? _default : _models.GetValueOrDefault(id);

    public void Dispose()
    {
        foreach (var provider in _models.Values.Select(model => model.Provider).OfType<IDisposable>())
            provider.Dispose();
    }

    private static Model Extractive(string id, Price price, TimeProvider time) =>
        new(id, "agents", "edge", price, new ExtractiveProvider(id, time));
}
