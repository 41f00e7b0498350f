using System.Text.Json;
using Agents.Contracts;
using Agents.Conversation.Jobs;
using Agents.Conversation.Jobs.Lanes;
using Agents.Conversation.Supervisor.Judging;
using Agents.Conversation.Supervisor.Plans;
using Agents.Conversation.Supervisor.Steps;
using Agents.Conversation.Tools;
using Agents.Conversation.Turns;
using Agents.Defaults.Api;
using Agents.Defaults.Events;
using Dapr.Workflow;

namespace Agents.Conversation.Supervisor.Running;

/// <summary>Looks at what a run gave, and says whether it is accepted.</summary>
internal sealed class CheckStepRun(JobStore jobs, StepJobs steps, SupervisorStore supervisors, PlanLog log, LaneOptions lanes, EventPublisher events, TimeProvider time)
    : WorkflowActivity<CheckRun, RunVerdict>
{
    private const string NoVerdict = "The judge gave no verdict that could be read.";

    public override async Task<RunVerdict> RunAsync(WorkflowActivityContext context, CheckRun input)
    {
        var run = input.Run;
        if (await jobs.GetAsync(input.Plan.Tenant, input.Plan.Job, CancellationToken.None) is not { } plan)
            return new RunVerdict("The job is gone.", "", TurnUsage.None);
        var answer = await steps.AnswerAsync(plan, run, CancellationToken.None);
        var (fault, made) = answer.Output is null
            ? (answer.Job?.Error?.Message ?? "The run came to nothing.", null)
            : run.Role switch
            {
                RunRole.Plan => Planned(answer.Output),
                RunRole.Judge => (Judgement.Read(answer.Output.Text) is not { } judged ? NoVerdict : judged.Accepted ? null : judged.Reason is { Length: > 0 } said ? said : "The judge rejects it.", null),
                RunRole.Answer => (AnswerChecks.Fault(null, answer.Output, [], []), null),
                _ => (await FaultAsync(plan, run, answer, input.Accepted), null),
            };
        var status = fault is not null ? StepStatus.Rejected : input.Judged ? StepStatus.Answered : StepStatus.Accepted;
        var usage = answer.Job?.Usage ?? TurnUsage.None;
        List<TurnEvent> happened = [new PlanEvent.Stepped(run.Step, status, time.GetUtcNow(), run.Role, run.Attempt) { JobId = run.JobOf(plan.Id), Reason = fault, Usage = usage }];
        if (made is not null)
            happened.Insert(0, new PlanEvent.Planned(made, ByCaller: false));
        await log.NoteAsync(plan, CancellationToken.None, happened);
        events.Publish(new JobStep(plan.Tenant, time.GetUtcNow(), plan.Id, "supervisor", answer.Job?.Lane ?? plan.Lane, run.Step, JsonNamingPolicy.SnakeCaseLower.ConvertName(status.ToString()), run.Attempt));
        var judgeAll = made is not null && ((await supervisors.GetAsync(plan, CancellationToken.None)).Judge ?? false);
        return new RunVerdict(fault, Ids.Hash(answer.Output is { } output ? string.Join(' ', output.Text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)) : fault!), usage)
        {
            Plan = made is null ? null : PlanShape.Of(made, judgeAll),
        };
    }

    private (string? Fault, Plan? Plan) Planned(TurnOutput output)
    {
        try
        {
            using var json = AnswerJson.Parse(output.Text);
            var plan = json?.Deserialize<Plan>(Json.Options);
            return plan is null ? ("The plan is not JSON.", null) : PlanRules.Refusal(plan, lanes, "plan") is { } refusal ? (refusal.Detail, null) : (null, plan);
        }
        catch (JsonException exception)
        {
            return ($"The plan does not have the form that was asked for: {exception.Path}.", null);
        }
    }

    private async Task<string?> FaultAsync(JobRecord plan, StepRun run, RunAnswer answer, IReadOnlyList<StepRun> accepted)
    {
        var step = await steps.StepAsync(plan, run.Step, CancellationToken.None);
        var before = step?.Checks?.MinGroundedness is null
            ? []
            : await steps.FindingsAsync(plan, accepted.Where(done => step.After?.Contains(done.Step) == true), CancellationToken.None);
        return AnswerChecks.Fault(step?.Checks, answer.Output, ToolStep.In(answer.Entries), [step?.Task ?? "", .. before.Select(Prompts.Given)]);
    }
}
