namespace Agents.Local.Cli;

/// <summary>What a person reads once everything runs: where, with which key, and three first steps.</summary>
internal static class Welcome
{
    public static string Text(Uri address, string apiKey)
    {
        var url = address.GetLeftPart(UriPartial.Authority);
        return $$"""
            Agents is ready on {{url}}
            API key: {{apiKey}}

            Copy, paste, try:

              export KEY={{apiKey}}

              # 1. give it a document
              ID=$(curl -s {{url}}/v1/collections -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" \
                -d '{"name":"handbook"}' | sed 's/.*"id":"\([^"]*\)".*/\1/')
              curl -s {{url}}/v1/collections/$ID/documents -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" \
                -d '{"title":"Opening hours","text":"The office opens at nine and closes at six."}'

              # 2. ask
              curl -sN {{url}}/v1/sessions -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" \
                -d '{"input":"When does the office open?","stream":true}'

              # 3. see the figures
              curl -s {{url}}/v1/analytics/summary -H "Authorization: Bearer $KEY"

            Ctrl-C stops everything.
            """;
    }
}
