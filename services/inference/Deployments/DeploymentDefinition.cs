using System.Text.Json.Serialization;

namespace Agents.Inference.Deployments;

/// <summary>A model and where it is served. Prices are micro-units of the account's currency for a million tokens, at most 10^9.</summary>
/// <param name="Id">The name that callers may use: letters, digits and <c>. _ : / @ -</c>, at most 128.</param>
/// <param name="Endpoints">
/// Base addresses of an API that speaks OpenAI's protocol, version included: <c>https://host/v1</c>. Up to 16 that serve the same
/// model; a call goes to the least loaded healthy one.
/// </param>
/// <param name="Model">What the provider calls the model; default: <paramref name="Id"/>.</param>
/// <param name="Version">The operator's name for this build of the model.</param>
/// <param name="ApiKeySecret">Name of the API key in the secret store component.</param>
/// <param name="Auth">Default: <c>key</c> when <paramref name="ApiKeySecret"/> is given, else <c>none</c>.</param>
/// <param name="ContextTokens">The longest prompt and answer together; an alias passes over deployments that are too small.</param>
/// <param name="MaxOutputTokens">The longest answer that a budget reserves for when the caller names none; default 4,096.</param>
/// <param name="Tier"><c>edge</c>, <c>small</c> or <c>large</c> (default).</param>
/// <param name="Quantisation">Such as <c>q4_k_m</c>; for people only.</param>
/// <param name="Region">Such as <c>eu-west</c>; for people only.</param>
/// <param name="CacheTtlSeconds">How long equal requests get the same answer; 0 or absent: only those that ask for it.</param>
public sealed record DeploymentDefinition(
    string Id,
    ProviderKind? Provider = null,
    IReadOnlyList<Uri>? Endpoints = null,
    string? Model = null,
    string? Version = null,
    string? ApiKeySecret = null,
    AuthKind? Auth = null,
    int InputMicrosPerMillion = 0,
    int OutputMicrosPerMillion = 0,
    int? ContextTokens = null,
    int? MaxOutputTokens = null,
    string? Tier = null,
    string? Quantisation = null,
    string? Region = null,
    DeploymentLimits? Limits = null,
    DeploymentTimeouts? Timeouts = null,
    int? MaxOutputBytes = null,
    int? CacheTtlSeconds = null)
{
    public const int DefaultMaxOutputTokens = 4_096;
    public const int DefaultMaxOutputBytes = 4_000_000;

    [JsonIgnore]
    internal ProviderKind EffectiveProvider => Provider ?? ProviderKind.OpenAi;

    /// <summary>Whether it is computed in this process.</summary>
    [JsonIgnore]
    internal bool IsBuiltIn => EffectiveProvider != ProviderKind.OpenAi;

    [JsonIgnore]
    internal AuthKind EffectiveAuth => Auth ?? (string.IsNullOrEmpty(ApiKeySecret) ? AuthKind.None : AuthKind.Key);

    [JsonIgnore]
    internal string EffectiveTier => Tier ?? "large";
}

/// <summary>What one replica sends to each endpoint of a deployment at most; absent: no limit of ours.</summary>
public sealed record DeploymentLimits(int? MaxInFlight = null, int? RequestsPerMinute = null, int? TokensPerMinute = null);

/// <summary>Seconds.</summary>
/// <param name="Connect">To reach the endpoint; default 5.</param>
/// <param name="FirstToken">From sending a streamed request to the first chunk, per attempt; default 30.</param>
/// <param name="BetweenTokens">Of silence within a stream; default 30.</param>
/// <param name="Total">For the whole call, attempts and waits included; default 300.</param>
public sealed record DeploymentTimeouts(int? Connect = null, int? FirstToken = null, int? BetweenTokens = null, int? Total = null);

/// <summary>Who answers.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ProviderKind>))]
public enum ProviderKind
{
    /// <summary>An API that speaks OpenAI's protocol.</summary>
    [JsonStringEnumMemberName("openai")]
    OpenAi,

    /// <summary>The built-in extractor: sentences of the given passages, no model.</summary>
    [JsonStringEnumMemberName("extractive")]
    Extractive,

    /// <summary>The built-in embeddings; there is one such model, and it needs no deployment of its own.</summary>
    [JsonStringEnumMemberName("use_lite")]
    UseLite,
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
