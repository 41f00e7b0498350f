namespace Dapr.Client;

/// <summary>One key of a bulk write.</summary>
/// <param name="key">The key.</param>
/// <param name="value">What to store.</param>
/// <param name="etag">The ETag the key must have; null asks for none.</param>
/// <param name="stateOptions">How the store treats the write.</param>
/// <param name="metadata">Metadata of this item, such as <c>ttlInSeconds</c>.</param>
public readonly struct SaveStateItem<TValue>(
    string key, TValue value, string etag, StateOptions? stateOptions = null, IReadOnlyDictionary<string, string>? metadata = null)
{
    /// <summary>The key.</summary>
    public string Key { get; } = key;

    /// <summary>What to store.</summary>
    public TValue Value { get; } = value;

    /// <summary>The ETag the key must have; null asks for none.</summary>
    public string ETag { get; } = etag;

    /// <summary>How the store treats the write.</summary>
    public StateOptions? StateOptions { get; } = stateOptions;

    /// <summary>Metadata of this item, such as <c>ttlInSeconds</c>.</summary>
    public IReadOnlyDictionary<string, string>? Metadata { get; } = metadata;
}

/// <summary>One key of a bulk delete.</summary>
/// <param name="key">The key.</param>
/// <param name="etag">The ETag the key must have; null asks for none.</param>
/// <param name="stateOptions">How the store treats the delete.</param>
/// <param name="metadata">Metadata of this item.</param>
public readonly struct BulkDeleteStateItem(
    string key, string etag, StateOptions? stateOptions = null, IReadOnlyDictionary<string, string>? metadata = null)
{
    /// <summary>The key.</summary>
    public string Key { get; } = key;

    /// <summary>The ETag the key must have; null asks for none.</summary>
    public string ETag { get; } = etag;

    /// <summary>How the store treats the delete.</summary>
    public StateOptions? StateOptions { get; } = stateOptions;

    /// <summary>Metadata of this item.</summary>
    public IReadOnlyDictionary<string, string>? Metadata { get; } = metadata;
}

/// <summary>One key of a bulk read, as JSON text.</summary>
/// <param name="key">The key.</param>
/// <param name="value">The JSON text; empty for a key without a value.</param>
/// <param name="etag">The ETag; empty for a key without a value.</param>
public readonly struct BulkStateItem(string key, string value, string etag)
{
    /// <summary>The key.</summary>
    public string Key { get; } = key;

    /// <summary>The JSON text; empty for a key without a value.</summary>
    public string Value { get; } = value;

    /// <summary>The ETag; empty for a key without a value.</summary>
    public string ETag { get; } = etag;
}

/// <summary>One key of a bulk read.</summary>
/// <param name="key">The key.</param>
/// <param name="value">The value; the default for a key without one.</param>
/// <param name="etag">The ETag; empty for a key without a value.</param>
public readonly struct BulkStateItem<TValue>(string key, TValue value, string etag)
{
    /// <summary>The key.</summary>
    public string Key { get; } = key;

    /// <summary>The value; the default for a key without one.</summary>
    public TValue Value { get; } = value;

    /// <summary>The ETag; empty for a key without a value.</summary>
    public string ETag { get; } = etag;
}
