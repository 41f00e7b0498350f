using Agents.Testing.Storms;
using Xunit;

namespace Agents.Conversation.Tests.Jobs;

/// <summary>A short storm; <c>./test.sh torture jobs</c> is the long one, with the workers of each lane as apps of their own.</summary>
public sealed class JobStormTests
{
    [Fact]
    public async Task Kills_cost_no_job_and_no_job_ends_twice()
    {
        await using var stack = new JobStormStack(cluster: false);
        await stack.InitializeAsync();
        var storm = new JobStorm(stack, new JobStormOptions(
            Seed: 8, Jobs: 60, Kills: 8, Words: 8, Pause: TimeSpan.FromMilliseconds(40), Calm: TimeSpan.FromSeconds(1)));

        var report = await storm.RunAsync(TestContext.Current.CancellationToken);

        TestContext.Current.TestOutputHelper?.WriteLine(report.ToString());
        Assert.True(report.Good && report.Kills >= 8 && report.KillsOfHolders * 2 >= report.Kills, report.ToString());
    }
}
