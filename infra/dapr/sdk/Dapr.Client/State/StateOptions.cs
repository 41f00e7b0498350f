namespace Dapr.Client;

/// <summary>How a store treats a write or delete; what is not set is left to the store.</summary>
public class StateOptions
{
    /// <summary>When the store answers: as soon as one replica has the change, or when all have it.</summary>
    public ConsistencyMode? Consistency { get; set; }

    /// <summary>Who wins when two write the same key.</summary>
    public ConcurrencyMode? Concurrency { get; set; }
}

/// <summary>When a store answers.</summary>
public enum ConsistencyMode
{
    /// <summary>As soon as it may.</summary>
    Eventual,

    /// <summary>When the change is seen everywhere.</summary>
    Strong,
}

/// <summary>Who wins when two write the same key.</summary>
public enum ConcurrencyMode
{
    /// <summary>Who comes first; a write without ETag then creates the key and does not replace it.</summary>
    FirstWrite,

    /// <summary>Who comes last.</summary>
    LastWrite,
}
