using Dapr;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Adds the unwrapping of CloudEvents.</summary>
public static class DaprApplicationBuilderExtensions
{
    /// <summary>Gives handlers the data of a CloudEvent instead of its envelope.</summary>
    public static IApplicationBuilder UseCloudEvents(this IApplicationBuilder builder) =>
        builder.UseCloudEvents(new CloudEventsMiddlewareOptions());

    /// <summary>Gives handlers the data of a CloudEvent instead of its envelope.</summary>
    public static IApplicationBuilder UseCloudEvents(this IApplicationBuilder builder, CloudEventsMiddlewareOptions options)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.UseMiddleware<CloudEventsMiddleware>(options);
    }
}
