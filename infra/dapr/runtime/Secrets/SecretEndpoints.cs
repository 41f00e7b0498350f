using System.Text.Encodings.Web;
using System.Text.Json;
using Agents.LocalRuntime.Http;
using Agents.LocalRuntime.Resources;

namespace Agents.LocalRuntime.Secrets;

/// <summary>The secrets API: <c>/v1.0/secrets/{store}/{name}</c> and <c>/bulk</c>.</summary>
internal static class SecretEndpoints
{
    private static readonly JsonSerializerOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Answers the request, or says that no secrets route fits it.</summary>
    public static bool TryHandle(ApiRequest request, string version, out Task done)
    {
        done = null!;
        if (!request.IsGet || version != "v1.0" || request.Path.Count != 4) return false;
        var name = request.Path.Text(3);
        var store = Store(request, out var scope);
        done = name == "bulk" ? GetAllAsync(request, store, scope) : GetAsync(request, store, scope, name);
        return true;
    }

    private static Task GetAsync(ApiRequest request, ISecretStore store, SecretScope? scope, string name)
    {
        var storeName = request.Path.Text(2);
        if (scope?.Allows(name) == false)
        {
            throw new ApiException(403, "ERR_PERMISSION_DENIED", $"access denied by policy to get \"{name}\" from \"{storeName}\"");
        }

        var secret = store.Get(name) ?? throw new ApiException(
            500, "ERR_SECRET_GET", $"failed getting secret with key {name} from secret store {storeName}: secret {name} not found");
        return request.JsonAsync(secret, Options);
    }

    private static Task GetAllAsync(ApiRequest request, ISecretStore store, SecretScope? scope) =>
        request.JsonAsync(store.GetAll().Where(secret => scope?.Allows(secret.Key) != false).ToDictionary(), Options);

    private static ISecretStore Store(ApiRequest request, out SecretScope? scope)
    {
        var name = request.Path.Text(2);
        var components = request.Sidecar.Components;
        scope = components.SecretScopes.GetValueOrDefault(name);
        if (components.Secrets.TryGetValue(name, out var store)) return store;
        throw components.Secrets.Count == 0
            ? new ApiException(500, "ERR_SECRET_STORES_NOT_CONFIGURED", "secret store is not configured")
            : new ApiException(401, "ERR_SECRET_STORE_NOT_FOUND", $"failed finding secret store with key {name}");
    }
}
