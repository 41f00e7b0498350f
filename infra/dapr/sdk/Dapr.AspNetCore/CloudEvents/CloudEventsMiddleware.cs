using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Dapr;

/// <summary>Replaces the body of a request that carries a CloudEvent (structured JSON mode) by the event's data.</summary>
internal sealed class CloudEventsMiddleware(RequestDelegate next, CloudEventsMiddlewareOptions options)
{
    private const string EventContentType = "application/cloudevents+json";

    /// <summary>They are in the body, or in headers the sidecar sends itself.</summary>
    private static readonly string[] NeverForwarded = ["datacontenttype", "data", "data_base64", "pubsubname", "traceparent"];

    public async Task InvokeAsync(HttpContext context)
    {
        if (!MediaTypeHeaderValue.TryParse(context.Request.ContentType, out var type) || type.MediaType != EventContentType)
        {
            await next(context);
            return;
        }

        using var envelope = await ReadAsync(context.Request, type.Encoding ?? Encoding.UTF8);
        if (envelope is null || !CloudEventData.TryRead(envelope.RootElement, options.SuppressJsonDecodingOfTextPayloads, out var data))
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }

        if (options.ForwardCloudEventPropertiesAsHeaders) Forward(envelope.RootElement, context.Request.Headers);
        await HandleAsync(context, data);
    }

    /// <summary>Runs the rest of the pipeline on the data, and then shows the request as it came.</summary>
    private async Task HandleAsync(HttpContext context, CloudEventData data)
    {
        var request = context.Request;
        var (body, contentType, length) = (request.Body, request.ContentType, request.ContentLength);
        try
        {
            (request.Body, request.ContentType) = (new MemoryStream(data.Bytes), data.ContentType);
            request.ContentLength = data.Bytes.Length;
            await next(context);
        }
        finally
        {
            (request.Body, request.ContentType, request.ContentLength) = (body, contentType, length);
        }
    }

    private static async Task<JsonDocument?> ReadAsync(HttpRequest request, Encoding encoding)
    {
        try
        {
            var utf8 = encoding is UTF8Encoding ? request.Body : Encoding.CreateTranscodingStream(request.Body, encoding, Encoding.UTF8);
            return await JsonDocument.ParseAsync(utf8, cancellationToken: request.HttpContext.RequestAborted);
        }
        catch (JsonException)
        {
            // Whoever sent it learns by the 400 that it is no event.
            return null;
        }
    }

    private void Forward(JsonElement envelope, IHeaderDictionary headers)
    {
        foreach (var attribute in envelope.EnumerateObject().Where(attribute => IsForwarded(attribute.Name)))
            headers.TryAdd($"Cloudevent.{attribute.Name.ToLowerInvariant()}", attribute.Value.GetRawText().Trim('"'));
    }

    private bool IsForwarded(string name)
    {
        if (Contains(NeverForwarded, name)) return false;
        if (options.IncludedCloudEventPropertiesAsHeaders is { } included) return Contains(included, name);
        return options.ExcludedCloudEventPropertiesFromHeaders is not { } excluded || !Contains(excluded, name);
    }

    private static bool Contains(string[] names, string name) => names.Contains(name, StringComparer.OrdinalIgnoreCase);
}
