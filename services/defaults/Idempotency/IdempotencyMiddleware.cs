using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Agents.Defaults.Api;
using Agents.Defaults.Errors;
using Agents.Defaults.Identity;

namespace Agents.Defaults.Idempotency;

/// <summary>Marks creating routes: they honour <c>Idempotency-Key</c>.</summary>
/// <param name="Secret">The answer holds a secret, so only the fact that it was given is kept; a repetition is refused.</param>
public sealed record Idempotent(bool Secret);

/// <summary>
/// A request with an <c>Idempotency-Key</c> takes effect once. The same key and body get the first answer again, for 24 hours;
/// another body is a 422; a first request that still runs is a 409. A first request that was refused does not count, so the caller can mend
/// it and use the key again. One that was refused or cut short, by the death of its replica, a failure, or a caller who left, is run again
/// under the same operation when it comes as it was: what it creates gets the same id (<see cref="IdempotencyExtensions.NewId"/>), so it
/// takes up what the first one left.
/// </summary>
internal sealed class IdempotencyMiddleware(RequestDelegate next, Claims claims)
{
    private const int MaxKeyLength = 255;

    public async Task InvokeAsync(HttpContext context)
    {
        var header = context.Request.Headers["Idempotency-Key"].ToString();
        if (header.Length == 0 || context.GetEndpoint()?.Metadata.GetMetadata<Idempotent>() is not { } route || context.CallerOrNull() is not { } caller)
        {
            await next(context);
            return;
        }
        if (header.Length > MaxKeyLength)
            throw new ProblemException(Problem.Invalid("Idempotency-Key", $"An idempotency key has at most {MaxKeyLength} characters."));

        var key = $"idempotency/{caller.Tenant}/{Ids.Hash($"{context.Request.Path} {header}")}";
        var fingerprint = await FingerprintAsync(context.Request);
        var claim = await claims.TakeAsync(key, fingerprint);
        if (!claim.Ours)
        {
            await ReplayAsync(context, claim, fingerprint);
            return;
        }
        context.Items[IdempotencyExtensions.Operation] = claim.Operation;
        await RunAsync(context, key, claim, route.Secret);
    }

    private static async Task ReplayAsync(HttpContext context, Claim earlier, string fingerprint)
    {
        if (earlier.Fingerprint != fingerprint)
            throw new ProblemException(new Problem(422, "idempotency_key_reused", "This idempotency key was used with another body.", "Idempotency-Key"));
        if (earlier.Status is not { } status)
            throw new ProblemException(Problem.Conflict("idempotency_running", "The first request with this key still runs.", TimeSpan.FromSeconds(1)));
        if (earlier.Body is not { } body)
            throw new ProblemException(Problem.Conflict("idempotency_secret", "This took effect before; the secret in its answer is shown only once."));
        context.Response.StatusCode = status;
        context.Response.ContentType = earlier.ContentType;
        context.Response.Headers["Idempotent-Replayed"] = "true";
        if (earlier.Location is not null)
            context.Response.Headers.Location = earlier.Location;
        await context.Response.Body.WriteAsync(Convert.FromBase64String(body), context.RequestAborted);
    }

    private async Task RunAsync(HttpContext context, string key, Claim claim, bool secret)
    {
        var response = context.Response;
        var original = response.Body;
        await using var copy = new CopyingStream(original);
        response.Body = copy;
        var (finished, refused) = (false, false);
        try
        {
            await next(context);
            finished = response.StatusCode is >= 200 and < 400 && !copy.Overflowed && !context.RequestAborted.IsCancellationRequested;
            refused = response.StatusCode is >= 400 and < 500;
        }
        catch (ProblemException exception) when (exception.Problem.Status < 500)
        {
            refused = true;
            throw;
        }
        finally
        {
            response.Body = original;
            // The client may be gone by now; the record must be right all the same.
            await claims.EndAsync(key, finished
                ? claim with
                {
                    Status = response.StatusCode,
                    ContentType = response.ContentType,
                    Location = response.Headers.Location,
                    Body = secret ? null : Convert.ToBase64String(copy.Copied),
                }
                : claim with { Owner = null, Refused = refused });
        }
    }

    private static async Task<string> FingerprintAsync(HttpRequest request)
    {
        request.EnableBuffering();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{request.Method} {request.Path}{request.QueryString} {request.ContentType}\n"));
        var buffer = new byte[16 * 1024];
        for (int read; (read = await request.Body.ReadAsync(buffer, request.HttpContext.RequestAborted)) > 0;)
            hash.AppendData(buffer, 0, read);
        request.Body.Position = 0;
        return Base64Url.EncodeToString(hash.GetHashAndReset());
    }
}

/// <summary>How routes opt in.</summary>
public static class IdempotencyExtensions
{
    internal static readonly object Operation = new();

    /// <summary>An id for what this request creates: the same one when the request is run again under its <c>Idempotency-Key</c>.</summary>
    public static string NewId(this HttpContext context, string prefix) =>
        context.Items.TryGetValue(Operation, out var operation) ? $"{prefix}_{operation:N}" : Ids.New(prefix);

    /// <summary>The route creates something and honours <c>Idempotency-Key</c>.</summary>
    public static T WithIdempotency<T>(this T builder, bool secret = false)
        where T : IEndpointConventionBuilder => builder.WithMetadata(new Idempotent(secret));
}
