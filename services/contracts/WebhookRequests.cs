using System.Text.Json;

namespace Agents.Contracts;

/// <summary>Any service asks conversation to tell the outside: <c>POST /internal/webhooks</c>, tenant by header. Asked for again, it is sent once.</summary>
/// <param name="Id">Unique among the tenant's webhooks; the same for the same fact.</param>
/// <param name="Url">An http or https address; whether it may be called is decided when it is.</param>
/// <param name="Type">Such as <c>alert.firing</c>.</param>
/// <param name="Data">What it carries; at most 20 KB.</param>
public sealed record SendWebhook(string Id, string Url, string Type, JsonElement Data);
