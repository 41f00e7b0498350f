namespace Agents.LocalRuntime.Http;

/// <summary>Building blocks this runtime does not have answer as daprd does when nothing is configured for them.</summary>
internal static class AbsentBlocks
{
    /// <summary>The refusal, or null when the path belongs to none of these blocks.</summary>
    public static ApiException? Refusal(ApiRequest request)
    {
        var path = request.Path;
        if (path.Count < 3) return null;
        var name = path.Text(2);
        switch (path.Raw(1))
        {
            case "actors" or "workflows":
                return new(400, "ERR_ACTOR_NO_PLACEMENT", "placement service is not configured");
            case "lock" or "unlock":
                return new(500, "ERR_LOCK_STORE_NOT_CONFIGURED", "lock store is not configured");
            case "configuration":
                return new(500, "ERR_CONFIGURATION_STORE_NOT_CONFIGURED", "configuration stores not configured");
            case "crypto":
                return new(500, "ERR_CRYPTO_PROVIDERS_NOT_CONFIGURED", "crypto providers not configured");
            case "conversation":
                return new(400, "ERR_CONVERSATION_NOT_FOUND", $"failed finding conversation component {name}");
            case "bindings":
                return new(500, "ERR_INVOKE_OUTPUT_BINDING", $"error invoking output binding {name}: couldn't find output binding {name}");
            case "jobs":
                var (code, verb) = request.Method switch
                {
                    "GET" => ("DAPR_SCHEDULER_GET_JOB", "get"),
                    "DELETE" => ("DAPR_SCHEDULER_DELETE_JOB", "delete"),
                    _ => ("DAPR_SCHEDULER_SCHEDULE_JOB", "schedule"),
                };
                return new(
                    500, code, $"failed to {verb} job due to: scheduler clients are disabled",
                    ErrorDetail.Info(code, ("appID", request.Sidecar.Spec.AppId), ("namespace", request.Sidecar.Spec.Variable("NAMESPACE") ?? "default")));
            default:
                return null;
        }
    }
}
