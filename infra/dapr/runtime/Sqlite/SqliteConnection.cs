using System.Runtime.InteropServices;
using System.Text;

namespace Agents.LocalRuntime.Sqlite;

/// <summary>One connection to a database file, for one thread at a time, with its compiled statements.</summary>
internal sealed unsafe class SqliteConnection : IDisposable
{
    private const uint PreparePersistent = 1;

    private readonly nint _db;
    private readonly Dictionary<string, SqliteStatement> _statements = [];

    public SqliteConnection(string file, bool readOnly, SqliteOptions options)
    {
        var flags = SqliteNative.OpenNoMutex |
            (readOnly ? SqliteNative.OpenReadOnly : SqliteNative.OpenReadWrite | SqliteNative.OpenCreate);
        var result = SqliteNative.Open(file, out _db, flags, 0);
        if (result != SqliteNative.Ok)
        {
            var error = Error(result);
            Dispose();
            throw new SqliteException(error.Code, $"cannot open {file}: {error.Message}");
        }

        Check(SqliteNative.BusyTimeout(_db, (int)options.BusyTimeout.TotalMilliseconds));
        foreach (var pragma in options.Pragmas(readOnly)) Execute($"PRAGMA {pragma}");
    }

    /// <summary>Rows that the last statement wrote.</summary>
    public int Changes => SqliteNative.Changes(_db);

    public long LastInsertRowId => SqliteNative.LastInsertRowId(_db);

    /// <summary>False once SQLite itself has rolled a transaction back, as it does on a full disk.</summary>
    public bool InTransaction => SqliteNative.GetAutocommit(_db) == 0;

    /// <summary>True as well when SQLite could not open the file for writing and opened it for reading instead.</summary>
    public bool IsReadOnly => SqliteNative.IsReadOnly(_db, "main") == 1;

    /// <summary>A compiled statement from the cache; <paramref name="sql"/> must come from a bounded set of texts.</summary>
    public SqliteStatement Statement(string sql)
    {
        if (_statements.TryGetValue(sql, out var statement)) return statement;
        return _statements[sql] = Prepare(sql);
    }

    /// <summary>Runs a statement without parameters to its end.</summary>
    public void Execute(string sql)
    {
        using var statement = Statement(sql);
        while (statement.Step())
        {
        }
    }

    public void Check(int result)
    {
        if (result != SqliteNative.Ok) throw Error(result);
    }

    public SqliteException Error(int result) =>
        new(result, Marshal.PtrToStringUTF8((nint)SqliteNative.ErrorMessage(_db)) ?? "unknown error");

    public void Dispose()
    {
        foreach (var statement in _statements.Values) statement.Close();
        _statements.Clear();
        _ = SqliteNative.Close(_db);
    }

    private SqliteStatement Prepare(string sql)
    {
        var utf8 = Encoding.UTF8.GetBytes(sql);
        fixed (byte* pointer = utf8)
        {
            Check(SqliteNative.Prepare(_db, pointer, utf8.Length, PreparePersistent, out var handle, out _));
            return new SqliteStatement(this, handle);
        }
    }
}
