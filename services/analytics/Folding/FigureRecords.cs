using System.Text.Json.Serialization;
using Agents.Analytics.Figures;

namespace Agents.Analytics.Folding;

/// <summary>How far a shard of the tenants is folded.</summary>
/// <param name="Fence">Of the lease under which this was written: who holds an older one writes no more.</param>
/// <param name="Version">Of the measures. Another version reads the whole archive again.</param>
/// <param name="Run">Counts up when the archive is to be read again from the beginning.</param>
/// <param name="From">The segments of all days before are read.</param>
/// <param name="Next">Places in the other segments from which on nothing is read yet; none for one that nobody has begun.</param>
/// <param name="At">What was archived before this moment is folded.</param>
internal sealed record ShardRecord(
    [property: JsonNumberHandling(Wire.AsString)] long Fence, int Version, int Run, DateOnly From, IReadOnlyDictionary<string, string> Next, DateTimeOffset At)
{
    /// <summary>The same from the beginning of the archive.</summary>
    public ShardRecord Again() => this with { Run = Run + 1, From = DateOnly.MinValue, Next = new Dictionary<string, string>(), At = DateTimeOffset.UnixEpoch };
}

/// <summary>Which blocks of a tenant have no figures of their own yet, or other ones than what they are made of: <see cref="Ranges"/> as text.</summary>
internal sealed record TenantRecord([property: JsonNumberHandling(Wire.AsString)] long Fence, string Hours, string Days)
{
    /// <summary>Of a tenant that nothing was ever heard of.</summary>
    public static TenantRecord Empty { get; } = new(0, "", "");
}

/// <summary>The figures of a minute, and where they come from.</summary>
/// <param name="Places">By segment: <see cref="Ranges"/> as text.</param>
internal sealed record MinuteRecord(
    [property: JsonNumberHandling(Wire.AsString)] long Fence, IReadOnlyDictionary<string, string> Places, StoredTally Tally);

/// <summary>The figures of an hour or a day, of one dimension.</summary>
internal sealed record BlockRecord([property: JsonNumberHandling(Wire.AsString)] long Fence, StoredTally Tally);

/// <summary>Another replica folds these tenants now.</summary>
internal sealed class FoldFencedException() : InvalidOperationException("Another replica has taken over what is folded here.");

internal static class Wire
{
    public const JsonNumberHandling AsString = JsonNumberHandling.WriteAsString | JsonNumberHandling.AllowReadingFromString;
}
