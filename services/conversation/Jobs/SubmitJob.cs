using System.Diagnostics;
using Agents.Conversation.Catalog;
using Agents.Conversation.Hooks;
using Agents.Conversation.Jobs.Lanes;
using Agents.Conversation.Supervisor;
using Agents.Defaults.Api;
using Agents.Defaults.Errors;

namespace Agents.Conversation.Jobs;

/// <summary>Has something done without waiting for it.</summary>
/// <param name="Kind"><c>turn</c> (default): one question to an agent, without a session. <c>supervisor</c>: a task that is planned, divided into steps, checked and put together.</param>
/// <param name="Agent">An agent id; default <c>default</c>.</param>
/// <param name="Input">1 to 256,000 characters.</param>
/// <param name="Lane">Default: the agent's lane.</param>
/// <param name="CallbackUrl">An http or https address that gets a signed webhook when the job has ended.</param>
/// <param name="Deadline">The job fails when it has not ended by then: at most 7 days ahead; default in 24 hours.</param>
/// <param name="User">For whom, at most 200 characters; needs the scope sessions:delegate.</param>
/// <param name="Principals">What the user belongs to, at most 64; needs the scope sessions:delegate.</param>
/// <param name="Metadata">At most 16 entries, kept and returned.</param>
/// <param name="Supervisor">Only with the kind <c>supervisor</c>: how it is done.</param>
/// <param name="AgentVersion">Which version of the agent answers; default the one that is live now.</param>
/// <param name="ResultTtlSeconds">How long the job is kept once it has ended: 60 to 2,592,000; default 604,800.</param>
public sealed record SubmitJob(
    JobKind? Kind, string? Agent, string? Input, string? Lane, string? CallbackUrl, DateTimeOffset? Deadline, string? User = null,
    IReadOnlyList<string>? Principals = null, IReadOnlyDictionary<string, string>? Metadata = null, int? ResultTtlSeconds = null, Supervise? Supervisor = null, int? AgentVersion = null)
{
    private const int MaxInput = 256_000;
    private const int DefaultResultTtl = 7 * 86_400;
    private const int LongestResultTtl = 30 * 86_400;
    private static readonly TimeSpan DefaultTime = TimeSpan.FromHours(24);
    private static readonly TimeSpan LongestTime = TimeSpan.FromDays(7);

    internal Problem? Refusal(bool delegates, LaneOptions lanes, EgressClient egress, DateTimeOffset now) =>
        (Agent is null ? null : Checks.Text("agent", Agent, 100))
        ?? Checks.Text("input", Input, MaxInput)
        ?? (Lane is null || lanes.Has(Lane) ? null : Problem.Invalid("lane", $"lane must be one of {string.Join(", ", lanes.Names)}."))
        ?? (CallbackUrl is null ? null : HookAddress.Refusal(CallbackUrl, "callback_url"))
        ?? (CallbackUrl is null || egress.MayCall(new Uri(CallbackUrl))
            ? null : Problem.Invalid("callback_url", "The callback address is not allowed: only public hosts are called.", "callback_not_allowed"))
        ?? (Deadline <= now || Deadline > now + LongestTime ? Problem.Invalid("deadline", "deadline must lie ahead, by at most 7 days.") : null)
        ?? (User is null ? null : Checks.Text("user", User, 200))
        ?? Checks.Items("principals", Principals, 64, 200)
        ?? Checks.Metadata("metadata", Metadata)
        ?? (ResultTtlSeconds is < 60 or > LongestResultTtl ? Problem.Invalid("result_ttl_seconds", $"result_ttl_seconds must be 60 to {LongestResultTtl}.") : null)
        ?? (Supervisor is null || Kind == JobKind.Supervisor ? Supervisor?.Refusal(lanes) : Problem.Invalid("supervisor", "supervisor belongs to jobs of the kind supervisor."))
        ?? ((User is not null || Principals is not null) && !delegates
            ? new Problem(403, "delegation_not_allowed", "Setting user or principals needs the scope sessions:delegate.", "user")
            : null);

    internal JobRecord ToJob(string id, string tenant, Agent agent, string input, DateTimeOffset now) => new(
        id, tenant, Kind ?? JobKind.Turn, agent.Id, agent.Version, Lane ?? agent.Lane, input, now, Deadline ?? now + DefaultTime, ResultTtlSeconds ?? DefaultResultTtl)
    {
        CallbackUrl = CallbackUrl,
        User = User,
        Principals = Principals ?? [],
        Metadata = Metadata ?? new Dictionary<string, string>(),
        TraceParent = Activity.Current?.Id,
    };
}
