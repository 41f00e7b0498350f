using System.Collections.Concurrent;

namespace Agents.Defaults.State;

/// <summary>
/// Freshness of in-process copies. What is read often and changes now and then has one small version key; all of them that this process
/// uses are read in one call a second, and a body is fetched only when its version has changed. Whoever changes a body changes it
/// first and says so then; every copy follows within <see cref="Fresh"/>.
/// </summary>
public sealed partial class Versions(Stores stores, TimeProvider time, ILogger<Versions> logger) : BackgroundService
{
    /// <summary>How old a copy can be at most.</summary>
    public static readonly TimeSpan Fresh = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Watched = TimeSpan.FromMinutes(1);
    private const int MaxAtOnce = 500;

    private readonly ConcurrentDictionary<string, Seen> _seen = new(StringComparer.Ordinal);

    /// <summary>Says that what <paramref name="name"/> stands for has changed.</summary>
    public Task ChangedAsync(string name, CancellationToken cancellationToken) =>
        stores.Main.PutAsync(Key(name), Guid.CreateVersion7().ToString("N"), cancellationToken);

    /// <summary>A copy, empty until it is first asked for.</summary>
    /// <param name="name">What the version key is named after: <c>{service}/{what}</c>.</param>
    /// <param name="fetch">Reads the body.</param>
    public Copy<T> Copy<T>(string name, Func<CancellationToken, Task<T>> fetch) => new(this, name, fetch);

    /// <summary>The version, at most <see cref="Fresh"/> old. A name that nobody asks for during a minute is no longer watched.</summary>
    internal async ValueTask<string> CurrentAsync(string name, CancellationToken cancellationToken)
    {
        var now = time.GetTimestamp();
        if (_seen.TryGetValue(name, out var seen) && time.GetElapsedTime(seen.ReadAt, now) < Fresh)
        {
            Volatile.Write(ref seen.AskedAt, now);
            return seen.Version;
        }
        var version = (await stores.Main.GetAsync<string>(Key(name), cancellationToken))?.Value ?? "";
        _seen[name] = new Seen(version, now) { AskedAt = now };
        return version;
    }

    /// <summary>Reads the versions of all that was asked for lately.</summary>
    internal async Task LookAsync(CancellationToken cancellationToken)
    {
        foreach (var some in _seen.ToArray().Chunk(MaxAtOnce))
        {
            // The moment before the read: what is seen is at least as new.
            var now = time.GetTimestamp();
            foreach (var idle in some.Where(item => IsIdle(item.Value, now)))
                _seen.TryRemove(idle);
            var names = some.Where(item => !IsIdle(item.Value, now)).ToList();
            var found = await stores.Main.GetManyAsync<string>([.. names.Select(item => Key(item.Key))], cancellationToken);
            foreach (var (name, before) in names)
            {
                var after = new Seen(found.GetValueOrDefault(Key(name))?.Value ?? "", now) { AskedAt = Volatile.Read(ref before.AskedAt) };
                // Whoever asked meanwhile has read a newer one.
                _seen.TryUpdate(name, after, before);
            }
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await LookAsync(stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                // What is known grows old; whoever asks then reads the store and meets the failure.
                NotRead(logger, exception.GetType().Name);
            }
        }
    }

    private bool IsIdle(Seen seen, long now) => time.GetElapsedTime(Volatile.Read(ref seen.AskedAt), now) > Watched;

    private static string Key(string name) => $"version/{name}";

    [LoggerMessage(LogLevel.Warning, "Versions not read: {Cause}")]
    private static partial void NotRead(ILogger logger, string cause);

    private sealed class Seen(string version, long readAt)
    {
        public long AskedAt;

        public string Version => version;

        public long ReadAt => readAt;
    }
}

/// <summary>An in-process copy of something stored, fetched again when its version has changed.</summary>
public sealed class Copy<T>
{
    private readonly Versions _versions;
    private readonly string _name;
    private readonly Func<CancellationToken, Task<T>> _fetch;
    private Fetched? _last;

    internal Copy(Versions versions, string name, Func<CancellationToken, Task<T>> fetch) => (_versions, _name, _fetch) = (versions, name, fetch);

    /// <summary>The body, at most <see cref="Versions.Fresh"/> old.</summary>
    /// <exception cref="Dapr.DaprException">The store does not answer.</exception>
    public async ValueTask<T> GetAsync(CancellationToken cancellationToken)
    {
        // The version comes first: a body fetched after it is at least as new.
        var version = await _versions.CurrentAsync(_name, cancellationToken);
        if (_last is { } last && last.Version == version)
            return last.Body;
        var body = await _fetch(cancellationToken);
        _last = new Fetched(version, body);
        return body;
    }

    private sealed record Fetched(string Version, T Body);
}
