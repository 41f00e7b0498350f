using Agents.LocalRuntime.PubSub;
using Agents.LocalRuntime.Sqlite;
using Agents.LocalRuntime.State;
using Agents.Testing;

namespace Agents.Conformance.Units;

/// <summary>The group-committing writer and what is built on it, on real files.</summary>
public sealed class SqliteDatabaseTests : IDisposable
{
    private static readonly SqliteOptions Options = new(TimeSpan.FromMilliseconds(200), Wal: true, []);
    private readonly string _folder = Directory.CreateTempSubdirectory("sqlite-").FullName;

    private string Path => System.IO.Path.Combine(_folder, "test.db");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task One_failing_piece_of_work_is_undone_alone()
    {
        using var database = new SqliteDatabase(Path, Options);
        await database.WriteAsync(connection => Run(connection, "CREATE TABLE t(n INTEGER PRIMARY KEY)"), atomic: false);
        using var gate = new ManualResetEventSlim();

        // The first holds the writer up, so that the others come into one group.
        var first = database.WriteAsync(_ => gate.Wait(TimeSpan.FromSeconds(10)), atomic: false);
        var good = database.WriteAsync(connection => Run(connection, "INSERT INTO t VALUES(1)"), atomic: false);
        var bad = database.WriteAsync(
            connection =>
            {
                Run(connection, "INSERT INTO t VALUES(2)");
                return Run(connection, "INSERT INTO t VALUES(1)");
            },
            atomic: true);
        var last = database.WriteAsync(connection => Run(connection, "INSERT INTO t VALUES(3)"), atomic: false);
        gate.Set();
        await Task.WhenAll(first, good, last);
        await Assert.ThrowsAsync<SqliteException>(() => bad);
        Assert.Equal([1, 3], Numbers(database));
    }

    [Fact]
    public async Task A_full_disk_fails_its_writers_and_the_next_ones_work_again()
    {
        using var database = new SqliteDatabase(Path, Options with { Extra = [new("max_page_count", "40")] });
        var store = new SqliteStateStore(database, "state", TimeProvider.System);
        var cancel = TestContext.Current.CancellationToken;
        var written = 0;
        var error = await Assert.ThrowsAsync<SqliteException>(async () =>
        {
            for (; written < 1000; written++) await store.WriteAsync(new($"k{written}", new byte[8_000], null, false, null), cancel);
        });
        Assert.Contains("full", error.Message, StringComparison.Ordinal);
        Assert.NotNull(await store.GetAsync($"k{written - 1}", cancel));
        for (var i = 0; i < written; i++) await store.WriteAsync(new($"k{i}", null, null, false, null), cancel);
        await store.WriteAsync(new("after", [1], null, false, null), cancel);
        Assert.NotNull(await store.GetAsync("after", cancel));
    }

    [Fact]
    public async Task A_file_opened_while_its_disk_was_read_only_is_written_as_soon_as_that_is_over()
    {
        Assert.SkipUnless(SmallDisk.IsAllowed, "a small file system needs the right to mount one (root on Linux)");
        using var disk = new SmallDisk(4);
        var file = System.IO.Path.Combine(disk.Folder, "test.db");
        using (var before = new SqliteDatabase(Path, Options))
        {
            await before.WriteAsync(connection => Run(connection, "CREATE TABLE t(n INTEGER PRIMARY KEY)"), atomic: false);
            // With its log, as a killed process leaves it.
            foreach (var part in (string[])["", "-wal", "-shm"])
                File.Copy(Path + part, file + part);
        }

        Assert.True(disk.TryMakeReadOnly());
        using var database = new SqliteDatabase(file, Options);
        Assert.Empty(Numbers(database));
        await Assert.ThrowsAsync<SqliteException>(() => database.WriteAsync(connection => Run(connection, "INSERT INTO t VALUES(1)"), atomic: false));
        disk.MakeWritable();
        await database.WriteAsync(connection => Run(connection, "INSERT INTO t VALUES(2)"), atomic: false);
        Assert.Equal([2], Numbers(database));
    }

    [Fact]
    public async Task A_file_locked_by_another_process_fails_its_writers_until_it_is_free()
    {
        var cancel = TestContext.Current.CancellationToken;
        using var database = new SqliteDatabase(Path, Options);
        var store = new SqliteStateStore(database, "state", TimeProvider.System);
        using var other = new SqliteConnection(Path, readOnly: false, Options);
        other.Execute("BEGIN IMMEDIATE");
        var error = await Assert.ThrowsAsync<SqliteException>(() => store.WriteAsync(new("k", [1], null, false, null), cancel));
        Assert.Contains("locked", error.Message, StringComparison.Ordinal);
        other.Execute("ROLLBACK");
        await store.WriteAsync(new("k", [1], null, false, null), cancel);
    }

    [Fact]
    public async Task Of_many_writers_with_one_etag_exactly_one_wins()
    {
        var cancel = TestContext.Current.CancellationToken;
        using var database = new SqliteDatabase(Path, Options);
        var store = new SqliteStateStore(database, "state", TimeProvider.System);
        await store.WriteAsync(new("k", [0], null, false, null), cancel);
        for (byte round = 1; round <= 20; round++)
        {
            var etag = (await store.GetAsync("k", cancel))!.ETag;
            var writes = Enumerable.Range(0, 16).Select(_ => store.WriteAsync(new("k", [round], etag, true, null), cancel)).ToList();
            await Task.WhenAll(writes).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            await Assert.Single(writes, write => write.IsCompletedSuccessfully);
            Assert.All(writes.Where(write => write.IsFaulted), write => Assert.IsType<ETagMismatchException>(write.Exception!.InnerException));
        }
    }

    [Fact]
    public async Task Expired_rows_are_purged()
    {
        var cancel = TestContext.Current.CancellationToken;
        var time = new ManualTime();
        using var database = new SqliteDatabase(Path, Options);
        var store = new SqliteStateStore(database, "state", time);
        for (var i = 0; i < 1_200; i++) await store.WriteAsync(new($"short{i}", [1], null, false, TimeSpan.FromSeconds(10)), cancel);
        await store.WriteAsync(new("long", [1], null, false, TimeSpan.FromSeconds(1_000)), cancel);
        await store.WriteAsync(new("always", [1], null, false, null), cancel);
        time.Advance(TimeSpan.FromSeconds(11));
        await store.PurgeAsync(cancel);
        Assert.Equal(["always", "long"], Texts(database, "SELECT key FROM state ORDER BY key"));
    }

    [Fact]
    public async Task Handled_messages_stay_for_the_retention_and_waiting_ones_for_ever()
    {
        var cancel = TestContext.Current.CancellationToken;
        var time = new ManualTime();
        using var database = new SqliteDatabase(Path, Options);
        var messages = new SqliteMessages(database, "p_", time);
        var group = await messages.JoinAsync("t", "g");
        await messages.AddAsync("t", [new([1], Message.NoMetadata), new([2], Message.NoMetadata)]);
        var handled = messages.Fetch(group, 0, 10)[0];
        await messages.RemoveAsync(group, handled.Id);

        time.Advance(TimeSpan.FromMinutes(59));
        await messages.PurgeAsync(TimeSpan.FromHours(1), cancel);
        var late = await messages.JoinAsync("t", "late");
        Assert.Equal(2, messages.Fetch(late, 0, 10).Count);
        await messages.RemoveAsync(late, handled.Id);

        time.Advance(TimeSpan.FromDays(10));
        await messages.PurgeAsync(TimeSpan.FromHours(1), cancel);
        Assert.Single(messages.Fetch(await messages.JoinAsync("t", "later"), 0, 10));
        Assert.Single(messages.Fetch(group, 0, 10));
    }

    private static bool Run(SqliteConnection connection, string sql)
    {
        connection.Execute(sql);
        return true;
    }

    private static List<long> Numbers(SqliteDatabase database) => Read(database, "SELECT n FROM t ORDER BY n", row => row.Int64(0));

    private static List<string> Texts(SqliteDatabase database, string sql) => Read(database, sql, row => row.Text(0));

    private static List<T> Read<T>(SqliteDatabase database, string sql, Func<SqliteStatement, T> read) =>
        database.Read(sql, (connection, text) =>
    {
        using var statement = connection.Statement(text);
        var rows = new List<T>();
        while (statement.Step()) rows.Add(read(statement));
        return rows;
    });
}
