namespace Agents.LocalRuntime.Sqlite;

/// <summary>The databases of this process: components and apps that name the same file share one writer.</summary>
internal sealed class SqliteDatabases : IDisposable
{
    private readonly Dictionary<string, SqliteDatabase> _databases = [];

    /// <exception cref="InvalidOperationException">The file is already open with other options.</exception>
    public SqliteDatabase Open(SqliteLocation location)
    {
        if (!_databases.TryGetValue(location.File, out var database))
        {
            _databases[location.File] = database = new SqliteDatabase(location.File, location.Options);
        }
        else if (!database.Options.SameAs(location.Options))
        {
            throw new InvalidOperationException($"{location.File} is used by another component with different options");
        }

        return database;
    }

    public void Dispose()
    {
        foreach (var database in _databases.Values) database.Dispose();
    }
}
