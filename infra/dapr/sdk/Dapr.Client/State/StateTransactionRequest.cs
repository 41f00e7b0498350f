using System.Diagnostics.CodeAnalysis;

namespace Dapr.Client;

/// <summary>One operation of a state transaction.</summary>
/// <param name="key">The key.</param>
/// <param name="value">The value as JSON in UTF-8; over HTTP nothing but JSON can be sent.</param>
/// <param name="operationType">Write or delete.</param>
/// <param name="etag">The ETag the key must have; null asks for none.</param>
/// <param name="metadata">Metadata of this operation, such as <c>ttlInSeconds</c>.</param>
/// <param name="options">How the store treats the operation.</param>
public sealed class StateTransactionRequest(
    string key, byte[]? value, StateOperationType operationType, string? etag = null,
    IReadOnlyDictionary<string, string>? metadata = null, StateOptions? options = null)
{
    /// <summary>How the store treats the operation.</summary>
    [SuppressMessage("Design", "CA1051", Justification = "It is a field in the official package.")]
    public StateOptions? Options = options;

    /// <summary>The key.</summary>
    public string Key { get; } = key ?? throw new ArgumentNullException(nameof(key));

    /// <summary>The value as JSON in UTF-8.</summary>
    public byte[]? Value { get; set; } = value;

    /// <summary>Write or delete.</summary>
    public StateOperationType? OperationType { get; set; } = operationType;

    /// <summary>The ETag the key must have; null asks for none.</summary>
    public string? ETag { get; set; } = etag;

    /// <summary>Metadata of this operation.</summary>
    public IReadOnlyDictionary<string, string>? Metadata { get; set; } = metadata;
}

/// <summary>What an operation of a state transaction does.</summary>
public enum StateOperationType
{
    /// <summary>Writes the value, new or not.</summary>
    Upsert,

    /// <summary>Deletes the key.</summary>
    Delete,
}
