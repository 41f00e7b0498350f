using System.Net;
using System.Net.Sockets;
using Agents.Conversation.Guardrails.Spans;

namespace Agents.Conversation.Guardrails.Personal;

/// <summary>Addresses of computers: IPv4, IPv6, MAC.</summary>
internal sealed class NetworkAddressDetector(IReadOnlySet<string> kinds) : IDetector
{
    private const int Longest = 45;

    public Verdict Judge(ReadOnlySpan<char> before, ReadOnlySpan<char> here, bool end)
    {
        if (!IsPart(here[0]) || (before.Length > 0 && (Letters.IsWord(before[^1]) || (IsPart(before[^1]) && before.Length > 1 && Letters.IsWord(before[^2])))))
            return Verdict.None;
        int length = 0, colons = 0, dots = 0, dashes = 0;
        while (length < here.Length && length <= Longest && IsPart(here[length]))
        {
            colons += here[length] == ':' ? 1 : 0;
            dots += here[length] == '.' ? 1 : 0;
            dashes += here[length] == '-' ? 1 : 0;
            length++;
        }
        if (length > Longest)
            return Verdict.None;
        if (length == here.Length && !end)
            return Verdict.More;
        if (length < here.Length && Letters.IsWord(here[length]) && Letters.IsWord(here[length - 1]))
            return Verdict.None;
        // The mark at the end belongs to the sentence; a port to the address.
        var text = here[..length];
        var trimmed = text.EndsWith("::") ? text : text.TrimEnd(".:-");
        if (dots >= 3 && colons <= 1 && dashes == 0)
            return IPv4(before, colons == 1 && trimmed.IndexOf(':') is > 0 and var port ? trimmed[..port] : trimmed);
        if (dots == 0 && (colons == 5 || dashes == 5) && trimmed.Length == 17)
            return IsMac(trimmed) ? Found(17, PersonalKinds.MacAddress) : Verdict.None;
        return dashes == 0 && colons >= 2 && trimmed.IndexOfAnyInRange('0', '9') >= 0 && IPAddress.TryParse(trimmed, out var address) && address.AddressFamily == AddressFamily.InterNetworkV6
            ? Found(trimmed.Length, PersonalKinds.IpAddress)
            : Verdict.None;
    }

    private Verdict IPv4(ReadOnlySpan<char> before, ReadOnlySpan<char> text)
    {
        int octets = 0, value = -1;
        foreach (var c in text)
        {
            if (c == '.')
            {
                if (value < 0 || ++octets > 3)
                    return Verdict.None;
                value = -1;
            }
            else if (!char.IsAsciiDigit(c) || (value = (Math.Max(value, 0) * 10) + (c - '0')) > 255)
            {
                return Verdict.None;
            }
        }
        return octets == 3 && value >= 0 && !Letters.Mentions(before, ["version", "release", " v."], 10) ? Found(text.Length, PersonalKinds.IpAddress) : Verdict.None;
    }

    private static bool IsMac(ReadOnlySpan<char> text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (i % 3 == 2 ? text[i] != text[2] : !char.IsAsciiHexDigit(text[i]))
                return false;
        }
        return true;
    }

    private Verdict Found(int length, string kind) => kinds.Contains(kind) ? Verdict.Found(length, kind) : Verdict.None;

    private static bool IsPart(char c) => char.IsAsciiHexDigit(c) || c is ':' or '.' or '-';
}
