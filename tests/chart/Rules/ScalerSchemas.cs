using Agents.Chart.Tests.Helm;

namespace Agents.Chart.Tests.Rules;

/// <summary>What each of KEDA's scalers takes, and from where.</summary>
internal static class ScalerSchemas
{
    // KEDA's own list leaves these out: credentials that are read apart, and settings of which one of several is enough.
    private static readonly Dictionary<string, string[]> AlsoKnown = new()
    {
        ["metrics-api"] = ["authMode"],
    };

    private static readonly Dictionary<string, string[]> Credentials = new()
    {
        ["metrics-api"] = ["token"],
        ["aws-sqs-queue"] = ["awsAccessKeyID", "awsSecretAccessKey"],
    };

    private static readonly Dictionary<string, string[]> Instead = new()
    {
        ["redis-streams"] = ["addresses", "host", "hosts", "port", "ports", "username", "password", "sentinelUsername", "sentinelPassword", "sentinelMaster", "Cert", "cert", "key", "keyPassword", "ca"],
    };

    private static readonly Lazy<Dictionary<string, JsonObject>> Scalers = new(() =>
        KubeSchemas.Read("keda-scalers-schema-v2.20.2.json").List("scalers").ToDictionary(scaler => scaler.Text("type")));

    public static IEnumerable<string> Problems(Rendering rendering) =>
        from scaled in rendering.OfKind("ScaledObject")
        from trigger in scaled.Node.At("spec").List("triggers")
        from problem in Problems(rendering, trigger)
        select $"{scaled}, trigger {trigger.Text("type")}: {problem}";

    private static IEnumerable<string> Problems(Rendering rendering, JsonObject trigger)
    {
        var type = trigger.Text("type");
        if (!Scalers.Value.TryGetValue(type, out var scaler))
        {
            yield return "is unknown";
            yield break;
        }
        var parameters = scaler.List("parameters").ToDictionary(parameter => parameter.Text("name"));
        var metadata = trigger.At("metadata");
        foreach (var (name, value) in metadata)
        {
            if (value?.GetValueKind() != System.Text.Json.JsonValueKind.String)
                yield return $"{name} is not text";
            else if (!parameters.TryGetValue(name, out var parameter))
            {
                if (!AlsoKnown.GetValueOrDefault(type, []).Contains(name))
                    yield return $"{name} is unknown";
            }
            else if (!Says(parameter, "metadataVariableReadable"))
                yield return $"{name} is not read from the trigger";
            else if (parameter["allowedValue"] is JsonArray allowed && !allowed.Any(one => one!.GetValue<string>() == value.GetValue<string>()))
                yield return $"{name} is none of {allowed.ToJsonString()}";
        }

        var given = metadata.Select(pair => pair.Key).ToHashSet();
        foreach (var (name, identity) in Authentication(rendering, trigger))
        {
            given.Add(name);
            if (!identity && !Credentials.GetValueOrDefault(type, []).Contains(name) && !(parameters.TryGetValue(name, out var parameter) && Says(parameter, "triggerAuthenticationVariableReadable")))
                yield return $"{name} is not read from a TriggerAuthentication";
        }
        foreach (var (name, parameter) in parameters)
        {
            if (!Says(parameter, "optional") && parameter["default"] is null && !given.Contains(name) && !Instead.GetValueOrDefault(type, []).Contains(name))
                yield return $"{name} is missing";
        }
    }

    private static IEnumerable<(string Name, bool Identity)> Authentication(Rendering rendering, JsonObject trigger)
    {
        if (trigger["authenticationRef"] is not JsonObject reference)
            return [];
        var spec = rendering.Single("TriggerAuthentication", reference.Text("name")).Node.At("spec");
        return spec["podIdentity"] is JsonObject identity
            ? [(identity.Text("provider"), true)]
            : spec.List("secretTargetRef").Select(item => (item.Text("parameter"), false));
    }

    private static bool Says(JsonObject parameter, string what) => parameter[what]?.GetValue<bool>() == true;
}
