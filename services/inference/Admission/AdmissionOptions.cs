using System.ComponentModel.DataAnnotations;

namespace Agents.Inference.Admission;

/// <summary>How much work one replica holds at once.</summary>
public sealed class AdmissionOptions
{
    public const string Section = "Admission";

    /// <summary>Calls under way; default 5,000.</summary>
    [Range(1, 1_000_000)]
    public int MaxCalls { get; set; } = 5_000;

    /// <summary>Bytes of requests under way, with what each call costs beside; default: a quarter of the memory that the process may use.</summary>
    [Range(1_000_000, long.MaxValue)]
    public long? MaxBytes { get; set; }

    /// <summary>Part of the memory that the process may use, in percent, above which no call is taken; default 85.</summary>
    [Range(10, 100)]
    public int MaxMemoryPercent { get; set; } = 85;
}
