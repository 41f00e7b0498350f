using System.Diagnostics.CodeAnalysis;

namespace Agents.LocalRuntime.Sqlite;

/// <summary>A piece of work waiting for the writer thread of a <see cref="SqliteDatabase"/>.</summary>
internal abstract class WriteJob
{
    /// <summary>Why the work itself failed; the others of its group are not touched by it.</summary>
    public Exception? Failure { get; protected set; }

    public abstract void Run(SqliteConnection connection);

    /// <summary>Called after the commit.</summary>
    public abstract void Complete();

    /// <summary>Called when the whole group was rolled back.</summary>
    public abstract void Fail(Exception error);
}

internal sealed class WriteJob<T>(Func<SqliteConnection, T> work, bool atomic) : WriteJob
{
    private readonly TaskCompletionSource<T> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T? _result;

    public Task<T> Task => _completion.Task;

    [SuppressMessage("Design", "CA1031", Justification = "The failure is handed to the caller by Complete.")]
    public override void Run(SqliteConnection connection)
    {
        try
        {
            if (atomic) connection.Execute("SAVEPOINT job");
            _result = work(connection);
            if (atomic) connection.Execute("RELEASE job");
        }
        catch (Exception error)
        {
            Failure = error;
            if (!atomic || !connection.InTransaction) return;
            connection.Execute("ROLLBACK TO job");
            connection.Execute("RELEASE job");
        }
    }

    public override void Complete()
    {
        if (Failure is { } error) _completion.SetException(error);
        else _completion.SetResult(_result!);
    }

    public override void Fail(Exception error) => _completion.SetException(Failure ?? error);
}
