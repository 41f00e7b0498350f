using Agents.Testing;
using Agents.Torture;
using Xunit;

namespace Agents.EndToEnd.Tests;

/// <summary>A few trials of the fault runs under load, which <c>./test.sh torture</c> does by the hundred.</summary>
public sealed class FaultRunTests
{
    [Fact]
    public Task Nothing_accepted_is_lost_when_runtime_or_service_or_both_are_killed() => ShortRun.CheckAsync<KillPair>(3);

    [Fact]
    public async Task Nothing_accepted_is_lost_and_reads_go_on_when_the_store_is_full_or_read_only()
    {
        Assert.SkipUnless(SmallDisk.IsAllowed, "a small file system needs the right to mount one (root on Linux)");
        await ShortRun.CheckAsync<StoreFull>(2);
    }

    [Fact]
    public async Task Nothing_accepted_is_lost_when_clocks_jump()
    {
        Assert.SkipWhen(ClockSkew.Library is null, "libfaketime is not installed (Debian: faketime)");
        await ShortRun.CheckAsync<ClockSkew>(2);
    }

    [Fact]
    public Task Nothing_accepted_is_lost_when_the_way_to_a_sidecar_is_cut() => ShortRun.CheckAsync<Partition>(5);
}
