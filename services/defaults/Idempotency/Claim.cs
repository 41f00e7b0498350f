using System.Text.Json.Serialization;
using Agents.Defaults.Replicas;

namespace Agents.Defaults.Idempotency;

/// <summary>A request's claim on its idempotency key, and its answer once there is one.</summary>
/// <param name="Owner">The replica that runs the request; null once it was cut short or refused.</param>
/// <param name="Attempt">Of this run of the request alone.</param>
/// <param name="Operation">Stays the same when the request is run again: what it made before it was cut or refused is not made twice.</param>
internal sealed record Claim(string Fingerprint, ReplicaId? Owner, Guid Attempt, Guid Operation)
{
    /// <summary>The request was refused for what is wrong with it: a better one may have the key.</summary>
    public bool Refused { get; init; }

    /// <summary>Null until the request has been answered.</summary>
    public int? Status { get; init; }

    public string? ContentType { get; init; }

    public string? Location { get; init; }

    /// <summary>Base64; absent when it held a secret.</summary>
    public string? Body { get; init; }

    /// <summary>Whether this very request may run.</summary>
    [JsonIgnore]
    public bool Ours { get; init; }
}
