using System.Text.Json;

namespace Agents.LocalRuntime.PubSub;

/// <summary>What an app's answer to a delivery means.</summary>
internal sealed record AppAnswer(Verdict Verdict, int Status, string Problem)
{
    public static readonly AppAnswer Unreachable = new(Verdict.Unreachable, 0, "the app is not there");

    public static readonly AppAnswer Broken = new(Verdict.Failed, 500, "the app broke the connection");

    public bool Failed => Verdict == Verdict.Failed;

    public static async Task<AppAnswer> ReadAsync(HttpResponseMessage response, CancellationToken cancel)
    {
        var status = (int)response.StatusCode;
        if (status == StatusCodes.Status404NotFound) return new(Verdict.Dropped, status, "the app answered 404");
        if (status is < 200 or > 299) return new(Verdict.Failed, status, $"the app answered {status}");
        var body = await response.Content.ReadAsByteArrayAsync(cancel);
        return ReadStatus(body) switch
        {
            "" or "SUCCESS" => new(Verdict.Done, status, ""),
            "DROP" => new(Verdict.Dropped, status, "the app answered DROP"),
            "RETRY" => new(Verdict.Failed, status, "the app answered RETRY"),
            _ => new(Verdict.Failed, status, "the app answered an unknown status"),
        };
    }

    /// <summary>The status member; a body that is no such JSON says nothing against success.</summary>
    private static string ReadStatus(byte[] body)
    {
        if (body.Length == 0) return "";
        try
        {
            using var document = JsonDocument.Parse(body);
            var root = document.RootElement;
            return root.ValueKind == JsonValueKind.Object && root.TryGetProperty("status", out var status) &&
                status.ValueKind == JsonValueKind.String
                ? status.GetString()!
                : "";
        }
        catch (JsonException)
        {
            return "";
        }
    }
}
