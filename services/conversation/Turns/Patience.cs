namespace Agents.Conversation.Turns;

/// <summary>How long a turn waits for a service that it needs, while replicas die and come back: <c>Turns:PatienceSeconds</c>, or 30 s.</summary>
internal sealed class Patience(IConfiguration configuration)
{
    public TimeSpan Limit { get; } = TimeSpan.FromSeconds(configuration.GetValue("Turns:PatienceSeconds", 30));
}
