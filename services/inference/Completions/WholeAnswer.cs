using System.Text.Json.Nodes;
using Agents.Inference.Calls;

namespace Agents.Inference.Completions;

/// <summary>An answer in one document, with our cost in its usage.</summary>
internal static class WholeAnswer
{
    public static async Task SendAsync(JsonObject answer, Call call, HttpResponse response, CancellationToken cancellationToken)
    {
        call.Observe(answer);
        answer["usage"] = call.UsageJson();
        await response.WriteAsJsonAsync(answer, cancellationToken);
        call.Succeed();
    }
}
