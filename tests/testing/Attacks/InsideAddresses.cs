namespace Agents.Testing.Attacks;

/// <summary>Ways to write addresses that are not public, names that stand for them, and addresses that are none.</summary>
public static class InsideAddresses
{
    /// <summary>Hosts; whoever connects to one is inside.</summary>
    public static IReadOnlyList<string> Hosts { get; } =
    [
        // Loopback, as number, octal, hexadecimal, short, in other digits and full stops.
        "127.0.0.1", "127.1", "127.0.1", "0x7f000001", "0x7f.0.0.1", "0x7F.0x0.0x0.0x1", "017700000001", "0177.0.0.1", "0177.0.0.01", "00000177.0.0.1", "2130706433", "127.255.255.254",
        "127.0.0.1.", "127.00.00.01", "127.65535", "0.0.0.0", "0", "0x0", "00", "localhost", "localhost.", "LOCALHOST", "LocalHost", "sub.localhost",
        "１２７.０.０.１", "127。0。0。1", "127．0．0．1", "127｡0｡0｡1", "①②⑦.0.0.1", "ｌｏｃａｌｈｏｓｔ", "loc%61lhost", "%6c%6f%63alhost", "127.0.0.%31",
        "[::1]", "[0:0:0:0:0:0:0:1]", "[::0001]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:7f00:0001]", "[::ffff:0:127.0.0.1]", "[::127.0.0.1]", "[::1%25lo]", "[::1%251]",
        // Private, shared, link-local, metadata.
        "10.0.0.1", "10.255.255.255", "10.1", "0x0a000001", "167772161", "172.16.0.1", "172.31.255.255", "172.20.10", "192.168.0.1", "192.168.1", "3232235777", "0xc0a80101", "100.64.0.1", "100.127.255.255",
        "169.254.169.254", "169.254.43518", "2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "[::ffff:169.254.169.254]", "[::ffff:a9fe:a9fe]", "169.254.170.2",
        "[fe80::1]", "[fe80::1%25eth0]", "[febf::1]", "[fd00::1]", "[fc00::1]", "[fdff:ffff::1]", "[fd00:ec2::254]", "[fec0::1]", "[ff02::1]", "[ff01::1]", "[ff0e::1]",
        // An address inside, dressed as one outside.
        "[64:ff9b::7f00:1]", "[64:ff9b::127.0.0.1]", "[64:ff9b::a9fe:a9fe]", "[64:ff9b::10.0.0.1]", "[64:ff9b:1::1]", "[2002:7f00:1::]", "[2002:7f00:0001::1]", "[2002:c0a8:1::]", "[2002:a9fe:a9fe::]",
        "[2001:0:4136:e378::]", "[2001:0:7f00:1::]", "[2001:db8::1]", "[3fff::1]", "[100::1]", "[5f00::1]", "[4000::1]", "[::ffff:10.0.0.1]", "[::ffff:192.168.0.1]", "[::10.0.0.1]",
        // Reserved for documents, tests, groups, the future.
        "192.0.2.1", "198.51.100.1", "203.0.113.1", "198.18.0.1", "198.19.255.255", "192.0.0.8", "192.0.0.192", "192.88.99.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "0.1.2.3",
        // None at all.
        "256.0.0.1", "127.0.0.256", "1.2.3.4.5", "-", "[:::1]", "[::g]",
    ];

    /// <summary>Addresses that are refused for what they are, wherever they lead.</summary>
    public static IReadOnlyList<string> Urls { get; } =
    [
        "file:///etc/passwd", "gopher://127.0.0.1/_x", "ftp://example.com/", "http://user:pass@example.com/", "http://example.com@127.0.0.1/", "http://127.0.0.1#@example.com/", "//example.com/",
        "not an address", "http:///", "http://", "https:", "dict://127.0.0.1:11211/", "ldap://127.0.0.1/", "jar:http://127.0.0.1!/", "javascript:alert(1)", "data:text/plain,x", "unix:///var/run/docker.sock",
        "http+unix://%2Fvar%2Frun%2Fdocker.sock/", "\\\\127.0.0.1\\x", "ws://127.0.0.1/", "http://[127.0.0.1]/", "http://127.0.0.1:99999/", "http://127.0.0.1:-1/", "http://127.0.0.1 /", "http://127.0.0.1\t/",
    ];
}
