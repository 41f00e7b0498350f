using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Agents.Conversation.Hooks.Webhooks;
using Agents.Defaults.Api;
using Agents.Defaults.Errors;
using Agents.Defaults.Events;
using Agents.Defaults.Paging;
using Agents.Testing.Ledgers;
using Dapr;

namespace Agents.Torture.Jobs;

/// <summary>
/// The life of one webhook: the real sender over a store and a clock of its own and real HTTP, with a receiver whose manners the seed
/// decides, messages that are lost or come thrice, and senders that die at any call to the store.
/// </summary>
internal sealed class WebhookHistory(Receiver receiver, int seed) : IDisposable
{
    private const string Tenant = "default";
    private const string Id = "job_1.ended";

    private static readonly TimeSpan[] Pauses =
    [
        TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(30), TimeSpan.FromHours(2),
        TimeSpan.FromHours(5), TimeSpan.FromHours(10), TimeSpan.FromHours(14), TimeSpan.FromHours(20), TimeSpan.FromHours(24),
    ];

    private static readonly Manner[] Bad = [Manner.Refuse, Manner.AskForPatience, Manner.Redirect, Manner.BreakOff, Manner.KeepSilent, Manner.Dribble];

    // Buckets are five seconds wide and looked at two seconds late; a silent receiver costs ten.
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(40);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Random _random = new(seed);
    private readonly SimulatedClock _clock = new();
    private readonly List<(Arrival Arrival, Manner Manner, int Deaths)> _arrivals = [];
    private Func<Arrival, Manner> _script = _ => Manner.Take;
    private RedisLikeStore? _store;
    private SimulatedSender? _sender;
    private int _life;

    public List<string> Problems { get; } = [];

    public int Attempts => _arrivals.Count;

    public int Deaths => _life;

    public DeliveryStatus End { get; private set; }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await PlayAsync(cancellationToken).WaitAsync(Patience, cancellationToken);
        }
        catch (TimeoutException)
        {
            Problems.Add("it hangs");
        }
    }

    public void Dispose()
    {
        _sender?.Dispose();
        _store?.Dispose();
    }

    private async Task PlayAsync(CancellationToken cancellationToken)
    {
        _store = new RedisLikeStore(_clock);
        var url = receiver.Open(Guid.CreateVersion7().ToString("N"), _clock.GetUtcNow, Answer);
        var expected = Script();
        await LiveAsync(sender => sender.Webhooks.SendAsync(Tenant, Id, url, "job.completed", new { done = true }, cancellationToken));
        var webhook = await EndAsync(cancellationToken);
        End = webhook.Status;
        Expect(End == expected, $"it is {End} and not {expected}, after {string.Join(", ", _arrivals.Select(arrival => arrival.Manner))}");
        await CheckAsync(cancellationToken);
        if (End == DeliveryStatus.Failed)
            await ResendAsync(cancellationToken);
    }

    /// <summary>What the receiver does, and where that must end.</summary>
    private DeliveryStatus Script()
    {
        var failures = _random.Next(1, 7);
        var up = _clock.GetUtcNow() + TimeSpan.FromHours(_random.Next(1, 72));
        switch (_random.Next(6))
        {
            case 0:
                return DeliveryStatus.Delivered;
            case 1 or 2:
                _script = _ => _arrivals.Count < failures ? Bad[_random.Next(Bad.Length)] : Manner.Take;
                return DeliveryStatus.Delivered;
            case 3:
                _script = _ => _arrivals.Count < failures ? Bad[_random.Next(Bad.Length)] : Manner.BeGone;
                return DeliveryStatus.Gone;
            case 4:
                _script = arrival => arrival.At < up ? Bad[_random.Next(Bad.Length)] : Manner.Take;
                return DeliveryStatus.Delivered;
            default:
                _script = _ => Bad[_random.Next(Bad.Length)];
                return DeliveryStatus.Failed;
        }
    }

    private Manner Answer(Arrival arrival)
    {
        var manner = _script(arrival);
        _arrivals.Add((arrival, manner, _life));
        // The sender's patience is over before the receiver's silence.
        if (manner is Manner.KeepSilent or Manner.Dribble)
            _ = Task.Run(() => _clock.Pass(TimeSpan.FromSeconds(11)));
        return manner;
    }

    /// <summary>Lets time pass until nobody tries any more.</summary>
    private async Task<Webhook> EndAsync(CancellationToken cancellationToken)
    {
        // The message arrives once, thrice at the same time, or never.
        if (_random.Next(3) is > 0 and var times)
            await LiveAsync(sender => Task.WhenAll(Enumerable.Range(0, (2 * times) - 1).Select(_ => sender.Sender.ReceiveAsync(Message(), cancellationToken))));
        var until = _clock.GetUtcNow() + TimeSpan.FromDays(6);
        while (true)
        {
            var webhook = await WebhookAsync(cancellationToken);
            if (webhook.Status != DeliveryStatus.Pending || _clock.GetUtcNow() > until)
                return webhook;
            var step = webhook.Due - _clock.GetUtcNow();
            _clock.Pass(TimeSpan.FromSeconds(Math.Clamp(step.TotalSeconds, WebhookSender.BucketSeconds, 3_000)));
            await LiveAsync(sender => sender.Sender.LookAsync(cancellationToken));
        }
    }

    private async Task CheckAsync(CancellationToken cancellationToken)
    {
        var count = _arrivals.Count;
        for (var n = 0; n < 3; n++)
        {
            _clock.Pass(TimeSpan.FromMinutes(50));
            await LiveAsync(sender => sender.Sender.LookAsync(cancellationToken));
        }
        Expect(_arrivals.Count == count, $"it came {_arrivals.Count - count} times more after its end");
        var secret = (await ObserveAsync(sender => sender.Secrets.ListAsync(Tenant, cancellationToken)))[0].Secret;
        foreach (var (arrival, _, _) in _arrivals)
        {
            Expect(arrival.Id == Id, $"it came as {arrival.Id}");
            Expect(Math.Abs(arrival.At.ToUnixTimeSeconds() - arrival.Timestamp) <= 1, $"its timestamp is {arrival.Timestamp} at {arrival.At.ToUnixTimeSeconds()}");
            Expect(arrival.Signature == SignatureOf(arrival, secret), "its signature is wrong");
        }
        for (var n = 1; n < _arrivals.Count; n++)
        {
            var (before, next) = (_arrivals[n - 1], _arrivals[n]);
            // Whoever died may have said nothing of his attempt.
            if (before.Deaths != next.Deaths || n > Pauses.Length)
                continue;
            var tries = _arrivals.Take(n).Count(arrival => arrival.Deaths == before.Deaths);
            if (before.Deaths > 0 && tries < n)
                continue;
            var pause = Pauses[n - 1];
            if (before.Manner == Manner.AskForPatience && pause < TimeSpan.FromSeconds(Receiver.Patience))
                pause = TimeSpan.FromSeconds(Receiver.Patience);
            var waited = next.Arrival.At - before.Arrival.At;
            Expect(waited >= pause && waited <= (pause * 1.1) + Slack, $"after attempt {n} ({before.Manner}) it waited {waited} and not {pause}");
        }
    }

    private async Task ResendAsync(CancellationToken cancellationToken)
    {
        var failed = await ObserveAsync(sender => sender.Webhooks.PageAsync(Tenant, new PageQuery(10, null, "desc"), DeliveryStatus.Failed, cancellationToken));
        Expect(failed.Data is [{ Id: Id }], "it is not listed as failed");
        Expect(_life > 0 || _arrivals.Count == Pauses.Length + 1, $"it was given up after {_arrivals.Count} attempts");
        _script = _ => Manner.Take;
        await LiveAsync(sender => sender.Webhooks.ResendAsync(Tenant, Webhook.DeliveryOf(Id), cancellationToken));
        var again = await EndAsync(cancellationToken);
        Expect(again.Status == DeliveryStatus.Delivered && _arrivals[^1].Arrival.Id == Id, $"sent again, it is {again.Status}");
    }

    /// <summary>Has a sender do something, and another one when that dies of it.</summary>
    private async Task LiveAsync(Func<SimulatedSender, Task> work)
    {
        while (true)
        {
            // One in three lives is short, the first ones only: the dead must not outnumber the attempts.
            _sender ??= new SimulatedSender(_store!, _clock, receiver.Authority, _life, _life < 3 && _random.Next(3) == 0 ? _random.Next(1, 60) : int.MaxValue, _random.Next(2) == 0);
            try
            {
                await work(_sender);
                return;
            }
            catch (Exception exception) when (!_sender.IsAlive && exception is DaprException or HttpRequestException or ProblemException)
            {
                _sender.Dispose();
                _sender = null;
                _life++;
            }
        }
    }

    private async Task<T> ObserveAsync<T>(Func<SimulatedSender, Task<T>> ask)
    {
        using var observer = new SimulatedSender(_store!, _clock, receiver.Authority, -1, int.MaxValue, false);
        return await ask(observer);
    }

    private async Task<Webhook> WebhookAsync(CancellationToken cancellationToken) =>
        await ObserveAsync(sender => sender.Webhooks.GetAsync(Tenant, Webhook.DeliveryOf(Id), cancellationToken)) ?? throw new InvalidOperationException("The webhook is gone.");

    private static EventMessage Message() =>
        new(JsonSerializer.SerializeToElement(new WebhookKey(Tenant, Webhook.DeliveryOf(Id)), Json.Options)) { Id = "message" };

    // As the Standard Webhooks specification has it.
    private static string SignatureOf(Arrival arrival, string secret)
    {
        var content = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{arrival.Id}.{arrival.Timestamp}.{arrival.Body}"));
        return $"v1,{Convert.ToBase64String(HMACSHA256.HashData(Convert.FromBase64String(secret["whsec_".Length..]), content))}";
    }

    private void Expect(bool condition, string problem)
    {
        if (!condition)
            Problems.Add(problem);
    }
}
