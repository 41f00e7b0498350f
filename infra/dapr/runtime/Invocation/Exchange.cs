using Agents.LocalRuntime.Apps;
using Agents.LocalRuntime.Http;

namespace Agents.LocalRuntime.Invocation;

/// <summary>An app's answer, of which the body is still to come, and the call slot it holds.</summary>
internal sealed class Exchange(HttpResponseMessage response, AppChannel.Slot slot) : IDisposable
{
    private const int PieceSize = 8 * 1024;

    /// <summary>The status by which a resiliency policy counts the answer as a failure.</summary>
    public static int? Failure(Exchange exchange) => exchange.Status is < 200 or >= 400 ? exchange.Status : null;

    private int Status => (int)response.StatusCode;

    /// <summary>Passes everything on as it comes; each piece is flushed, so that streams flow.</summary>
    /// <exception cref="ResponseBrokenException">The app broke off.</exception>
    public async Task CopyToAsync(ApiRequest request)
    {
        var target = request.Http.Response;
        target.StatusCode = Status;
        foreach (var (name, values) in response.Headers.NonValidated)
        {
            if (!HopByHop.Headers.Contains(name)) target.Headers.Append(name, values.ToArray());
        }

        foreach (var (name, values) in response.Content.Headers.NonValidated)
        {
            if (!HopByHop.Headers.Contains(name)) target.Headers.Append(name, values.ToArray());
        }

        if (Status is 204 or 304 || HttpMethods.IsHead(request.Method)) return;
        target.ContentLength = response.Content.Headers.ContentLength;
        await using var body = await response.Content.ReadAsStreamAsync(request.Aborted);
        while (true)
        {
            var piece = target.BodyWriter.GetMemory(PieceSize);
            var length = await ReadAsync(body, piece, request);
            if (length == 0) return;

            // Go's server names a type for every body.
            if (!target.HasStarted && target.ContentType is null) target.ContentType = "text/plain; charset=utf-8";
            target.BodyWriter.Advance(length);
            await target.BodyWriter.FlushAsync(request.Aborted);
        }
    }

    public void Dispose()
    {
        response.Dispose();
        slot.Dispose();
    }

    private static async ValueTask<int> ReadAsync(Stream body, Memory<byte> piece, ApiRequest request)
    {
        try
        {
            return await body.ReadAsync(piece, request.Aborted);
        }
        catch (Exception error) when (error is IOException or HttpRequestException)
        {
            throw new ResponseBrokenException(error);
        }
    }
}
