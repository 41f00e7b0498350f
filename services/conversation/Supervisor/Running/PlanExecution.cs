using Agents.Conversation.Jobs;
using Agents.Conversation.Supervisor.Judging;
using Agents.Conversation.Supervisor.Plans;
using Agents.Conversation.Turns;

namespace Agents.Conversation.Supervisor.Running;

/// <summary>
/// A plan under way, as its workflow sees it. Deterministic: whatever it learns it learns from its calls, in the order in which they answer.
/// A halt lets what runs come to its end and begins nothing more; an interruption, by somebody or by the clock, waits for nothing.
/// </summary>
internal sealed class PlanExecution(PlanCalls calls, BegunPlan begun, Task stopped, Task late)
{
    private const int PlanAttempts = 3;
    private const int AnswerAttempts = 2;

    private readonly Wallet _wallet = new(begun.Budget);
    private readonly Task _interrupted = Task.WhenAny(stopped, late);
    private readonly TaskCompletionSource _halted = new();
    private readonly List<string> _open = [];
    private readonly Dictionary<string, StepRun> _accepted = new(StringComparer.Ordinal);
    private readonly HashSet<string> _settled = new(StringComparer.Ordinal);
    private PlanShape? _plan = begun.Plan;
    private TurnError? _error;

    private bool Halted => _halted.Task.IsCompleted || _interrupted.IsCompleted;

    public async Task<Ending> RunAsync()
    {
        var final = await AnswerAsync();
        if (_interrupted.IsCompleted && _open.Count > 0)
            await calls.StopAsync([.. _open]);
        if (final is null && late.IsCompleted)
            _error ??= begun.ByDeadline ? JobErrors.Late : PlanErrors.OverBudget("seconds");
        return final is null ? End(_error ?? PlanErrors.NoAnswer) : new Ending(null, final, Accepted(), _wallet.Spent);
    }

    /// <summary>The end with what there is.</summary>
    public Ending End(TurnError error) => new(error, null, Accepted(), _wallet.Spent);

    /// <summary>The run whose answer is the plan's; null when it came to none.</summary>
    private async Task<StepRun?> AnswerAsync()
    {
        _plan ??= await MakePlanAsync();
        if (_plan is null || (begun.ApprovePlan && !await ApprovedAsync(StepRun.Planning)))
            return null;
        await RunStepsAsync(_plan);
        if (Halted || _accepted.Count == 0)
            return null;
        if (_plan.IsChain && _accepted.TryGetValue(_plan.Steps[^1].Id, out var last))
            return last;
        for (var attempt = 1; attempt <= AnswerAttempts; attempt++)
        {
            var run = new StepRun(RunRole.Answer, StepRun.Answering, attempt);
            if (await AskAsync(run, strong: true, null, judged: false) is not { } verdict)
                return null;
            if (verdict.Fault is null)
                return run;
        }
        return null;
    }

    private async Task<PlanShape?> MakePlanAsync()
    {
        string? fault = null;
        for (var attempt = 1; attempt <= PlanAttempts; attempt++)
        {
            if (await AskAsync(new StepRun(RunRole.Plan, StepRun.Planning, attempt), strong: true, fault, judged: false) is not { } verdict)
                return null;
            if (verdict.Plan is { } plan)
                return plan;
            fault = verdict.Fault;
        }
        Halt(PlanErrors.NoPlan(fault!));
        return null;
    }

    private async Task RunStepsAsync(PlanShape plan)
    {
        var running = new Dictionary<string, Task>(StringComparer.Ordinal);
        var asked = new Dictionary<string, Task<bool>>(StringComparer.Ordinal);
        while (true)
        {
            foreach (var step in plan.Steps.Where(step => !_settled.Contains(step.Id) && !running.ContainsKey(step.Id) && step.After.All(_settled.Contains)))
            {
                if (Halted)
                    break;
                if (step.Approval && !asked.ContainsKey(step.Id))
                    asked[step.Id] = ApprovedAsync(step.Id);
                else if ((!step.Approval || asked[step.Id] is { IsCompletedSuccessfully: true, Result: true }) && running.Count < begun.MaxParallel)
                    running[step.Id] = RunStepAsync(step);
            }
            List<Task> waited = [.. running.Values, .. asked.Values.Where(asking => !asking.IsCompleted)];
            if (waited.Count == 0)
                return;
            await Task.WhenAny(waited);
            foreach (var (id, step) in running.Where(one => one.Value.IsCompleted).ToList())
            {
                running.Remove(id);
                _settled.Add(id);
                await step;
            }
        }
    }

    /// <summary>Attempt after attempt, each knowing why the one before was not accepted; the last, or one after an answer that came twice, has the strong model.</summary>
    private async Task RunStepAsync(StepShape step)
    {
        string? fault = null;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var strong = false;
        for (var attempt = 1; attempt <= step.Attempts; attempt++)
        {
            strong |= attempt > 1 && attempt == step.Attempts;
            var run = new StepRun(RunRole.Work, step.Id, attempt);
            if (await TryAsync(step, run, strong, fault) is not { } verdict)
                return;
            if (verdict.Fault is null)
            {
                _accepted[step.Id] = run;
                return;
            }
            fault = verdict.Fault;
            if (seen.Add(verdict.Digest))
                continue;
            fault += " The same answer came again.";
            if (strong)
                break;
            strong = true;
        }
        await calls.NoteAsync(step.Id, StepStatus.Failed, fault);
        if (!step.Optional)
            Halt(PlanErrors.StepFailed(step.Id, fault!));
    }

    private async Task<RunVerdict?> TryAsync(StepShape step, StepRun run, bool strong, string? fault)
    {
        var verdict = await AskAsync(run, strong, fault, step.Judged);
        if (verdict is not { Fault: null } || !step.Judged)
            return verdict;
        return await AskAsync(run with { Role = RunRole.Judge }, strong: true, null, judged: false) is { } judged ? judged with { Digest = verdict.Digest } : null;
    }

    /// <summary>Has a model asked, and its answer looked at. Null when the plan halts.</summary>
    private async Task<RunVerdict?> AskAsync(StepRun run, bool strong, string? fault, bool judged)
    {
        if (_interrupted.IsCompleted)
            return null;
        if (_wallet.Bound is { } bound)
        {
            Halt(PlanErrors.OverBudget(bound));
            return null;
        }
        _wallet.Begin();
        var submitted = await calls.SubmitAsync(run, strong, fault, Accepted());
        if (submitted.PlanEnded)
        {
            Halt(PlanErrors.NoAnswer);
            return null;
        }
        if (submitted.Refusal is { } refusal)
        {
            _wallet.Pay(TurnUsage.None);
            return new RunVerdict(refusal, refusal, TurnUsage.None);
        }
        _open.Add(submitted.Job);
        var ended = calls.EndedAsync(submitted.Job);
        await Task.WhenAny(ended, _interrupted);
        if (!ended.IsCompleted)
            return null;
        _open.Remove(submitted.Job);
        var verdict = await calls.CheckAsync(run, judged, Accepted());
        _wallet.Pay(verdict.Usage);
        return verdict;
    }

    private async Task<bool> ApprovedAsync(string step)
    {
        var decided = calls.DecisionAsync(step);
        if (await calls.NoteAsync(step, StepStatus.NeedsApproval))
            await Task.WhenAny(decided, _interrupted, _halted.Task);
        if (decided.IsCompleted && await decided)
            return true;
        Halt(PlanErrors.Declined(step));
        return false;
    }

    private void Halt(TurnError error)
    {
        _error ??= error;
        _halted.TrySetResult();
    }

    private IReadOnlyList<StepRun> Accepted() => [.. (_plan?.Steps ?? []).Select(step => _accepted.GetValueOrDefault(step.Id)).OfType<StepRun>()];
}
