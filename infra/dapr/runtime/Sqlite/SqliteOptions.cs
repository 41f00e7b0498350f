namespace Agents.LocalRuntime.Sqlite;

/// <summary>
/// How a database file is opened.
/// <para>
/// Synchronous NORMAL in WAL mode is the default: a commit is a write to the operating system's cache, which outlives
/// the process however it dies, so a killed runtime loses nothing it acknowledged. A power cut or a kernel crash can
/// cost the last commits (never consistency); <c>_pragma=synchronous(FULL)</c> pays one fsync per group of commits
/// and excludes that too.
/// </para>
/// </summary>
internal sealed record SqliteOptions(TimeSpan BusyTimeout, bool Wal, IReadOnlyList<KeyValuePair<string, string>> Extra)
{
    /// <summary>For a database that is no file.</summary>
    public static SqliteOptions InMemory { get; } = new(TimeSpan.Zero, Wal: false, []);

    public IEnumerable<string> Pragmas(bool readOnly)
    {
        if (!readOnly) yield return Wal ? "journal_mode=WAL" : this == InMemory ? "journal_mode=MEMORY" : "journal_mode=DELETE";
        yield return "synchronous=NORMAL";
        // 512 KiB: the system caches the file for all connections; what each of a dozen keeps besides is its own and grows to this.
        yield return "cache_size=-512";
        foreach (var (name, value) in Extra) yield return $"{name}={value}";
    }

    /// <summary>Two components that name one file share one database, so they must agree.</summary>
    public bool SameAs(SqliteOptions other) =>
        BusyTimeout == other.BusyTimeout && Wal == other.Wal && Extra.SequenceEqual(other.Extra);
}
