using System.Buffers;
using System.Text;

namespace Agents.LocalRuntime.Sqlite;

/// <summary>
/// A prepared statement kept by its connection. <see cref="Dispose"/> only resets it, so that a caller writes
/// <c>using var statement = connection.Statement(sql)</c> and the next caller finds it compiled.
/// </summary>
internal sealed unsafe class SqliteStatement(SqliteConnection connection, nint handle) : IDisposable
{
    private const int NullType = 5;
    private const int StackLimit = 512;

    public SqliteStatement Bind(int index, long value)
    {
        connection.Check(SqliteNative.BindInt64(handle, index, value));
        return this;
    }

    public SqliteStatement Bind(int index, long? value)
    {
        if (value is { } number) return Bind(index, number);
        connection.Check(SqliteNative.BindNull(handle, index));
        return this;
    }

    public SqliteStatement Bind(int index, string? value)
    {
        if (value is null)
        {
            connection.Check(SqliteNative.BindNull(handle, index));
            return this;
        }

        var limit = Encoding.UTF8.GetMaxByteCount(value.Length);
        byte[]? rented = null;
        Span<byte> utf8 = limit <= StackLimit ? stackalloc byte[StackLimit] : rented = ArrayPool<byte>.Shared.Rent(limit);
        var length = Encoding.UTF8.GetBytes(value, utf8);
        fixed (byte* pointer = utf8)
        {
            connection.Check(SqliteNative.BindText(handle, index, pointer, length, SqliteNative.Transient));
        }

        if (rented is not null) ArrayPool<byte>.Shared.Return(rented);
        return this;
    }

    public SqliteStatement Bind(int index, ReadOnlySpan<byte> value)
    {
        // An empty span has no address, and SQLite takes a null pointer for NULL.
        byte none = 0;
        fixed (byte* pointer = value)
        {
            connection.Check(SqliteNative.BindBlob(handle, index, pointer is null ? &none : pointer, value.Length, SqliteNative.Transient));
        }

        return this;
    }

    /// <summary>Runs to the next row; false when there is none left.</summary>
    public bool Step()
    {
        var result = SqliteNative.Step(handle);
        if (result == SqliteNative.Row) return true;
        if (result == SqliteNative.Done) return false;
        throw connection.Error(result);
    }

    public bool IsNull(int column) => SqliteNative.ColumnType(handle, column) == NullType;

    public long Int64(int column) => SqliteNative.ColumnInt64(handle, column);

    public long? NullableInt64(int column) => IsNull(column) ? null : Int64(column);

    public string Text(int column)
    {
        var pointer = SqliteNative.ColumnText(handle, column);
        return pointer is null ? "" : Encoding.UTF8.GetString(pointer, SqliteNative.ColumnBytes(handle, column));
    }

    public string? NullableText(int column) => IsNull(column) ? null : Text(column);

    public byte[] Blob(int column)
    {
        var pointer = SqliteNative.ColumnBlob(handle, column);
        return new ReadOnlySpan<byte>(pointer, pointer is null ? 0 : SqliteNative.ColumnBytes(handle, column)).ToArray();
    }

    /// <summary>Frees the row or lock it holds. Bound values stay until the next caller overwrites them.</summary>
    public void Dispose() => _ = SqliteNative.Reset(handle);

    internal void Close() => _ = SqliteNative.Finalize(handle);
}
