using System.Globalization;
using Agents.LocalRuntime.Http;
using Agents.LocalRuntime.State;

namespace Agents.LocalRuntime.Actors.Api;

/// <summary>The actors' state: keys <c>appId||type||id||key</c> in the app's actor state store.</summary>
internal static class ActorStateEndpoints
{
    private const string TimeToLive = "ttlInSeconds";

    /// <summary>Reading needs no active actor, as in daprd.</summary>
    public static async Task GetAsync(ApiRequest request, ActorKey key)
    {
        var store = Store(request);
        StateEntry? entry;
        try
        {
            entry = await store.GetByFullKeyAsync(FullKey(request, key, request.Path.Text(5)), request.Aborted);
        }
        catch (Exception error) when (error is not ApiException && !request.Aborted.IsCancellationRequested)
        {
            throw new ApiException(500, "ERR_ACTOR_STATE_GET", $"error getting actor state: {error.Message}");
        }

        if (entry is null)
        {
            request.NoContent();
            return;
        }

        if (entry.ExpiresAt is { } at)
        {
            request.Http.Response.Headers["Metadata.ttlexpiretime"] =
                DateTimeOffset.FromUnixTimeMilliseconds(at).ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
        }

        await request.JsonAsync(entry.Value);
    }

    /// <summary>All or nothing, and only for an actor that is on this sidecar: one that has moved away cannot write any more.</summary>
    public static async Task TransactAsync(ApiRequest request, ActorKey key)
    {
        var store = Store(request);
        var operations = await ActorEndpoints.ReadAsync(request, static bytes => StateBody.ReadActorOperations(bytes));
        var host = request.Sidecar.Actors;
        if (!host.Network.Table.IsOn(key, host)) throw new ApiException(400, "ERR_ACTOR_INSTANCE_MISSING", "actor instance is missing");
        try
        {
            var changes = operations.Select(operation => Change(request, key, operation)).ToList();
            if (changes.Count > 0) await store.TransactAsync(changes, request.Aborted);
        }
        catch (Exception error) when (error is not ApiException && !request.Aborted.IsCancellationRequested)
        {
            throw new ApiException(500, "ERR_ACTOR_STATE_TRANSACTION_SAVE", $"error saving actor transaction state: {error.Message}");
        }

        request.NoContent();
    }

    private static StateChange Change(ApiRequest request, ActorKey key, StateItem item)
    {
        if (item.Operation is not ("upsert" or "delete")) throw new ArgumentException($"operation type {item.Operation} not supported");
        var etag = string.IsNullOrEmpty(item.ETag) ? null : item.ETag;
        return new(
            FullKey(request, key, item.Key), item.Operation == "delete" ? null : item.Value, etag, false,
            item.Operation == "upsert" ? Lifetime(request, item.Metadata?.GetValueOrDefault(TimeToLive)) : null);
    }

    private static TimeSpan? Lifetime(ApiRequest request, string? text)
    {
        if (string.IsNullOrEmpty(text)) return null;
        if (!request.Sidecar.Actors.AllowsTtl) throw new ArgumentException($"{TimeToLive} is not supported without the \"ActorStateTTL\" feature enabled");
        if (!int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var seconds))
            throw new ArgumentException($"error parsing TTL: incorrect value for metadata '{TimeToLive}': '{text}' is no whole number");
        return seconds > 0 ? TimeSpan.FromSeconds(seconds) : null;
    }

    private static string FullKey(ApiRequest request, ActorKey actor, string key) =>
        string.Concat(request.Sidecar.Spec.AppId, "||", actor.Type, "||") + string.Concat(actor.Id, "||", key);

    private static StateComponent Store(ApiRequest request) => request.Sidecar.Actors.Store ?? throw new ApiException(
        500, "ERR_ACTOR_RUNTIME_NOT_FOUND",
        """the state store is not configured to use the actor runtime. Have you set the - name: actorStateStore value: "true" in your state store component file?""");
}
