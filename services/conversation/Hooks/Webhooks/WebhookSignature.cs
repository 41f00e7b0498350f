using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Agents.Conversation.Hooks.Webhooks;

/// <summary>Signatures of the Standard Webhooks specification, 1.0.0: HMAC-SHA256 of id, time and body, one for each secret.</summary>
internal static class WebhookSignature
{
    private const string SecretPrefix = "whsec_";
    private const int SecretBytes = 32;

    public static string NewSecret() => SecretPrefix + Convert.ToBase64String(RandomNumberGenerator.GetBytes(SecretBytes));

    /// <summary>The three headers of a delivery.</summary>
    public static Dictionary<string, string> Headers(string id, DateTimeOffset now, string body, IEnumerable<string> secrets)
    {
        var timestamp = now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var content = Encoding.UTF8.GetBytes($"{id}.{timestamp}.{body}");
        return new Dictionary<string, string>
        {
            ["webhook-id"] = id,
            ["webhook-timestamp"] = timestamp,
            ["webhook-signature"] = string.Join(' ', secrets.Select(secret => "v1," + Convert.ToBase64String(HMACSHA256.HashData(Key(secret), content)))),
        };
    }

    private static byte[] Key(string secret) => Convert.FromBase64String(secret[SecretPrefix.Length..]);
}
