using Agents.Torture;
using Xunit;

namespace Agents.EndToEnd.Tests;

/// <summary>A few trials of the long runs that strike at one part, beside those of <see cref="FaultRunTests"/>.</summary>
public sealed class SinglePartRunTests
{
    [Fact]
    public Task Documents_are_indexed_once_and_whole_when_ingesters_and_runtime_are_killed() => ShortRun.CheckAsync(IngestRun.RunAsync, 12);

    [Fact]
    public async Task Providers_that_misbehave_and_callers_that_ask_for_too_much_get_what_is_theirs_and_every_unit_is_accounted_for()
    {
        await using var run = new ModelFaults();
        // Each kind once.
        await ShortRun.CheckAsync(run.RunAsync, 16);
    }

    [Fact]
    public Task Streams_and_answers_of_others_end_in_a_result_or_a_refusal_however_broken_they_are() => ShortRun.CheckAsync(ParserFuzz.RunAsync, 4_000);
}
