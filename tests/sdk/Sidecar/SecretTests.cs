using System.Net;
using Agents.SdkTests.Scripted;

namespace Agents.SdkTests.Sidecar;

public sealed class SecretTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_secret_is_read_by_name_with_metadata_in_the_query()
    {
        await using var sidecar = await ScriptedSidecar.StartAsync();
        sidecar.Answer("GET /v1.0/secrets/secrets/model%3Akey?metadata.version_id=1", 200, """{"model:key":"s"}""");
        using var client = sidecar.Client();

        var secret = await client.GetSecretAsync("secrets", "model:key", new Dictionary<string, string> { ["version_id"] = "1" }, Cancelled);

        Assert.Equal(new Dictionary<string, string> { ["model:key"] = "s" }, secret);
    }

    [Fact]
    public async Task All_secrets_are_read_at_once()
    {
        await using var sidecar = await ScriptedSidecar.StartAsync();
        sidecar.Answer("GET /v1.0/secrets/secrets/bulk?metadata.namespace=n", 200, """{"a":{"a":"1"},"b":{"x":"2","y":"3"}}""");
        using var client = sidecar.Client();

        var secrets = await client.GetBulkSecretAsync("secrets", new Dictionary<string, string> { ["namespace"] = "n" }, Cancelled);

        Assert.Equal(["a", "b"], secrets.Keys.Order());
        Assert.Equal(new Dictionary<string, string> { ["x"] = "2", ["y"] = "3" }, secrets["b"]);
    }

    [Theory]
    [InlineData(401)]
    [InlineData(403)]
    [InlineData(500)]
    public async Task A_refusal_throws(int status)
    {
        await using var sidecar = await ScriptedSidecar.StartAsync();
        sidecar.Answer("GET /v1.0/secrets/secrets/a", status).Answer("GET /v1.0/secrets/secrets/bulk", status);
        using var client = sidecar.Client();

        await Failures.RefusedAsync("Secret", (HttpStatusCode)status, () => client.GetSecretAsync("secrets", "a", cancellationToken: Cancelled));
        await Failures.RefusedAsync("Bulk secret", (HttpStatusCode)status, () => client.GetBulkSecretAsync("secrets", cancellationToken: Cancelled));
    }

    [Fact]
    public async Task Missing_names_are_refused_before_anything_is_sent()
    {
        await using var sidecar = await ScriptedSidecar.StartAsync();
        using var client = sidecar.Client();

        await Assert.ThrowsAsync<ArgumentException>(() => client.GetSecretAsync("", "a", cancellationToken: Cancelled));
        await Assert.ThrowsAsync<ArgumentNullException>(() => client.GetSecretAsync("secrets", null!, cancellationToken: Cancelled));

        Assert.Empty(sidecar.Received);
    }
}
