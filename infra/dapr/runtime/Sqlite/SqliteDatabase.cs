using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace Agents.LocalRuntime.Sqlite;

/// <summary>
/// One database file: a single writer thread that commits in groups, and a small pool of read-only connections.
/// <para>
/// Group commit: the writer takes everything that is waiting, runs it in one transaction, commits, and only then
/// completes the callers. Each piece of work is judged on its own: one that fails is undone alone (savepoint) and
/// the others commit. When the commit itself fails, all of its callers fail and the writer goes on.
/// </para>
/// </summary>
internal sealed class SqliteDatabase : IDisposable
{
    /// <summary>The name of a database that lives and dies with this object.</summary>
    public const string InMemory = ":memory:";

    /// <summary>Bounds the time a caller waits for the others of its group.</summary>
    private const int LargestGroup = 512;

    private readonly string _file;
    private readonly SqliteOptions _options;
    private readonly Thread _thread;
    private readonly Lock _queueLock = new();
    private readonly AutoResetEvent _waiting = new(false);
    private readonly ConcurrentBag<SqliteConnection> _readers = [];
    private readonly int _slots = Environment.ProcessorCount * 2;
    private readonly SemaphoreSlim _readerSlots;
    private SqliteConnection? _writer;
    private Queue<WriteJob> _queue = new();
    private bool _stopping;

    public SqliteDatabase(string file, SqliteOptions options)
    {
        _file = file;
        _options = options;
        _readerSlots = new SemaphoreSlim(_slots);
        if (file != InMemory && Path.GetDirectoryName(file) is { Length: > 0 } folder) Directory.CreateDirectory(folder);
        _writer = new SqliteConnection(file, readOnly: false, options);
        _thread = new Thread(WriteLoop) { IsBackground = true, Name = "sqlite " + Path.GetFileName(file) };
        _thread.Start();
    }

    public SqliteOptions Options => _options;

    /// <summary>
    /// Runs <paramref name="work"/> on the writer; the task completes after the commit. With <paramref name="atomic"/>
    /// everything the work did is undone when it throws; without, the work must be a single statement.
    /// </summary>
    public Task<T> WriteAsync<T>(Func<SqliteConnection, T> work, bool atomic)
    {
        var job = new WriteJob<T>(work, atomic);
        lock (_queueLock)
        {
            ObjectDisposedException.ThrowIf(_stopping, this);
            _queue.Enqueue(job);
        }

        _waiting.Set();
        return job.Task;
    }

    /// <summary>Runs a query on a read-only connection; it sees every write that was acknowledged before the call.</summary>
    public T Read<TArgument, T>(TArgument argument, Func<SqliteConnection, TArgument, T> query)
    {
        // A database in memory belongs to the one connection that made it.
        if (_file == InMemory) return WriteAsync(connection => query(connection, argument), atomic: false).GetAwaiter().GetResult();
        _readerSlots.Wait();
        SqliteConnection? reader = null;
        try
        {
            if (!_readers.TryTake(out reader)) reader = new SqliteConnection(_file, readOnly: true, _options);
            return query(reader, argument);
        }
        finally
        {
            if (reader is not null) _readers.Add(reader);
            _readerSlots.Release();
        }
    }

    /// <summary>Finishes what is queued, then closes the file.</summary>
    public void Dispose()
    {
        lock (_queueLock) _stopping = true;
        _waiting.Set();
        _thread.Join();
        foreach (var reader in _readers) reader.Dispose();
        _writer?.Dispose();
        _waiting.Dispose();
        _readerSlots.Dispose();
    }

    private void WriteLoop()
    {
        var group = new List<WriteJob>(LargestGroup);
        while (TakeGroup(group)) Commit(group);
    }

    private bool TakeGroup(List<WriteJob> group)
    {
        group.Clear();
        while (true)
        {
            lock (_queueLock)
            {
                while (group.Count < LargestGroup && _queue.TryDequeue(out var job)) group.Add(job);
                if (group.Count > 0) return true;
                if (_stopping) return false;
            }

            _waiting.WaitOne();
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "Every failure belongs to the callers of the group; the writer must go on.")]
    private void Commit(List<WriteJob> group)
    {
        try
        {
            var writer = _writer is { IsReadOnly: false } ? _writer : Reopen();
            writer.Execute("BEGIN IMMEDIATE");
            foreach (var job in group)
            {
                job.Run(writer);
                if (!writer.InTransaction) throw job.Failure ?? new SqliteException(0, "the transaction was lost");
            }

            writer.Execute("COMMIT");
        }
        catch (Exception error)
        {
            RollBack();
            foreach (var job in group) job.Fail(error);
            return;
        }

        foreach (var job in group) job.Complete();
    }

    private void RollBack()
    {
        try
        {
            if (_writer is { InTransaction: true }) _writer.Execute("ROLLBACK");
        }
        catch (SqliteException)
        {
            // The next BEGIN meets the same trouble and tells its own callers; this group has its error already.
        }
    }

    /// <summary>
    /// What was opened while the file system was read-only stays so for good, even when that is long writable. SQLite's connections
    /// of one process share the log's index, so none of the old ones may be left when a new one is made.
    /// </summary>
    private SqliteConnection Reopen()
    {
        for (var i = 0; i < _slots; i++) _readerSlots.Wait();
        try
        {
            while (_readers.TryTake(out var reader)) reader.Dispose();
            _writer?.Dispose();
            _writer = null;
            return _writer = new SqliteConnection(_file, readOnly: false, _options);
        }
        finally
        {
            _readerSlots.Release(_slots);
        }
    }
}
