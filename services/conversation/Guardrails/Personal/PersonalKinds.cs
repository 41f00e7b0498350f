using Agents.Conversation.Guardrails.Spans;

namespace Agents.Conversation.Guardrails.Personal;

/// <summary>
/// Personal data that has a form: what a pattern, a check digit or the words before it can tell. Names and postal addresses have none, and
/// are not found.
/// </summary>
internal static class PersonalKinds
{
    public const string Email = "email";
    public const string Phone = "phone";
    public const string CreditCard = "credit_card";
    public const string Iban = "iban";
    public const string IpAddress = "ip_address";
    public const string MacAddress = "mac_address";
    public const string NationalId = "national_id";
    public const string UsSsn = "us_ssn";
    public const string DocumentNumber = "document_number";

    /// <summary>Any address on the web: only when asked for by name.</summary>
    public const string WebAddress = "web_address";

    public static IReadOnlyList<string> All { get; } =
        [Email, Phone, CreditCard, Iban, IpAddress, MacAddress, NationalId, UsSsn, DocumentNumber, WebAddress];

    /// <summary>Detectors of these kinds in the order in which they are asked; absent: all but web addresses.</summary>
    public static IReadOnlyList<IDetector> Detectors(IReadOnlyList<string>? kinds)
    {
        var wanted = (kinds ?? [.. All.Where(kind => kind != WebAddress)]).ToHashSet(StringComparer.Ordinal);
        return
        [
            .. new (string[] Kinds, IDetector Detector)[]
            {
                ([WebAddress], new WebAddressDetector()),
                ([Email], new EmailDetector()),
                ([Iban], new IbanDetector()),
                ([IpAddress, MacAddress], new NetworkAddressDetector(wanted)),
                ([NationalId, DocumentNumber], new CodeDetector(wanted)),
                ([CreditCard, NationalId, UsSsn, Phone], new NumberDetector(wanted)),
            }.Where(one => one.Kinds.Any(wanted.Contains)).Select(one => one.Detector),
        ];
    }
}
