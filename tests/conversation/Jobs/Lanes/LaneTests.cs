using System.Runtime.CompilerServices;
using Agents.Conversation.Jobs.Lanes;
using Agents.Defaults.Replicas;
using Xunit;

namespace Agents.Conversation.Tests.Jobs.Lanes;

/// <summary>The order of a lane, on a simulated clock.</summary>
public sealed class LaneTests
{
    private const long Start = 1_800_000_000_000;

    private readonly ReplicaId _worker = new("worker-0", "epoch-1");
    private readonly LaneSpec _spec = new();
    private readonly List<LeasedJob> _before = [];
    private long _now = Start;
    private long _turn;
    private long _used;

    private Lane New() => new(_spec);

    /// <param name="used">What a job really uses, where it is expected to use 500 or a little more; 0: as expected.</param>
    [Theory]
    [InlineData(0)]
    [InlineData(12)]
    [InlineData(5_000)]
    public void A_single_job_waits_for_no_more_than_one_of_each_other_tenant_however_many_those_have(long used)
    {
        var lane = New();
        _used = used;
        foreach (var crowd in new[] { "crowd-a", "crowd-b" })
        {
            for (var n = 0; n < 2_500; n++)
                Place(lane, $"{crowd}-{n}", crowd, tokens: 500 + (n % 7));
        }
        for (var n = 0; n < 100; n++)
        {
            _now += 1_000;
            Take(lane, 1, endBefore: true);
        }
        Place(lane, "single", "single", tokens: 500);

        var started = new List<string>();
        while (started.LastOrDefault() != "single")
        {
            _now += 1_000;
            started.AddRange(Take(lane, 1, endBefore: true).Select(job => job.Job));
        }

        // Two others wait, and of each eight places one goes by age.
        Assert.InRange(started.Count, 1, 2 + 1 + 1);
    }

    [Fact]
    public void Tenants_share_tokens_not_jobs()
    {
        var lane = New();
        for (var n = 0; n < 2_000; n++)
        {
            Place(lane, $"long-{n}", "long", tokens: 4_000);
            Place(lane, $"short-{n}", "short", tokens: 1_000);
        }
        var tokens = new Dictionary<string, long> { ["long"] = 0, ["short"] = 0 };
        for (var n = 0; n < 1_000; n++)
        {
            var job = Take(lane, 1, endBefore: true).Single();
            tokens[job.Tenant] += job.Tenant == "long" ? 4_000 : 1_000;
        }

        // Each eighth place goes by age, which is the long ones' as often as the short ones'.
        Assert.InRange((double)tokens["long"] / tokens["short"], 0.8, 1.5);
    }

    [Fact]
    public void The_oldest_job_is_started_within_eight_places_for_each_that_is_older()
    {
        var lane = New();
        Place(lane, "expensive", "heavy", tokens: 1_000_000);
        Place(lane, "expensive-2", "heavy", tokens: 1_000_000);
        Take(lane, 1, endBefore: true);
        _now += 60_000;
        for (var n = 0; n < 500; n++)
            Place(lane, $"cheap-{n}", "light", tokens: 1);

        var started = Enumerable.Range(0, Lane.PromoteEvery).Select(_ => Take(lane, 1, endBefore: true).Single().Job).ToList();

        Assert.Contains("expensive-2", started);
    }

    [Fact]
    public void A_tenant_runs_no_more_at_a_time_than_it_may_and_others_go_on()
    {
        _spec.TenantConcurrency = 2;
        var lane = New();
        for (var n = 0; n < 5; n++)
            Place(lane, $"a-{n}", "a");
        Place(lane, "b-0", "b");

        var jobs = Take(lane, 10);

        Assert.Equal(2, jobs.Count(job => job.Tenant == "a"));
        Assert.Equal(1, jobs.Count(job => job.Tenant == "b"));
        Assert.Equal(0, lane.Ready(_now));
    }

    [Fact]
    public void A_failed_attempt_comes_again_after_a_pause_that_grows_and_never_before_the_provider_wants_it()
    {
        var lane = New();
        Place(lane, "job", "a");
        var pauses = new List<long>();
        var job = Take(lane, 1).Single();
        for (var attempt = 1; attempt <= 4; attempt++)
        {
            Assert.Equal((attempt, attempt), (job.Attempt, job.Lease));
            var failed = _now;
            Finish(lane, job, Verdict.Failed, retryAfter: attempt == 4 ? 90_000 : 0);
            LeasedJob? again;
            while ((again = Take(lane, 1).SingleOrDefault()) is null)
                _now += 100;
            pauses.Add(_now - failed);
            job = again;
        }

        Assert.InRange(pauses[0], 500, 1_100);
        Assert.InRange(pauses[1], 1_000, 2_100);
        Assert.InRange(pauses[3], 90_000, 90_100);
    }

    [Fact]
    public void Jobs_of_a_lost_worker_and_leases_whose_answer_was_lost_wait_again()
    {
        var lane = New();
        Place(lane, "heard", "a");
        Place(lane, "unheard", "a");
        var held = Take(lane, 2);
        Assert.Equal(2, held.Count);

        // The worker knows of one of them only.
        Exchange(lane, held: ["heard"], want: 0);
        Assert.Equal(1, lane.Leased);
        var again = Take(lane, 1, held: ["heard"]).Single();
        Assert.Equal(("unheard", 2, 1), (again.Job, again.Lease, again.Attempt));

        // An older call that comes late takes nothing away.
        Assert.Empty(lane.Exchange(new ExchangeJobs(_worker, 1, [], [], 5), _now, () => 0));
        Assert.Equal(2, lane.Leased);

        Assert.Equal(2, lane.Lose(_ => false, _now, () => 0));
        Assert.Equal(0, lane.Leased);
        var other = new ReplicaId("worker-1", "epoch-1");
        var taken = lane.Exchange(new ExchangeJobs(other, 1, [], [], 5), _now, () => 0);
        Assert.All(taken, job => Assert.Equal(2, job.Attempt));
        // Who was only paused is not heard.
        Finish(lane, held[0], Verdict.Ended);
        Assert.Equal(2, lane.Leased);
    }

    [Fact]
    public void What_is_past_its_deadline_is_given_out_first_and_what_is_used_up_above_its_attempts()
    {
        _spec.MaxAttempts = 2;
        var lane = New();
        Place(lane, "crowd", "a");
        lane.Place(new PlaceJob("late", "a", 10, DateTimeOffset.FromUnixTimeMilliseconds(_now + 5_000), 0), _now);
        _now += 5_000;
        Assert.Equal("late", Take(lane, 1).Single().Job);

        for (var attempt = 1; attempt <= 2; attempt++)
        {
            var job = Take(lane, 1, held: ["late"]).Single();
            Finish(lane, job, Verdict.Failed, held: ["late"]);
            _now += 10_000;
        }
        Assert.Equal(3, Take(lane, 1, held: ["late"]).Single().Attempt);
    }

    [Fact]
    public void The_log_and_a_snapshot_make_the_same_lane()
    {
        var (lane, entries) = (New(), new List<LaneEntry>());
        var random = new Random(7);
        var jobs = new List<LeasedJob>();
        for (var n = 0; n < 2_000; n++)
        {
            _now += random.Next(2_000);
            switch (random.Next(6))
            {
                case 0 or 1 or 2:
                    Place(lane, $"job-{n}", $"tenant-{random.Next(5)}", tokens: random.Next(1, 2_000));
                    break;
                case 3:
                    jobs.AddRange(Take(lane, random.Next(1, 4), held: [.. jobs.Select(job => job.Job)]));
                    break;
                case 4 when jobs.Count > 0:
                    var done = jobs[random.Next(jobs.Count)];
                    jobs.Remove(done);
                    Finish(lane, done, (Verdict)random.Next(3), held: [.. jobs.Select(job => job.Job)]);
                    break;
                case 5 when random.Next(50) == 0:
                    lane.Lose(_ => false, _now, random.NextDouble);
                    jobs.Clear();
                    break;
                default:
                    break;
            }
            entries.AddRange(lane.News());
        }

        var (replayed, restored) = (New(), New());
        entries.ForEach(replayed.Apply);
        foreach (var entry in lane.Snapshot())
            restored.Apply(entry);

        _now += 3_600_000;
        var order = Order(replayed);
        Assert.True(order.Count > 100);
        Assert.Equal(order, Order(restored));
        // Which of eight places is next is not kept; everything else is.
        Assert.Equal(order.Order(), Order(lane).Order());
    }

    [Fact]
    public void Too_many_are_refused_and_who_has_a_place_keeps_it()
    {
        _spec.MaxWaitingPerTenant = 2;
        var lane = New();
        Place(lane, "1", "a");
        Place(lane, "2", "a");

        Assert.False(Placed(lane, "3", "a"));
        Assert.True(Placed(lane, "2", "a"));
        Assert.True(Placed(lane, "3", "b"));
    }

    [Fact]
    public void Of_jobs_that_are_over_nothing_is_kept_until_their_deadlines_or_the_ends_of_their_pauses()
    {
        var lane = New();
        List<WeakReference> jobs = [.. Enumerable.Range(0, 2_000).Select(n => Through(lane, n))];

        GC.Collect();

        Assert.InRange(jobs.Count(job => job.IsAlive), 0, 300);
        GC.KeepAlive(lane);
    }

    /// <summary>A job that ends, or one that is dropped in the middle of a pause; gives its id.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private WeakReference Through(Lane lane, int n)
    {
        var id = $"job-{n}";
        Place(lane, id, "a");
        var job = Take(lane, 1).Single();
        Finish(lane, job, n % 2 == 0 ? Verdict.Ended : Verdict.Failed, retryAfter: 3_600_000);
        lane.Drop(id, _now);
        Assert.NotEmpty(lane.News());
        return new WeakReference(id);
    }

    private List<string> Order(Lane lane)
    {
        var worker = new ReplicaId("last", "epoch");
        lane.Lose(_ => false, _now, () => 0);
        var late = _now + 600_000;
        return [.. lane.Exchange(new ExchangeJobs(worker, 1, [], [], 5_000), late, () => 0).Select(job => $"{job.Job} {job.Lease} {job.Attempt}")];
    }

    private void Place(Lane lane, string job, string tenant, long tokens = 100) => Assert.True(Placed(lane, job, tenant, tokens));

    private bool Placed(Lane lane, string job, string tenant, long tokens = 100) =>
        lane.Place(new PlaceJob(job, tenant, tokens, DateTimeOffset.FromUnixTimeMilliseconds(Start).AddDays(1), 0), _now);

    /// <param name="endBefore">What was taken the last time ends first.</param>
    private IReadOnlyList<LeasedJob> Take(Lane lane, int want, bool endBefore = false, IReadOnlyList<string>? held = null)
    {
        var finished = endBefore ? _before.Select(job => new FinishedJob(job.Job, job.Lease, Verdict.Ended, _used)).ToList() : [];
        var jobs = lane.Exchange(new ExchangeJobs(_worker, ++_turn, held ?? [], finished, want), _now, () => 0.5);
        if (endBefore)
        {
            _before.Clear();
            _before.AddRange(jobs);
        }
        return jobs;
    }

    private void Exchange(Lane lane, IReadOnlyList<string> held, int want) =>
        lane.Exchange(new ExchangeJobs(_worker, ++_turn, held, [], want), _now, () => 0.5);

    private void Finish(Lane lane, LeasedJob job, Verdict verdict, long retryAfter = 0, IReadOnlyList<string>? held = null) =>
        lane.Exchange(new ExchangeJobs(_worker, ++_turn, held ?? [], [new FinishedJob(job.Job, job.Lease, verdict, RetryAfterMs: retryAfter)], 0), _now, () => 0.5);
}
