using System.ComponentModel.DataAnnotations;

namespace Agents.Inference.Cache;

/// <summary>The exact cache of one replica; what it keeps in memory is a copy of what lies in the store.</summary>
public sealed class CacheOptions
{
    public const string Section = "Cache";

    /// <summary>Bytes of answers in memory; default 32 MB.</summary>
    [Range(1_000_000, 4_000_000_000)]
    public long MemoryBytes { get; set; } = 32_000_000;
}
