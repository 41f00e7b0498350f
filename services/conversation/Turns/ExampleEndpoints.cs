using Agents.Contracts;
using Agents.Conversation.Catalog;
using Agents.Conversation.Guardrails;
using Agents.Conversation.Sessions;
using Agents.Defaults.Errors;
using Agents.Defaults.Identity;

namespace Agents.Conversation.Turns;

/// <summary>Turns as examples to learn from: of sessions that consent, and masked.</summary>
internal static class ExampleEndpoints
{
    private const int Most = 100;

    private static readonly Guard Mask = new(
        new GuardrailPolicy(Input: new GuardrailRules(Pii: GuardrailAction.Mask, Secrets: GuardrailAction.Mask)), GuardrailPlace.Input);

    public static void MapExamples(this IEndpointRouteBuilder routes) => routes.MapPost("/internal/examples", Read).RequireInternal();

    private static async Task<IResult> Read(
        ReadExamples request, Caller caller, SessionStore sessions, TurnStore turns, AgentStore agents, CancellationToken cancellationToken)
    {
        if (request.Turns.Count > Most)
            return Problem.Invalid("turns", $"turns has {request.Turns.Count} items; at most {Most} are accepted.");
        var examples = new List<Example>();
        foreach (var session in request.Turns.GroupBy(place => place.Session))
        {
            if (await sessions.FindAsync(caller.Tenant, session.Key, cancellationToken) is not { } found || found.Metadata.GetValueOrDefault("consent") != "training")
                continue;
            foreach (var place in session)
            {
                if (await turns.FindAsync(found, place.Turn, cancellationToken) is not { Status: TurnStatus.Completed, Output: { } output, Operator: null } turn)
                    continue;
                var version = turn.AgentVersion ?? found.AgentVersion;
                if (await agents.VersionAsync(caller.Tenant, found.Agent, version, cancellationToken) is { } agent)
                    examples.Add(new Example(turn.Id, agent.Id, version, agent.Instructions, Mask.Check(turn.Input).Text, Mask.Check(output.Text).Text));
            }
        }
        var order = request.Turns.Select(place => place.Turn).ToList();
        return TypedResults.Ok(new Examples([.. examples.OrderBy(example => order.IndexOf(example.Turn))]));
    }
}
