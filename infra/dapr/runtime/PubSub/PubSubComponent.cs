using Agents.LocalRuntime.Faults;
using Agents.LocalRuntime.Resiliency;

namespace Agents.LocalRuntime.PubSub;

/// <summary>A broker as one app sees it.</summary>
/// <param name="name">The component's name.</param>
/// <param name="broker">Shared by apps and replicas where the broker is.</param>
/// <param name="group">The app's consumer group.</param>
/// <param name="concurrency">Deliveries at the same time, per subscription and replica.</param>
/// <param name="scopes">Which topics the app may use.</param>
/// <param name="outbound">Resiliency of publishing.</param>
/// <param name="inbound">Resiliency of deliveries.</param>
/// <param name="gate">Fault injection.</param>
internal sealed class PubSubComponent(
    string name, IBroker broker, string group, int concurrency, TopicScopes scopes, Policy outbound, Policy inbound, FaultGate gate)
{
    public string Name => name;

    public IReadOnlyList<string> Capabilities => broker.Capabilities;

    public int Concurrency => concurrency;

    public TopicScopes Scopes => scopes;

    public Policy Inbound => inbound;

    public FaultGate Gate => gate;

    public Task PublishAsync(string topic, IReadOnlyList<Message> messages, CancellationToken cancel) => outbound.RunAsync(
        async token =>
        {
            await gate.PassAsync(token);
            await broker.PublishAsync(topic, messages, token);
            return true;
        },
        static _ => null,
        null,
        cancel);

    public Task<IAsyncDisposable> SubscribeAsync(string topic, Subscriber subscriber) => broker.SubscribeAsync(topic, group, subscriber);
}
