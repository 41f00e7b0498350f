using System.Text.Json;
using System.Text.RegularExpressions;
using Agents.Cel;
using Agents.Conversation.Hooks;
using Agents.Conversation.Jobs.Lanes;
using Agents.Defaults.Api;
using Agents.Defaults.Errors;

namespace Agents.Conversation.Jobs.Events;

/// <summary>Makes a job of each event that fits.</summary>
/// <param name="Name">1 to 100 characters.</param>
/// <param name="Tenant">Whose job it becomes; default the operator's own.</param>
/// <param name="Match">
/// A CEL condition on <c>event</c>, the CloudEvent, of at most 1,000 characters: <c>event.type == "shop.order.placed" &amp;&amp; event.data.total > 100</c>.
/// </param>
/// <param name="Job">The job. In its input <c>{event.data.title}</c> stands for what the event holds there.</param>
public sealed record CreateJobRule(string? Name, string? Tenant, string? Match, SubmitJob? Job)
{
    private const int MaxMatch = 1_000;

    internal Problem? Refusal(LaneOptions lanes, EgressClient egress, DateTimeOffset now) =>
        Checks.Text("name", Name, 100)
        ?? (Tenant is null ? null : Checks.Text("tenant", Tenant, 100))
        ?? Checks.Text("match", Match, MaxMatch)
        ?? MatchRefusal()
        ?? (Job is null ? Problem.Invalid("job", "job is required.") : null)
        ?? (Job!.Deadline is null ? null : Problem.Invalid("job.deadline", "job.deadline is no part of a rule: each job gets the default one."))
        ?? (Job.Refusal(delegates: true, lanes, egress, now) is { } refusal ? refusal with { Field = $"job.{refusal.Field}" } : null);

    private Problem? MatchRefusal()
    {
        try
        {
            Expression.Parse(Match!);
            return null;
        }
        catch (CelException exception)
        {
            return Problem.Invalid("match", $"match is no condition: {exception.Message}.");
        }
    }
}

/// <summary>A rule as it is kept and shown.</summary>
public sealed record JobRule(string Id, string Name, string Tenant, string Match, SubmitJob Job, DateTimeOffset CreatedAt)
{
    /// <summary>The job that an event becomes; null when the rule is not for it.</summary>
    internal SubmitJob? Apply(JsonElement cloudEvent)
    {
        try
        {
            if (!Expression.Parse(Match).IsTrue(name => name == "event" ? cloudEvent : throw new CelException($"unknown name '{name}'")))
                return null;
        }
        catch (CelException)
        {
            // It asks for something that this event does not have.
            return null;
        }
        return Job with { Input = JobTemplate.Fill(Job.Input!, cloudEvent) };
    }
}

/// <summary>Texts with places that an event fills.</summary>
internal static partial class JobTemplate
{
    private const int MaxFilled = 256_000;

    public static string Fill(string template, JsonElement cloudEvent)
    {
        var filled = Place().Replace(template, place => Find(cloudEvent, place.Groups[1].Value));
        return filled.Length <= MaxFilled ? filled : filled[..MaxFilled];
    }

    // What an event lacks is left out; an object or a list is put in as JSON.
    private static string Find(JsonElement value, string path)
    {
        foreach (var name in path.Split('.', StringSplitOptions.RemoveEmptyEntries))
        {
            if (value.ValueKind != JsonValueKind.Object || !value.TryGetProperty(name, out value))
                return "";
        }
        return value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();
    }

    [GeneratedRegex(@"\{event((?:\.[A-Za-z0-9_-]+)+)\}")]
    private static partial Regex Place();
}
