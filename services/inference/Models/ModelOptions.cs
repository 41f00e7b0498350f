using Agents.Inference.Deployments;

namespace Agents.Inference.Models;

/// <summary>The models that this installation offers: the root of the configuration, read once at the start.</summary>
public sealed class ModelsOptions
{
    public const int MaxModels = 200;

    /// <summary>Offered beside the built-in model; at most 200.</summary>
    public IList<ModelOptions> Models { get; } = [];

    /// <summary>What the model id <c>default</c> means; without it the first of <see cref="Models"/>, else the built-in one.</summary>
    public string? DefaultModel { get; set; }

    /// <summary>What <c>default</c> means where embeddings are asked for; without it the built-in model <c>embed-use-lite</c>.</summary>
    public string? DefaultEmbeddingModel { get; set; }

    /// <summary>Folder with the files of <c>embed-use-lite</c>; default: the one that the build put beside the program.</summary>
    public string EmbeddingModelFolder { get; set; } = Path.Combine(AppContext.BaseDirectory, "embed-use-lite");
}

/// <summary>
/// One configured model: a deployment with one endpoint that the API shows but does not change. What the settings mean is said at
/// <see cref="DeploymentDefinition"/>.
/// </summary>
public sealed class ModelOptions
{
    public string Id { get; set; } = "";

    public ProviderKind Provider { get; set; } = ProviderKind.OpenAi;

    public Uri? Endpoint { get; set; }

    public string? UpstreamModel { get; set; }

    public string? ApiKeySecret { get; set; }

    public AuthKind? Auth { get; set; }

    public int InputMicrosPerMillion { get; set; }

    public int OutputMicrosPerMillion { get; set; }

    public string Tier { get; set; } = "large";

    public int ConnectTimeoutSeconds { get; set; } = 5;

    public int FirstTokenTimeoutSeconds { get; set; } = 30;

    public int BetweenTokensTimeoutSeconds { get; set; } = 30;

    public int TotalTimeoutSeconds { get; set; } = 300;

    public int MaxOutputBytes { get; set; } = DeploymentDefinition.DefaultMaxOutputBytes;

    public int MaxOutputTokens { get; set; } = DeploymentDefinition.DefaultMaxOutputTokens;

    public int? ContextTokens { get; set; }

    public int? CacheTtlSeconds { get; set; }

    internal DeploymentDefinition ToDefinition() => new(
        Id, Provider, Endpoint is null ? [] : [Endpoint], UpstreamModel, null, ApiKeySecret, Auth, InputMicrosPerMillion, OutputMicrosPerMillion,
        ContextTokens, MaxOutputTokens, Tier, MaxOutputBytes: MaxOutputBytes, CacheTtlSeconds: CacheTtlSeconds,
        Timeouts: new DeploymentTimeouts(ConnectTimeoutSeconds, FirstTokenTimeoutSeconds, BetweenTokensTimeoutSeconds, TotalTimeoutSeconds));
}
