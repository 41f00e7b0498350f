using System.Net;
using Dapr;

namespace Agents.SdkTests.Scripted;

/// <summary>What every failed call has in common.</summary>
internal static class Failures
{
    /// <summary>Asserts the exact message of the official package, and what the sidecar said inside it.</summary>
    public static async Task<HttpRequestException> RefusedAsync(string operation, HttpStatusCode? status, Func<Task> call)
    {
        var error = await Assert.ThrowsAsync<DaprException>(call);
        Assert.Equal($"{operation} operation failed: the Dapr endpoint indicated a failure. See InnerException for details.", error.Message);
        var inner = Assert.IsType<HttpRequestException>(error.InnerException);
        Assert.Equal(status, inner.StatusCode);
        return inner;
    }
}
