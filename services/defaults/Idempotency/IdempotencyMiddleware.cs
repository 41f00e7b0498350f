using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;
using Agents.Defaults.Api;
using Agents.Defaults.Errors;
using Agents.Defaults.Identity;
using Agents.Defaults.Replicas;
using Agents.Defaults.State;

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
internal sealed class IdempotencyMiddleware(RequestDelegate next, Stores stores, ReplicaMonitor replicas)
{
    private const int MaxKeyLength = 255;
    private static readonly TimeSpan Kept = TimeSpan.FromHours(24);

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
        var mine = new Answer(fingerprint, replicas.Self, Guid.CreateVersion7(), null, null, null, null);
        var claimed = await ClaimAsync(key, mine, context.RequestAborted);
        if (!claimed.Ours)
        {
            await ReplayAsync(context, claimed, fingerprint);
            return;
        }
        context.Items[IdempotencyExtensions.Operation] = claimed.Operation;
        await RunAsync(context, key, claimed with { Ours = false }, route.Secret);
    }

    /// <summary>The claim that is ours to run; else the answer, or the running request, that has the key.</summary>
    private async Task<Answer> ClaimAsync(string key, Answer mine, CancellationToken cancellationToken)
    {
        while (!await stores.Main.TryCreateAsync(key, mine, cancellationToken, Kept))
        {
            if (await stores.Main.GetAsync<Answer>(key, cancellationToken) is not { } found)
                continue;
            var same = found.Value.Fingerprint == mine.Fingerprint;
            if (found.Value.Status is not null || (!same && !found.Value.Refused) || (found.Value.Owner is { } owner && replicas.IsAlive(owner)))
                return found.Value;
            if (same)
                mine = mine with { Operation = found.Value.Operation };
            if (await stores.Main.TryReplaceAsync(key, mine, found.ETag, cancellationToken, Kept))
                break;
        }
        return mine with { Ours = true };
    }

    private static async Task ReplayAsync(HttpContext context, Answer earlier, string fingerprint)
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

    private async Task RunAsync(HttpContext context, string key, Answer mine, bool secret)
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
            if (finished)
                await stores.Main.PutAsync(key, mine with
                {
                    Status = response.StatusCode,
                    ContentType = response.ContentType,
                    Location = response.Headers.Location,
                    Body = secret ? null : Convert.ToBase64String(copy.Copied),
                }, CancellationToken.None, Kept);
            else
                await stores.Main.PutAsync(key, mine with { Owner = null, Refused = refused }, CancellationToken.None, Kept);
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

    /// <param name="Owner">The replica that runs the request; null once it was cut short.</param>
    /// <param name="Operation">Stays the same when the request is run again: what it made before it was cut or refused is not made twice.</param>
    /// <param name="Status">Null until the request has been answered.</param>
    /// <param name="Body">Base64; absent when it held a secret.</param>
    private sealed record Answer(
        string Fingerprint, ReplicaId? Owner, Guid Operation, int? Status, string? ContentType, string? Location, string? Body)
    {
        /// <summary>The request was refused for what is wrong with it: a better one may have the key.</summary>
        public bool Refused { get; init; }

        /// <summary>Whether this very request may run.</summary>
        [JsonIgnore]
        public bool Ours { get; init; }
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
