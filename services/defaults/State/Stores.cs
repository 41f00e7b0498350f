using Dapr.Client;

namespace Agents.Defaults.State;

/// <summary>
/// The two state components. <see cref="Main"/> holds everything; <see cref="Sessions"/> holds dialogue, so that an operator can
/// choose another tier for it.
/// </summary>
public sealed class Stores(DaprClient dapr, TimeProvider time)
{
    public const string MainName = "statestore";
    public const string SessionsName = "sessionstore";

    public Records Main { get; } = new(dapr, MainName, time);

    public Records Sessions { get; } = new(dapr, SessionsName, time);
}
