using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Agents.Analytics.Audit;

/// <summary>
/// One link of a tenant's chain. It names the link before it by its hash, and its own content by a salted hash only: so no link can be
/// changed, left out or put in without breaking every link after it, and a content can be erased without breaking any.
/// </summary>
/// <param name="Content">Hash of the salt and the content, base64.</param>
/// <param name="Previous">Hash of the link before, base64; <see cref="AuditChain.Start"/> for the first.</param>
/// <param name="Hash">Of all the others, base64.</param>
internal sealed record AuditLink(string Id, DateTimeOffset Time, string Content, string Previous, string Hash);

/// <summary>What a link stands for, apart from it.</summary>
/// <param name="Salt">Base64. It goes with the content, so that a content cannot be guessed by its hash.</param>
/// <param name="Json">The content as UTF-8, base64, byte for byte as it was hashed.</param>
internal sealed record AuditContent(string Salt, string Json)
{
    public AuditFact Read() => JsonSerializer.Deserialize<AuditFact>(Convert.FromBase64String(Json), Defaults.Api.Json.Options)
        ?? throw new JsonException("The content of an audit entry is null.");

    public static AuditContent Of(AuditFact fact) => new(
        Convert.ToBase64String(RandomNumberGenerator.GetBytes(16)), Convert.ToBase64String(JsonSerializer.SerializeToUtf8Bytes(fact, Defaults.Api.Json.Options)));

    public string Hash() => Convert.ToBase64String(SHA256.HashData([.. Convert.FromBase64String(Salt), .. Convert.FromBase64String(Json)]));
}

/// <summary>Who did what.</summary>
/// <param name="Actor">The key id or app id that acted.</param>
/// <param name="Object">What was acted on, as <c>noun/id</c>.</param>
/// <param name="User">Whose data it is about, if it is.</param>
internal sealed record AuditFact(string Actor, string Action, string Object, JsonElement? Before, JsonElement? After, string? User);

/// <summary>Makes and checks chains.</summary>
internal static class AuditChain
{
    /// <summary>What the first link names as the one before it.</summary>
    public const string Start = "";

    public static AuditLink Link(string id, DateTimeOffset time, AuditContent content, string previous)
    {
        var link = new AuditLink(id, time.ToUniversalTime(), content.Hash(), previous, "");
        return link with { Hash = HashOf(link) };
    }

    /// <summary>What is wrong with a link, or null.</summary>
    /// <param name="previous">The hash of the link before.</param>
    /// <param name="content">Null for one that was erased.</param>
    public static string? Defect(AuditLink link, string previous, AuditContent? content) =>
        link.Previous != previous ? "the link before it is another one, or was changed"
        : link.Hash != HashOf(link) ? "the link was changed"
        : content is not null && content.Hash() != link.Content ? "its content was changed"
        : null;

    // Each part with its length before it, so that no two links have the same text.
    private static string HashOf(AuditLink link)
    {
        var time = link.Time.UtcTicks.ToString(System.Globalization.CultureInfo.InvariantCulture);
        var text = string.Concat(new[] { link.Id, time, link.Content, link.Previous }.Select(part => $"{part.Length}:{part}"));
        return Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
    }
}
