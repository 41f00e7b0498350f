using System.Security.Cryptography;
using System.Text;

namespace Dapr.Workflow.Replay;

/// <summary>Ids that are the same in every replay and of no other call: hashes of where in which execution they were asked for.</summary>
internal static class ReplayIds
{
    private const byte VersionOfOwnMaking = 0x80;
    private const byte Variant = 0x80;

    /// <summary>A UUID of version 8 (RFC 9562, section 5.8): 122 bits of a SHA-256 hash.</summary>
    public static Guid Of(params ReadOnlySpan<string> parts)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', parts!)));
        hash[6] = (byte)((hash[6] & 0x0F) | VersionOfOwnMaking);
        hash[8] = (byte)((hash[8] & 0x3F) | Variant);
        return new Guid(hash.AsSpan(0, 16), bigEndian: true);
    }
}
