using System.Net;
using Agents.Conversation.Hooks;
using Agents.Conversation.Hooks.Webhooks;
using Agents.Defaults;
using Agents.Defaults.Ledgers;
using Agents.Defaults.Replicas;
using Agents.Defaults.State;
using Agents.Testing.Ledgers;
using Microsoft.Extensions.Logging.Abstractions;

namespace Agents.Torture.Jobs;

/// <summary>One life of a process that sends webhooks, over a shared store. It dies at a call to the store, before or after the call took place.</summary>
internal sealed class SimulatedSender : IDisposable
{
    private readonly EgressClient _egress;
    private readonly Mortal _mortal;

    public SimulatedSender(RedisLikeStore store, SimulatedClock clock, string receiver, int life, int calls, bool after)
    {
        _mortal = new Mortal(store, calls, after);
        var dapr = RedisLikeStore.ClientOf(_mortal);
        var stores = new Stores(dapr, clock);
        var identity = new ServiceIdentity("conversation", HookEndpoints.AppId, "hooks-0", $"{life}", "1");
        var leases = new Leases(stores, new ReplicaMonitor(stores, identity, clock, NullLogger<ReplicaMonitor>.Instance), identity);
        _egress = new EgressClient(new ConfigurationBuilder().AddInMemoryCollection([KeyValuePair.Create<string, string?>("Egress:Allow:0", receiver)]).Build());
        Secrets = new WebhookSecrets(stores, clock);
        Webhooks = new Webhooks(stores, new LedgerSet(stores, clock), dapr, clock, NullLogger<Webhooks>.Instance);
        Sender = new WebhookSender(Webhooks, stores, leases, Secrets, new HttpHook(_egress, clock), clock, NullLogger<WebhookSender>.Instance);
    }

    public Webhooks Webhooks { get; }

    public WebhookSecrets Secrets { get; }

    public WebhookSender Sender { get; }

    public bool IsAlive => _mortal.IsAlive;

    public void Dispose()
    {
        Sender.Dispose();
        _egress.Dispose();
        _mortal.Dispose();
    }

    private sealed class Mortal(RedisLikeStore store, int calls, bool after) : HttpMessageHandler
    {
        private readonly SemaphoreSlim _turn = new(1);
        private readonly HttpMessageInvoker _store = new(store, disposeHandler: false);
        private int _left = calls;

        public bool IsAlive { get; private set; } = true;

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            await _turn.WaitAsync(cancellationToken);
            try
            {
                var dies = IsAlive && --_left == 0;
                if (!IsAlive || (dies && !after))
                {
                    IsAlive = false;
                    throw new HttpRequestException("This process is dead.");
                }
                // Messages go nowhere: the history delivers them.
                var response = request.RequestUri!.AbsolutePath.Contains("/publish/", StringComparison.Ordinal)
                    ? new HttpResponseMessage(HttpStatusCode.NoContent)
                    : await _store.SendAsync(request, cancellationToken);
                if (!dies)
                    return response;
                response.Dispose();
                IsAlive = false;
                throw new HttpRequestException("This process is dead.");
            }
            finally
            {
                _turn.Release();
            }
        }

        protected override void Dispose(bool disposing)
        {
            _turn.Dispose();
            _store.Dispose();
            base.Dispose(disposing);
        }
    }
}
