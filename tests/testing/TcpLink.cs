using System.Net;
using System.Net.Sockets;

namespace Agents.Testing;

/// <summary>What a link does to the bytes that cross it.</summary>
public enum LinkState
{
    /// <summary>Passes everything on.</summary>
    Whole,

    /// <summary>Holds everything back, both ways, until it is whole again: a dropped network, which TCP repeats over.</summary>
    Held,

    /// <summary>Passes requests on and holds answers back.</summary>
    OneWay,

    /// <summary>Passes everything on 2 s late.</summary>
    Late,

    /// <summary>Leaves the connections of this moment silent for ever, as a vanished peer does; new ones work.</summary>
    HalfOpen,

    /// <summary>Breaks every connection and refuses new ones.</summary>
    Broken,
}

/// <summary>A loopback port that leads to another one and can be disturbed.</summary>
public sealed class TcpLink : IAsyncDisposable
{
    private static readonly TimeSpan Delay = TimeSpan.FromSeconds(2);

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly Lock _gate = new();
    private readonly HashSet<Connection> _connections = [];
    private readonly int _target;
    private readonly Task _accepting;
    private LinkState _state;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="target">The port that it leads to.</param>
    public TcpLink(int target)
    {
        _target = target;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>Where it listens.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Disturbs the link, or mends it.</summary>
    public void Set(LinkState state)
    {
        lock (_gate)
        {
            _state = state;
            foreach (var connection in _connections)
            {
                if (state == LinkState.HalfOpen)
                    connection.Silent = true;
                if (state == LinkState.Broken)
                    connection.Break();
            }

            _changed.TrySetResult();
            _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
        await _accepting;
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = ServeAsync(await _listener.AcceptTcpClientAsync(_end.Token));
        }
        catch (OperationCanceledException)
        {
            // The end of the link.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var server = new TcpClient { NoDelay = true };
        client.NoDelay = true;
        var connection = new Connection(client, server);
        lock (_gate)
        {
            if (_state == LinkState.Broken)
                connection.Break();
            _connections.Add(connection);
        }

        try
        {
            await server.ConnectAsync(IPAddress.Loopback, _target, _end.Token);
            var there = PumpAsync(connection, client.GetStream(), server.GetStream(), answers: false);
            var back = PumpAsync(connection, server.GetStream(), client.GetStream(), answers: true);
            await Task.WhenAny(there, back);
            connection.Break();
            await Task.WhenAll(there, back);
        }
        catch (Exception error) when (error is IOException or SocketException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            // Either side is gone: so is the connection.
        }
        finally
        {
            lock (_gate)
                _connections.Remove(connection);
            connection.Break();
        }
    }

    private async Task PumpAsync(Connection connection, NetworkStream from, NetworkStream to, bool answers)
    {
        var buffer = new byte[16_384];
        while (await from.ReadAsync(buffer, _end.Token) is > 0 and var count)
        {
            await PassageAsync(connection, answers);
            await to.WriteAsync(buffer.AsMemory(0, count), _end.Token);
        }

        // The end of a connection crosses the link like any byte.
        await PassageAsync(connection, answers);
    }

    private async Task PassageAsync(Connection connection, bool answers)
    {
        while (true)
        {
            Task change;
            lock (_gate)
            {
                if (!connection.Silent && _state is LinkState.Late)
                    break;
                if (!connection.Silent && _state is not LinkState.Held && !(_state is LinkState.OneWay && answers))
                    return;
                change = _changed.Task;
            }

            await change.WaitAsync(_end.Token);
        }

        await Task.Delay(Delay, _end.Token);
    }

    private sealed class Connection(TcpClient client, TcpClient server)
    {
        public bool Silent { get; set; }

        /// <summary>With a reset rather than an orderly end.</summary>
        public void Break()
        {
            foreach (var side in (TcpClient[])[client, server])
            {
                if (side.Client is { } socket)
                    socket.LingerState = new LingerOption(true, 0);
                side.Close();
            }
        }
    }
}
