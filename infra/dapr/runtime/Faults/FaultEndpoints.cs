using System.Text.Json;
using Agents.LocalRuntime.Http;

namespace Agents.LocalRuntime.Faults;

/// <summary>
/// Admin routes for tests, open only with <c>--enable-fault-injection</c> and only with the API token, where one is set:
/// <c>PUT /v1.0-local/faults/{component}</c> with <c>{"mode":"slow|error|down","delayMs":N,"ratio":0..1}</c> and <c>DELETE</c>.
/// A fault holds for the component of that name in all apps of the process.
/// </summary>
internal static class FaultEndpoints
{
    public const string Version = "v1.0-local";
    private const int LongestDelayMs = 600_000;

    /// <summary>Answers the request, or says that it is none of these.</summary>
    public static bool TryHandle(ApiRequest request, FaultGates gates, out Task done)
    {
        done = Task.CompletedTask;
        if (request.Path.Count != 3 || request.Path.Raw(1) != "faults") return false;
        if (request.Method == "PUT") done = SetAsync(request, Gate(request, gates));
        else if (request.IsDelete) Clear(request, Gate(request, gates));
        else return false;
        return true;
    }

    private static FaultGate Gate(ApiRequest request, FaultGates gates)
    {
        var name = request.Path.Text(2);
        return gates.Find(name)
            ?? throw new ApiException(404, "ERR_FAULT_COMPONENT", $"component {name} is not found among state stores and pubsubs");
    }

    private static void Clear(ApiRequest request, FaultGate gate)
    {
        gate.Set(null);
        request.NoContent();
    }

    private static async Task SetAsync(ApiRequest request, FaultGate gate)
    {
        gate.Set(Read(await request.ReadBodyAsync()));
        request.NoContent();
    }

    private static Fault Read(byte[] body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            var root = document.RootElement;
            var mode = root.GetProperty("mode").GetString() switch
            {
                "slow" => FaultMode.Slow,
                "error" => FaultMode.Error,
                "down" => FaultMode.Down,
                var other => throw Refused($"mode '{other}' must be slow, error or down"),
            };
            var delay = root.TryGetProperty("delayMs", out var milliseconds) ? milliseconds.GetInt32() : 0;
            if (delay is < 0 or > LongestDelayMs) throw Refused($"delayMs must be from 0 to {LongestDelayMs}");
            var ratio = root.TryGetProperty("ratio", out var share) ? share.GetDouble() : 1;
            if (ratio is not (>= 0 and <= 1)) throw Refused("ratio must be from 0 to 1");
            return new(mode, TimeSpan.FromMilliseconds(delay), ratio);
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw Refused("the body must be like {\"mode\":\"slow\",\"delayMs\":100,\"ratio\":0.1}");
        }
    }

    private static ApiException Refused(string what) => new(400, "ERR_FAULT", what);
}
