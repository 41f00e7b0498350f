using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace Agents.Testing.Ledgers;

/// <summary>
/// Ways in which a ledger could be wrong, brought about between it and its store: with each of them the checker must find violations, or
/// it would not find them in a ledger that is wrong by itself.
/// </summary>
public enum Flaw
{
    None,

    /// <summary>Head changes are not compared: as if written without an ETag.</summary>
    NoComparison,

    /// <summary>The owner does not see that the fence was raised.</summary>
    NoFenceCheck,

    /// <summary>A lost answer is taken for a refusal: the writer's token is not found again.</summary>
    NoSettling,

    /// <summary>The head names a page before it is written.</summary>
    HeadBeforePage,

    /// <summary>A write is acknowledged and forgotten, now and then.</summary>
    ForgottenWrites,
}

/// <summary>Passes calls to the store on, with a flaw.</summary>
internal sealed class Sabotage(Flaw flaw, string head, Random random)
{
    public static Sabotage None { get; } = new(Flaw.None, "", new Random(0));

    /// <summary>The fence by which a process believes to own the ledger.</summary>
    public Dictionary<SimulatedProcess, long> Beliefs { get; } = [];

    public async Task<HttpResponseMessage> SendAsync(SimulatedProcess process, StoreCall call, HttpMessageInvoker store, Action<StoreCall> later)
    {
        if (flaw == Flaw.None)
            return await call.SendAsync(store).ConfigureAwait(false);
        if (call.IsWrite)
        {
            var item = JsonNode.Parse(call.Body)![0]!;
            var isHead = item["key"]!.GetValue<string>() == head;
            if (flaw == Flaw.ForgottenWrites && isHead && random.Next(10) == 0)
                return new HttpResponseMessage(HttpStatusCode.NoContent);
            if (flaw == Flaw.HeadBeforePage && !isHead)
            {
                later(call);
                return new HttpResponseMessage(HttpStatusCode.NoContent);
            }
            if (flaw is Flaw.NoComparison && isHead)
            {
                item.AsObject().Remove("etag");
                item.AsObject().Remove("options");
                call = call with { Body = Encoding.UTF8.GetBytes($"[{item.ToJsonString()}]") };
            }
        }
        var response = await call.SendAsync(store).ConfigureAwait(false);
        if (call.Method != HttpMethod.Get || response.StatusCode != HttpStatusCode.OK || !call.Path.EndsWith(head, StringComparison.Ordinal))
            return response;
        var stored = JsonNode.Parse(await response.Content.ReadAsByteArrayAsync().ConfigureAwait(false))!;
        if (flaw == Flaw.NoFenceCheck && Beliefs.TryGetValue(process, out var fence))
            stored["v"]!["fence"] = fence;
        if (flaw == Flaw.NoSettling)
        {
            stored["w"] = "";
            Forget(stored["v"]!["tail"]);
            Forget(stored["v"]!["full"]?["commits"]);
        }
        response.Content = new StringContent(stored.ToJsonString(), Encoding.UTF8, "application/json");
        return response;
    }

    private static void Forget(JsonNode? commits)
    {
        foreach (var commit in commits?.AsArray() ?? [])
            commit!["w"] = "";
    }
}
