using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Metadata;

namespace Agents.Defaults.Limits;

/// <summary>How large bodies may be.</summary>
public static class BodyLimits
{
    /// <summary>Every route that does not say otherwise: 1 MB.</summary>
    public const long Default = 1 << 20;

    /// <summary>States the largest body that a route takes, in bytes; more is a 413.</summary>
    public static T WithBodyLimit<T>(this T builder, long bytes)
        where T : IEndpointConventionBuilder => builder.WithMetadata(new BodyLimit(bytes));

    internal static void UseBodyLimits(this IApplicationBuilder app) => app.Use((context, next) =>
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<IRequestSizeLimitMetadata>() is { MaxRequestBodySize: { } bytes }
            && context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature)
        {
            feature.MaxRequestBodySize = bytes;
        }
        // A body that says it is too large is refused before a byte of it is read.
        if (context.Request.ContentLength > context.Features.Get<IHttpMaxRequestBodySizeFeature>()?.MaxRequestBodySize)
            throw new BadHttpRequestException("The body is too large.", StatusCodes.Status413PayloadTooLarge);
        return next(context);
    });

    private sealed class BodyLimit(long bytes) : IRequestSizeLimitMetadata
    {
        public long? MaxRequestBodySize { get; } = bytes;
    }
}
