using Agents.Defaults.Errors;
using Microsoft.Extensions.Options;

namespace Agents.Inference.Admission;

/// <summary>
/// Turns calls away with 503 before memory suffers: by their number, by the bytes they bring, and by the memory in use. Decided before
/// a byte of the body is read.
/// </summary>
internal sealed class AdmissionGate : IDisposable
{
    // What a call holds beside its own bytes: buffers of two connections and its objects.
    private const long PerCall = 32 * 1024;
    private const long UnknownLength = 256 * 1024;
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(250);

    private readonly int _maxCalls;
    private readonly long _maxBytes;
    private readonly long _maxMemory;
    private readonly ITimer _look;
    private long _bytes;
    private int _calls;
    private volatile bool _memoryFull;

    public AdmissionGate(IOptions<AdmissionOptions> options, TimeProvider time)
    {
        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        _maxCalls = options.Value.MaxCalls;
        _maxBytes = options.Value.MaxBytes ?? (memory / 4);
        _maxMemory = memory / 100 * options.Value.MaxMemoryPercent;
        _look = time.CreateTimer(_ => _memoryFull = GC.GetTotalMemory(forceFullCollection: false) > _maxMemory, null, LookAgain, LookAgain);
    }

    public int Calls => Volatile.Read(ref _calls);

    /// <summary>Takes a call whose body has that many bytes, or says why not.</summary>
    public Problem? TryEnter(long? contentLength, out Ticket ticket)
    {
        var bytes = (contentLength ?? UnknownLength) + PerCall;
        ticket = new Ticket(this, bytes);
        var calls = Interlocked.Increment(ref _calls);
        var total = Interlocked.Add(ref _bytes, bytes);
        if (calls <= _maxCalls && total <= _maxBytes && !_memoryFull)
            return null;
        ticket.Dispose();
        ticket = default;
        return Problem.Unavailable("overloaded", "This replica has as much work as it can hold; try again in a moment.", TimeSpan.FromSeconds(1));
    }

    public void Dispose() => _look.Dispose();

    private void Leave(long bytes)
    {
        Interlocked.Decrement(ref _calls);
        Interlocked.Add(ref _bytes, -bytes);
    }

    /// <summary>A place in the replica, until it is disposed of.</summary>
    internal readonly struct Ticket(AdmissionGate? gate, long bytes) : IDisposable
    {
        public void Dispose() => gate?.Leave(bytes);
    }
}

internal static class AdmissionServices
{
    public static IServiceCollection AddAdmission(this IServiceCollection services)
    {
        services.AddOptions<AdmissionOptions>().BindConfiguration(AdmissionOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        return services.AddSingleton<AdmissionGate>();
    }
}
