using System.Buffers;
using Agents.LocalRuntime.Apps;
using Agents.LocalRuntime.Http;

namespace Agents.LocalRuntime.Invocation;

/// <summary>An app's answer, of which the body is still to come, and the call slot it holds.</summary>
internal sealed class Exchange(HttpResponseMessage response, AppChannel.Slot slot) : IDisposable
{
    private const int PieceSize = 16 * 1024;

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
        var length = response.Content.Headers.ContentLength;
        target.ContentLength = length;

        // Go's server names a type for every body.
        if (length != 0 && target.ContentType is null) target.ContentType = "text/plain; charset=utf-8";
        await using var body = await response.Content.ReadAsStreamAsync(request.Aborted);
        var piece = ArrayPool<byte>.Shared.Rent(PieceSize);
        try
        {
            while (await ReadAsync(body, piece, request) is > 0 and var count)
                await target.BodyWriter.WriteAsync(piece.AsMemory(0, count), request.Aborted);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
    }

    public void Dispose()
    {
        response.Dispose();
        slot.Dispose();
    }

    private static async ValueTask<int> ReadAsync(Stream body, byte[] piece, ApiRequest request)
    {
        try
        {
            var read = body.ReadAsync(piece, request.Aborted);

            // A stream that has nothing to say yet shows its head at once.
            if (!read.IsCompleted && !request.Http.Response.HasStarted) await request.Http.Response.BodyWriter.FlushAsync(request.Aborted);
            return await read;
        }
        catch (Exception error) when (error is IOException or HttpRequestException)
        {
            throw new ResponseBrokenException(error);
        }
    }
}
