namespace Agents.Inference.Deployments;

/// <summary>Something wrong with a definition: the member by its C# name, and the rest of the sentence that begins with it.</summary>
internal readonly record struct Fault(string Member, string Rest);

/// <summary>What definitions must obey, whether they come from the configuration or by the API.</summary>
internal static class Rules
{
    // $1,000 a million: keeps any cost of a call within 64 bits.
    public const int MaxPrice = 1_000_000_000;
    public const int MaxEndpoints = 16;
    public const int MaxTargets = 16;
    public const int MaxCacheTtl = 30 * 86_400;
    private const int MaxText = 64;

    private static readonly string[] Tiers = ["large", "small", "edge"];

    public static IEnumerable<Fault> Of(DeploymentDefinition deployment)
    {
        if (!Names.IsValid(deployment.Id))
            yield return new("Id", Names.Rule);
        if (deployment.Id is Names.Default or Catalog.BuiltIn or Catalog.BuiltInEmbeddings)
            yield return new("Id", $"'{deployment.Id}' is taken.");
        if (deployment.EffectiveProvider == ProviderKind.OpenAi)
        {
            foreach (var fault in OfProvider(deployment))
                yield return fault;
        }
        if (deployment.EffectiveProvider == ProviderKind.UseLite)
            yield return new("Provider", $"must be openai or extractive; the built-in embeddings are the model '{Catalog.BuiltInEmbeddings}'.");
        if (!Tiers.Contains(deployment.EffectiveTier))
            yield return new("Tier", $"must be one of {string.Join(", ", Tiers)}.");
        foreach (var (member, value) in Texts(deployment))
        {
            if (value is { Length: 0 or > MaxText })
                yield return new(member, $"must have 1 to {MaxText} characters.");
        }
        if (deployment.Model is { Length: 0 or > Names.MaxLength })
            yield return new("Model", $"must have 1 to {Names.MaxLength} characters.");
        if (deployment.ApiKeySecret is { Length: > Names.MaxLength })
            yield return new("ApiKeySecret", $"must have at most {Names.MaxLength} characters.");
        foreach (var (member, value, min, max) in Numbers(deployment))
        {
            if (value < min || value > max)
                yield return new(member, $"must be {min} to {max}.");
        }
    }

    public static IEnumerable<Fault> Of(AliasDefinition alias)
    {
        if (!Names.IsValid(alias.Id))
            yield return new("Id", Names.Rule);
        if (alias.Id is Catalog.BuiltIn or Catalog.BuiltInEmbeddings)
            yield return new("Id", $"'{alias.Id}' is taken.");
        if (alias.Targets.Count is 0 or > MaxTargets)
            yield return new("Targets", $"must name 1 to {MaxTargets} deployments.");
        if (alias.Targets.Any(target => target is null || target.Weight is < 1 or > 1_000))
            yield return new("Targets", "must have weights of 1 to 1000.");
        else if (alias.Targets.DistinctBy(target => target.Deployment, StringComparer.Ordinal).Count() < alias.Targets.Count)
            yield return new("Targets", "must name each deployment once.");
        if (alias.CacheTtlSeconds is < 0 or > MaxCacheTtl)
            yield return new("CacheTtlSeconds", $"must be 0 to {MaxCacheTtl}.");
    }

    private static IEnumerable<Fault> OfProvider(DeploymentDefinition deployment)
    {
        var endpoints = deployment.Endpoints ?? [];
        if (endpoints.Count is 0 or > MaxEndpoints
            || !endpoints.All(endpoint => endpoint is { IsAbsoluteUri: true, Scheme: "http" or "https", UserInfo: "", OriginalString.Length: <= 512 }))
        {
            yield return new("Endpoint", "must be an http or https address without user information, such as https://host/v1.");
        }
        if (deployment.EffectiveAuth == AuthKind.Entra && endpoints.Any(endpoint => endpoint is { IsAbsoluteUri: true, Scheme: "http" }))
            yield return new("Endpoint", "must be an https address when Auth is entra: tokens travel encrypted only.");
        if (deployment.EffectiveAuth == AuthKind.Key && string.IsNullOrEmpty(deployment.ApiKeySecret))
            yield return new("ApiKeySecret", "must name a secret when Auth is key.");
        if (deployment.EffectiveAuth != AuthKind.Key && !string.IsNullOrEmpty(deployment.ApiKeySecret))
            yield return new("ApiKeySecret", "is given but Auth does not use it.");
    }

    private static IEnumerable<(string Member, string? Value)> Texts(DeploymentDefinition deployment) =>
    [
        ("Version", deployment.Version),
        ("Quantisation", deployment.Quantisation),
        ("Region", deployment.Region),
    ];

    private static IEnumerable<(string Member, int? Value, int Min, int Max)> Numbers(DeploymentDefinition deployment) =>
    [
        ("InputMicrosPerMillion", deployment.InputMicrosPerMillion, 0, MaxPrice),
        ("OutputMicrosPerMillion", deployment.OutputMicrosPerMillion, 0, MaxPrice),
        ("ConnectTimeoutSeconds", deployment.Timeouts?.Connect, 1, 60),
        ("FirstTokenTimeoutSeconds", deployment.Timeouts?.FirstToken, 1, 600),
        ("BetweenTokensTimeoutSeconds", deployment.Timeouts?.BetweenTokens, 1, 600),
        ("TotalTimeoutSeconds", deployment.Timeouts?.Total, 1, 3_600),
        ("MaxOutputBytes", deployment.MaxOutputBytes, 1_024, 64_000_000),
        ("MaxOutputTokens", deployment.MaxOutputTokens, 1, 1_000_000),
        ("ContextTokens", deployment.ContextTokens, 1, 100_000_000),
        ("CacheTtlSeconds", deployment.CacheTtlSeconds, 0, MaxCacheTtl),
        ("MaxInFlight", deployment.Limits?.MaxInFlight, 1, 100_000),
        ("RequestsPerMinute", deployment.Limits?.RequestsPerMinute, 1, 10_000_000),
        ("TokensPerMinute", deployment.Limits?.TokensPerMinute, 1, int.MaxValue),
    ];
}
