namespace Agents.LocalRuntime.Sqlite;

/// <summary>An error that SQLite reported, with its (extended) result code.</summary>
internal sealed class SqliteException(int code, string message) : Exception($"{message} ({code})")
{
    public int Code { get; } = code;
}
