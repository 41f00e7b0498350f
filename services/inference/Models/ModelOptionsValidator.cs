using System.Buffers;
using Microsoft.Extensions.Options;

namespace Agents.Inference.Models;

/// <summary>Checks the configured models at the start and names everything that is wrong with them at once.</summary>
internal sealed class ModelOptionsValidator : IValidateOptions<ModelsOptions>
{
    // $1,000 a million: keeps any cost of a call within 64 bits.
    private const long MaxPrice = 1_000_000_000;

    private static readonly string[] Tiers = ["large", "small", "edge"];

    private static readonly SearchValues<char> IdCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:/@-");

    public ValidateOptionsResult Validate(string? name, ModelsOptions options)
    {
        var problems = new List<string>();
        if (options.Models.Count > ModelsOptions.MaxModels)
            problems.Add($"Models has {options.Models.Count} entries; at most {ModelsOptions.MaxModels} are accepted.");
        for (var i = 0; i < options.Models.Count; i++)
            problems.AddRange(Problems(options.Models[i]).Select(problem => $"Models:{i}: {problem}"));
        foreach (var twice in options.Models.GroupBy(model => model.Id, StringComparer.Ordinal).Where(group => group.Count() > 1))
            problems.Add($"Models: the id '{twice.Key}' is given {twice.Count()} times.");
        var ids = options.Models.Select(model => model.Id).Append(ModelCatalog.BuiltIn);
        if (options.DefaultModel is { Length: > 0 } chosen && !ids.Contains(chosen))
            problems.Add($"DefaultModel: there is no model '{chosen}'.");
        ids = options.Models.Where(model => model.Provider == ProviderKind.OpenAi).Select(model => model.Id).Append(ModelCatalog.BuiltInEmbeddings);
        if (options.DefaultEmbeddingModel is { Length: > 0 } embeddings && !ids.Contains(embeddings))
            problems.Add($"DefaultEmbeddingModel: there is no model '{embeddings}' that makes embeddings.");
        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }

    private static IEnumerable<string> Problems(ModelOptions model)
    {
        if (model.Id.Length is 0 or > ModelOptions.MaxIdLength || model.Id.AsSpan().ContainsAnyExcept(IdCharacters))
            yield return $"Id must be 1 to {ModelOptions.MaxIdLength} letters, digits or any of . _ : / @ -";
        if (model.Id is ModelCatalog.Default or ModelCatalog.BuiltIn or ModelCatalog.BuiltInEmbeddings)
            yield return $"Id '{model.Id}' is taken.";
        if (model.Provider == ProviderKind.OpenAi)
        {
            if (model.Endpoint is not { IsAbsoluteUri: true, Scheme: "http" or "https", UserInfo: "" })
                yield return "Endpoint must be an http or https address without user information, such as https://host/v1.";
            if (model is { EffectiveAuth: AuthKind.Entra, Endpoint.Scheme: "http" })
                yield return "Endpoint must be an https address when Auth is entra: tokens travel encrypted only.";
            if (model.EffectiveAuth == AuthKind.Key && string.IsNullOrEmpty(model.ApiKeySecret))
                yield return "ApiKeySecret must name a secret when Auth is key.";
            if (model.EffectiveAuth != AuthKind.Key && !string.IsNullOrEmpty(model.ApiKeySecret))
                yield return "ApiKeySecret is given but Auth does not use it.";
        }
        if (!Tiers.Contains(model.Tier))
            yield return $"Tier must be one of {string.Join(", ", Tiers)}.";
        foreach (var (field, value, min, max) in Numbers(model))
        {
            if (value < min || value > max)
                yield return $"{field} must be {min} to {max}.";
        }
    }

    private static IEnumerable<(string Field, long Value, long Min, long Max)> Numbers(ModelOptions model) =>
    [
        (nameof(model.InputMicrosPerMillion), model.InputMicrosPerMillion, 0, MaxPrice),
        (nameof(model.OutputMicrosPerMillion), model.OutputMicrosPerMillion, 0, MaxPrice),
        (nameof(model.ConnectTimeoutSeconds), model.ConnectTimeoutSeconds, 1, 60),
        (nameof(model.FirstTokenTimeoutSeconds), model.FirstTokenTimeoutSeconds, 1, 600),
        (nameof(model.BetweenTokensTimeoutSeconds), model.BetweenTokensTimeoutSeconds, 1, 600),
        (nameof(model.TotalTimeoutSeconds), model.TotalTimeoutSeconds, 1, 3_600),
        (nameof(model.MaxOutputBytes), model.MaxOutputBytes, 1_024, 64_000_000),
    ];
}
