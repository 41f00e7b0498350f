using Agents.LocalRuntime.Http;

namespace Agents.LocalRuntime.Actors.Hosting;

/// <summary>Reads what an app answered, up to a limit.</summary>
internal static class AppBody
{
    /// <exception cref="BodyTooLargeException">The app answered more.</exception>
    public static async Task<byte[]> ReadAsync(HttpResponseMessage response, int limit, CancellationToken cancel)
    {
        var announced = response.Content.Headers.ContentLength;
        if (announced > limit) throw new BodyTooLargeException();
        await using var stream = await response.Content.ReadAsStreamAsync(cancel);
        if (announced is { } length)
        {
            var whole = new byte[length];
            await stream.ReadExactlyAsync(whole, cancel);
            return whole;
        }

        using var collected = new MemoryStream();
        var piece = new byte[8 * 1024];
        while (await stream.ReadAsync(piece, cancel) is > 0 and var count)
        {
            if (collected.Length + count > limit) throw new BodyTooLargeException();
            collected.Write(piece, 0, count);
        }

        return collected.ToArray();
    }
}
