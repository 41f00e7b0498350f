using Agents.Conversation.Hooks;
using Agents.Conversation.Jobs.Lanes;

namespace Agents.Conversation;

/// <summary>What this process does of the service. On a laptop one process does all; in a cluster each app id has its part.</summary>
/// <param name="Converses">Public API, actors, dialogues: app id <c>conversation</c>.</param>
/// <param name="SendsHooks">Webhooks go out from here: app id <c>conversation-hooks</c>, or <c>conversation</c> when there is no such app.</param>
/// <param name="Lanes">Whose jobs are run here: one lane for <c>conversation-{lane}</c>; all for <c>conversation</c>, unless <c>Jobs:WorkersApart</c>.</param>
internal sealed record Role(bool Converses, bool SendsHooks, IReadOnlyList<string> Lanes)
{
    private const string Service = "conversation";

    /// <summary>Whether it answers questions, of dialogues or jobs.</summary>
    public bool Answers => Converses || Lanes.Count > 0;

    /// <exception cref="InvalidOperationException">The app id names no role.</exception>
    public static Role Of(IConfiguration configuration)
    {
        var app = configuration["APP_ID"] is { Length: > 0 } id ? id : Service;
        if (app == HookEndpoints.AppId)
            return new Role(Converses: false, SendsHooks: true, []);
        var lanes = new LaneOptions(configuration);
        if (app == Service)
        {
            return new Role(
                Converses: true, SendsHooks: string.IsNullOrEmpty(configuration["Hooks:AppId"]), configuration.GetValue("Jobs:WorkersApart", false) ? [] : [.. lanes.Names]);
        }
        return lanes.Names.SingleOrDefault(lane => LaneOptions.AppId(lane) == app) is { } own
            ? new Role(Converses: false, SendsHooks: false, [own])
            : throw new InvalidOperationException($"APP_ID: '{app}' is no role of this service; there are {Service}, {HookEndpoints.AppId} and {Service}-{{lane}} for {string.Join(", ", lanes.Names)}.");
    }
}
