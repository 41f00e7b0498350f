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

/// <summary>One model and where it is served. Prices are micro-units of the account's currency for a million tokens.</summary>
public sealed class ModelOptions
{
    public const int MaxIdLength = 128;

    /// <summary>The name that callers use: letters, digits and <c>. _ : / @ -</c>, at most 128.</summary>
    public string Id { get; set; } = "";

    public ProviderKind Provider { get; set; } = ProviderKind.OpenAi;

    /// <summary>Base address of an API that speaks OpenAI's protocol, up to and including its version: <c>https://host/v1</c>.</summary>
    public Uri? Endpoint { get; set; }

    /// <summary>What the provider calls the model, or the deployment; default: <see cref="Id"/>.</summary>
    public string? UpstreamModel { get; set; }

    /// <summary>Name of the API key in the secret store component.</summary>
    public string? ApiKeySecret { get; set; }

    /// <summary>Default: <see cref="AuthKind.Key"/> when <see cref="ApiKeySecret"/> is given, else <see cref="AuthKind.None"/>.</summary>
    public AuthKind? Auth { get; set; }

    public long InputMicrosPerMillion { get; set; }

    public long OutputMicrosPerMillion { get; set; }

    /// <summary><c>large</c> (default), <c>small</c> or <c>edge</c>; the extractor is always <c>edge</c>.</summary>
    public string Tier { get; set; } = "large";

    /// <summary>Seconds to reach the endpoint; default 5.</summary>
    public int ConnectTimeoutSeconds { get; set; } = 5;

    /// <summary>Seconds from sending a streamed request to the first chunk, per attempt; default 30.</summary>
    public int FirstTokenTimeoutSeconds { get; set; } = 30;

    /// <summary>Seconds of silence within a stream; default 30.</summary>
    public int BetweenTokensTimeoutSeconds { get; set; } = 30;

    /// <summary>Seconds for the whole call, attempts and waits included; default 300.</summary>
    public int TotalTimeoutSeconds { get; set; } = 300;

    /// <summary>The longest answer that is read from the provider, in bytes on the wire; default 4 MB.</summary>
    public int MaxOutputBytes { get; set; } = 4_000_000;

    internal AuthKind EffectiveAuth => Auth ?? (string.IsNullOrEmpty(ApiKeySecret) ? AuthKind.None : AuthKind.Key);
}

/// <summary>Who answers.</summary>
public enum ProviderKind
{
    /// <summary>An API that speaks OpenAI's protocol.</summary>
    OpenAi,

    /// <summary>The built-in extractor: sentences of the given passages, no model.</summary>
    Extractive,
}

/// <summary>How an endpoint knows us.</summary>
public enum AuthKind
{
    /// <summary>An API key from the secret store, as bearer token.</summary>
    Key,

    /// <summary>The identity of this workload, as an Entra ID token.</summary>
    Entra,

    /// <summary>Not at all.</summary>
    None,
}
