using Agents.Inference.Deployments;
using Microsoft.Extensions.Options;

namespace Agents.Inference.Models;

/// <summary>Checks the configured models at the start and names everything that is wrong with them at once.</summary>
internal sealed class ModelOptionsValidator : IValidateOptions<ModelsOptions>
{
    public ValidateOptionsResult Validate(string? name, ModelsOptions options)
    {
        var problems = new List<string>();
        if (options.Models.Count > ModelsOptions.MaxModels)
            problems.Add($"Models has {options.Models.Count} entries; at most {ModelsOptions.MaxModels} are accepted.");
        for (var i = 0; i < options.Models.Count; i++)
            problems.AddRange(Rules.Of(options.Models[i].ToDefinition()).Select(fault => $"Models:{i}: {fault.Member} {fault.Rest}"));
        foreach (var twice in options.Models.GroupBy(model => model.Id, StringComparer.Ordinal).Where(group => group.Count() > 1))
            problems.Add($"Models: the id '{twice.Key}' is given {twice.Count()} times.");
        var ids = options.Models.Select(model => model.Id).Append(Catalog.BuiltIn);
        if (options.DefaultModel is { Length: > 0 } chosen && !ids.Contains(chosen))
            problems.Add($"DefaultModel: there is no model '{chosen}'.");
        ids = options.Models.Where(model => model.Provider == ProviderKind.OpenAi).Select(model => model.Id).Append(Catalog.BuiltInEmbeddings);
        if (options.DefaultEmbeddingModel is { Length: > 0 } embeddings && !ids.Contains(embeddings))
            problems.Add($"DefaultEmbeddingModel: there is no model '{embeddings}' that makes embeddings.");
        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }
}
