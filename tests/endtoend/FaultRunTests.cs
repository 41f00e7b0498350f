using Agents.Testing;
using Agents.Torture;
using Xunit;

namespace Agents.EndToEnd.Tests;

/// <summary>A few trials of the long fault runs, which <c>./test.sh torture</c> does by the hundred.</summary>
public sealed class FaultRunTests
{
    [Fact]
    public Task Nothing_accepted_is_lost_when_runtime_or_service_or_both_are_killed() => RunAsync<KillPair>(3);

    [Fact]
    public async Task Nothing_accepted_is_lost_and_reads_go_on_when_the_store_is_full_or_read_only()
    {
        Assert.SkipUnless(SmallDisk.IsAllowed, "a small file system needs the right to mount one (root on Linux)");
        await RunAsync<StoreFull>(4);
    }

    [Fact]
    public async Task Nothing_accepted_is_lost_when_clocks_jump()
    {
        Assert.SkipWhen(ClockSkew.Library is null, "libfaketime is not installed (Debian: faketime)");
        await RunAsync<ClockSkew>(2);
    }

    [Fact]
    public Task Nothing_accepted_is_lost_when_the_way_to_a_sidecar_is_cut() => RunAsync<Partition>(5);

    [Fact]
    public Task Documents_are_indexed_once_and_whole_when_ingesters_and_runtime_are_killed() => CheckAsync(IngestRun.RunAsync, 20);

    [Fact]
    public async Task Providers_that_misbehave_and_callers_that_ask_for_too_much_get_what_is_theirs_and_every_unit_is_accounted_for()
    {
        await using var run = new ModelFaults();
        // Each kind once.
        await CheckAsync(run.RunAsync, 16);
    }

    [Fact]
    public Task Streams_and_answers_of_others_end_in_a_result_or_a_refusal_however_broken_they_are() => CheckAsync(ParserFuzz.RunAsync, 8_000);

    private static async Task RunAsync<T>(int trials)
        where T : FaultRun, new()
    {
        await using var run = new T();
        await CheckAsync(run.RunAsync, trials);
    }

    private static async Task CheckAsync(Func<TortureOptions, Action<string>, CancellationToken, Task<bool>> runAsync, int count)
    {
        var output = TestContext.Current.TestOutputHelper!;
        Assert.True(await runAsync(new TortureOptions(Seed: 4_102, count), output.WriteLine, TestContext.Current.CancellationToken), "the output has the figures");
    }
}
