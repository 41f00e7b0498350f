using Agents.Conversation.Guardrails;
using Agents.Conversation.Guardrails.Personal;
using Xunit;

namespace Agents.Conversation.Tests.Guardrails;

/// <summary>Numbers here are the issuers' own examples or made up to fit.</summary>
public sealed class PersonalDataTests
{
    private static readonly Guard Masking = new(
        new GuardrailPolicy(Input: new GuardrailRules(Pii: GuardrailAction.Mask), PiiTypes: PersonalKinds.All), GuardrailPlace.Input);

    [Theory]
    [InlineData("Write to jane.o'neil+x@mail.example.co.uk.", "Write to [email].")]
    [InlineData("Schreib an jürgen@müller.de!", "Schreib an [email]!")]
    [InlineData("IBAN DE89 3704 0044 0532 0130 00, thanks", "IBAN [iban], thanks")]
    [InlineData("gb82west12345698765432", "[iban]")]
    [InlineData("FR14-2004-1010-0505-0001-3M02-606", "[iban]")]
    [InlineData("4111 1111 1111 1111", "[credit_card]")]
    [InlineData("my card is 378282246310005 ok", "my card is [credit_card] ok")]
    [InlineData("４１１１ １１１１ １１１１ １１１１", "[credit_card]")]
    [InlineData("+49 (0)30 901820-0 today", "[phone] today")]
    [InlineData("Call me at (555) 010-4477 ext. 12.", "Call me at [phone].")]
    [InlineData("Phone: 5550104477", "Phone: [phone]")]
    [InlineData("from 192.168.10.7:8080", "from [ip_address]:8080")]
    [InlineData("from 2001:db8:85a3::8a2e:370:7334.", "from [ip_address].")]
    [InlineData("00:1A:2b:3c:4D:5e", "[mac_address]")]
    [InlineData("SSN 078-05-1120", "SSN [us_ssn]")]
    [InlineData("NI number AA 12 34 56 C or AA123456C.", "NI number AA 12 34 56 C or [national_id].")]
    [InlineData("My passport number is C01X00T47.", "My passport number is [document_number].")]
    [InlineData("at https://jane.example.org/me?x=1.", "at [web_address].")]
    public void What_has_a_form_is_masked(string text, string expected) => Assert.Equal(expected, Masking.Check(text).Text);

    [Theory]
    [InlineData("Spain", "12345678Z")]
    [InlineData("Spain, foreigner", "X1234567L")]
    [InlineData("Italy", "RSSMRA85T10A562S")]
    [InlineData("Finland", "131052-308T")]
    [InlineData("China", "11010519491231002X")]
    [InlineData("Mexico", "HEGG560427MVZRRL04")]
    [InlineData("France", "255081416802538")]
    [InlineData("Belgium", "85.07.30-033.28")]
    [InlineData("Norway", "01010750160")]
    [InlineData("Turkey", "10000000146")]
    [InlineData("Brazil", "529.982.247-25")]
    [InlineData("Poland", "PESEL 44051401359")]
    [InlineData("Germany", "Steuer-ID 86095742719")]
    [InlineData("South Africa", "identity 8001015009087")]
    [InlineData("Sweden", "811218-9876")]
    [InlineData("NHS", "NHS 943 476 5919")]
    [InlineData("India", "2341 2341 2346")]
    [InlineData("Netherlands", "BSN 111222333")]
    [InlineData("Canada", "SIN 130 692 544")]
    [InlineData("Australia", "TFN 123 456 782")]
    public void National_numbers_are_known_by_their_check_digits(string country, string text)
    {
        Assert.EndsWith("[national_id]", Masking.Check(text).Text, StringComparison.Ordinal);
        // One digit less or more is another number.
        var wrong = Changed(text);
        Assert.False(Masking.Check(wrong).Text.EndsWith("[national_id]", StringComparison.Ordinal), $"{country}: {wrong}");
    }

    [Theory]
    [InlineData("on 2024-03-05 11:34:35")]
    [InlineData("born 8/12/1991")]
    [InlineData("it costs 1 250 000 EUR")]
    [InlineData("1.250.000 people")]
    [InlineData("order 4111111111111112")]
    [InlineData("order number 20240305123")]
    [InlineData("version 10.2.3.4")]
    [InlineData("at 12:34:56 and std::vector")]
    [InlineData("GB00 WEST 1234 5698 7654 32")]
    [InlineData("user@localhost and @handle")]
    [InlineData("pages 12-18, 20-25, chapter 3.4.5")]
    [InlineData("pi is 3.14159265358979")]
    public void What_only_looks_like_it_stays(string text) => Assert.Equal(text, Masking.Check(text).Text);

    [Fact]
    public void Numbers_with_check_digits_are_found_in_any_writing_and_not_when_a_digit_is_wrong()
    {
        var random = new Random(35);
        var (found, falsely) = (0, 0);
        const int Each = 300;
        for (var n = 0; n < Each; n++)
        {
            var (number, mask) = n % 2 == 0 ? (Card(random), "[credit_card]") : (Iban(random), "[iban]");
            // As people write them: together, in groups, with other blanks and hyphens.
            string Written(string plain) => random.Next(4) is var how && how == 0 ? plain : string.Join(" -\u00A0"[how - 1], plain.Chunk(4).Select(four => new string(four)));
            found += Masking.Check($"Please take it from {Written(number)}, thank you.").Text.Contains(mask, StringComparison.Ordinal) ? 1 : 0;
            falsely += Masking.Check($"Please take it from {Written(Changed(number))}, thank you.").Text.Contains(mask, StringComparison.Ordinal) ? 1 : 0;
        }
        Assert.True(found >= Each * 0.98, $"{found} of {Each} were found");
        Assert.True(falsely <= Each * 0.05, $"{falsely} of {Each} were found that are none");
    }

    private static string Card(Random random)
    {
        var digits = (random.Next(2) == 0 ? "4" : "5" + random.Next(1, 6)).PadRight(15, 'x').Select(digit => digit == 'x' ? random.Next(10) : digit - '0').ToList();
        var sum = digits.Select((digit, at) => at % 2 == 0 ? (digit * 2 / 10) + (digit * 2 % 10) : digit).Sum();
        return string.Concat(digits) + ((10 - (sum % 10)) % 10);
    }

    private static string Iban(Random random)
    {
        var account = string.Concat(Enumerable.Range(0, 18).Select(_ => random.Next(10)));
        // D is 13, E is 14, and the check digits stand for 00 at the end.
        var rest = (int)(System.Numerics.BigInteger.Parse(account + "131400", System.Globalization.CultureInfo.InvariantCulture) % 97);
        return $"DE{98 - rest:00}{account}";
    }

    // The last digit but the check characters', so that the form stays.
    private static string Changed(string text)
    {
        var at = text.LastIndexOfAny([.. "0123456789"], text.Length - 3);
        return $"{text[..at]}{(char)('0' + ((text[at] - '0' + 1) % 10))}{text[(at + 1)..]}";
    }
}
