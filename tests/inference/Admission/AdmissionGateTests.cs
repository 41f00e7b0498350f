using Agents.Inference.Admission;
using Microsoft.Extensions.Options;
using Xunit;

namespace Agents.Inference.Tests.Admission;

/// <summary>The gate before everything else.</summary>
public sealed class AdmissionGateTests
{
    [Fact]
    public void More_calls_than_it_holds_are_turned_away_until_one_has_left()
    {
        using var gate = New(new AdmissionOptions { MaxCalls = 2 });
        Assert.Null(gate.TryEnter(100, out var first));
        Assert.Null(gate.TryEnter(null, out _));
        var refusal = gate.TryEnter(100, out _);
        Assert.Equal((503, "overloaded", true), (refusal?.Status, refusal?.Code, refusal?.RetryAfter > TimeSpan.Zero));
        first.Dispose();
        Assert.Null(gate.TryEnter(100, out _));
        Assert.Equal(2, gate.Calls);
    }

    [Fact]
    public void Bytes_are_counted_before_they_are_read()
    {
        using var gate = New(new AdmissionOptions { MaxBytes = 5_000_000 });
        Assert.Null(gate.TryEnter(3_000_000, out var large));
        Assert.NotNull(gate.TryEnter(3_000_000, out _));
        Assert.Null(gate.TryEnter(1_000, out _));
        large.Dispose();
        Assert.Null(gate.TryEnter(3_000_000, out _));
    }

    private static AdmissionGate New(AdmissionOptions options) => new(Options.Create(options), TimeProvider.System);
}
