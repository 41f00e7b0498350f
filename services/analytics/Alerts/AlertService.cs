using System.Text.Json;
using Agents.Analytics.Folding;
using Agents.Contracts;
using Agents.Defaults.Api;
using Agents.Defaults.Events;
using Agents.Defaults.Identity;

namespace Agents.Analytics.Alerts;

/// <summary>
/// Looks at the rules of tenants whose figures this replica folds, of those where something happens and of those that have rules of their
/// own or had an alert. A change is stored first, and told of before the next one: each is told once, by event and by webhook.
/// </summary>
internal sealed partial class AlertService(
    AlertStore alerts, AlertLook look, FoldService folds, EventPublisher events, ServiceClients clients, TimeProvider time, ILogger<AlertService> logger)
    : BackgroundService
{
    private const int AtOnce = 4;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private long _read;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await LookAsync(stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                NotLooked(logger, exception);
            }
        }
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        for (var more = true; more;)
        {
            var slice = await alerts.TenantsAsync(_read, cancellationToken);
            _known.UnionWith(slice.Entries);
            (_read, more) = (slice.Next, slice.Next < slice.End);
        }
        var duty = folds.Duty;
        await Parallel.ForEachAsync(
            duty.Busy.Union(_known.Where(tenant => duty.Shards.Contains(FigureStore.ShardOf(tenant)))),
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken },
            LookAsync);
    }

    private async ValueTask LookAsync(string tenant, CancellationToken cancellationToken)
    {
        try
        {
            var book = await alerts.GetAsync(tenant, cancellationToken);
            await Task.WhenAll(book.All.Select(rule => LookAsync(tenant, rule, book.StateOf(rule), cancellationToken)));
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            // Other tenants and rules go on. The next look tries again; what is not told yet is told then.
            NotLooked(logger, exception);
        }
    }

    private async Task LookAsync(string tenant, AlertRule rule, AlertState state, CancellationToken cancellationToken)
    {
        if (state.Told < state.Sequence)
            await TellAsync(tenant, rule, state, cancellationToken);
        var (holds, measured) = await look.LookAsync(tenant, rule, time.GetUtcNow(), cancellationToken);
        var next = state.Next(holds, measured, time.GetUtcNow());
        if (next == state)
            return;
        if (next.Sequence == 1)
            await alerts.EnrolAsync(tenant, cancellationToken);
        var changed = false;
        await alerts.UpdateAsync(
            tenant,
            current =>
            {
                // Another replica was faster, or the rule is gone.
                changed = current.StateOf(rule) with { Told = state.Told } == state && current.All.Contains(rule);
                return changed ? current.With(rule, next) : null;
            },
            cancellationToken);
        if (changed && next.Sequence > state.Sequence)
            await TellAsync(tenant, rule, next, cancellationToken);
    }

    private async Task TellAsync(string tenant, AlertRule rule, AlertState state, CancellationToken cancellationToken)
    {
        var fact = new AlertChanged(
            tenant, state.Since, rule.Id, rule.Name, state.Sequence, state.Firing ? "firing" : "resolved", rule.Figure, (double?)state.Measured);
        await events.PublishNowAsync(AlertChanged.Topic, tenant, [events.Message(fact)], cancellationToken);
        if (rule.Webhook is { } url)
            await SendAsync(tenant, new SendWebhook($"{rule.Id}.{state.Sequence}", url, $"alert.{fact.State}", JsonSerializer.SerializeToElement(fact, Json.Options)), cancellationToken);
        await alerts.UpdateAsync(
            tenant, current => current.StateOf(rule) is var now && now.Told < state.Sequence ? current.With(rule, now with { Told = state.Sequence }) : null, cancellationToken);
        Told(logger, tenant, rule.Name, fact.State);
    }

    private async Task SendAsync(string tenant, SendWebhook webhook, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/internal/webhooks").For(tenant);
        request.Content = JsonContent.Create(webhook, options: Json.Options);
        using var response = await clients.Conversation.SendAsync(request, cancellationToken);
        response.EnsureSuccessStatusCode();
    }

    [LoggerMessage(LogLevel.Information, "Alert of {Tenant}: {Name} is {State}")]
    private static partial void Told(ILogger logger, string tenant, string name, string state);

    [LoggerMessage(LogLevel.Warning, "Alerts were not looked at; trying again")]
    private static partial void NotLooked(ILogger logger, Exception exception);
}
