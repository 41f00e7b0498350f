namespace Agents.Local.Processes;

/// <summary>The output of one child: a file of bounded size, the one before it, and the last lines in memory.</summary>
internal sealed class LogFile : IDisposable
{
    private const long MaxBytes = 16 * 1024 * 1024;
    private const int TailLines = 20;

    private readonly Lock _gate = new();
    private readonly Queue<string> _tail = new();
    private StreamWriter? _writer;

    public LogFile(string path)
    {
        Path = path;
        _writer = Rotate();
    }

    public string Path { get; }

    public IReadOnlyList<string> Tail
    {
        get
        {
            lock (_gate)
                return [.. _tail];
        }
    }

    public void Write(string line)
    {
        lock (_gate)
        {
            // A child's last lines may arrive while the host is closing.
            if (_writer is null)
                return;
            if (_writer.BaseStream.Length > MaxBytes)
            {
                _writer.Dispose();
                _writer = Rotate();
            }

            _writer.WriteLine(line);
            _tail.Enqueue(line);
            if (_tail.Count > TailLines)
                _tail.Dequeue();
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _writer?.Dispose();
            _writer = null;
        }
    }

    private StreamWriter Rotate()
    {
        if (File.Exists(Path))
            File.Move(Path, System.IO.Path.ChangeExtension(Path, ".1.log"), overwrite: true);
        return new StreamWriter(Path) { AutoFlush = true };
    }
}
