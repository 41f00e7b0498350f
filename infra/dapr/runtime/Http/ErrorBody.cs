using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Agents.LocalRuntime.Http;

/// <summary>The JSON of an <see cref="ApiException"/>.</summary>
internal static class ErrorBody
{
    private static readonly JsonSerializerOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static byte[] Write(ApiException error)
    {
        var body = new JsonObject { ["errorCode"] = error.Code, ["message"] = error.Message };
        if (error.Details.Count > 0) body["details"] = new JsonArray([.. error.Details]);
        return JsonSerializer.SerializeToUtf8Bytes(body, Options);
    }
}
