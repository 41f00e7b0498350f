using System.Text.Json;
using Agents.Defaults.Api;

namespace Agents.Analytics.Audit;

/// <summary>Checks an export of <c>/v1/audit/export</c> without any service: <c>verify-audit FILE</c>.</summary>
internal static class AuditCommand
{
    /// <returns>0 when the chain is intact, 1 when it is not, 2 when the file is no export.</returns>
    public static async Task<int> RunAsync(string file, TextWriter output)
    {
        try
        {
            var check = new AuditCheck(0, AuditChain.Start);
            await foreach (var line in File.ReadLinesAsync(file))
                check.Add(JsonSerializer.Deserialize<AuditLine>(line, Json.Options) ?? throw new JsonException("A line is null."));
            var verdict = check.Verdict(hasMore: false);
            await output.WriteLineAsync(verdict.Intact
                ? $"{verdict.Entries} entries, {verdict.Erased} of them erased: intact; last hash {verdict.Last?.Hash ?? "none"}"
                : $"entry {verdict.BrokenAt}: {verdict.Why}");
            return verdict.Intact ? 0 : 1;
        }
        catch (Exception exception) when (exception is JsonException or FormatException or IOException or UnauthorizedAccessException)
        {
            await output.WriteLineAsync($"{file} is no export of an audit log: {exception.Message}");
            return 2;
        }
    }
}
