using System.Net.Sockets;

namespace Agents.LocalRuntime.Apps;

/// <summary>
/// Follows whether an app is there. The app may be restarted behind the same sidecar at any time, so a connection is
/// held open that says nothing: when it ends, the app may be another process, is dialled again, and is asked again for
/// its subscriptions.
/// </summary>
internal sealed partial class AppWatch(
    AppChannel channel, HealthCheckSpec? healthCheck, Func<CancellationToken, Task> greet, TimeProvider time, ILogger<AppWatch> log)
{
    private static readonly TimeSpan DialInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>Keeps an app that ends silent connections from being asked all the time.</summary>
    private static readonly TimeSpan ShortestVisit = TimeSpan.FromSeconds(1);

    /// <summary>An app that accepts and does not answer is dialled again after this time.</summary>
    private static readonly TimeSpan LongestGreeting = TimeSpan.FromSeconds(30);

    private bool _wasUp;

    public async Task RunAsync(CancellationToken cancel)
    {
        var probing = healthCheck is null ? Task.CompletedTask : ProbeAsync(healthCheck, cancel);
        try
        {
            while (!cancel.IsCancellationRequested)
            {
                var began = time.GetTimestamp();
                if (!await VisitAsync(cancel))
                {
                    if (_wasUp && channel.IsReachable) LogGone(log, channel.Address);
                    channel.ReportGone();
                    await Task.Delay(DialInterval, time, cancel);
                }
                else if (channel.IsReachable && time.GetElapsedTime(began) < ShortestVisit)
                {
                    await Task.WhenAny(Task.Delay(ShortestVisit, time, cancel), channel.Changed);
                }
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // The sidecar stops.
        }

        await probing;
    }

    /// <summary>Dials, greets, and stays until the connection ends. False when nobody was there.</summary>
    private async Task<bool> VisitAsync(CancellationToken cancel)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        using (var limit = new CancellationTokenSource(LongestGreeting, time))
        using (var both = CancellationTokenSource.CreateLinkedTokenSource(cancel, limit.Token))
        {
            try
            {
                await socket.ConnectAsync(channel.EndPoint, both.Token);
                await greet(both.Token);
            }
            catch (Exception error) when (error is SocketException or HttpRequestException or OperationCanceledException)
            {
                // Nobody there, or nobody who answers: dialled again.
                cancel.ThrowIfCancellationRequested();
                return false;
            }
        }

        if (!channel.IsReachable)
        {
            channel.SetReachable(true);
            if (_wasUp) LogBack(log, channel.Address);
        }

        _wasUp = true;
        using var leave = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var end = WaitForEndAsync(socket, leave.Token);
        while (!end.IsCompleted)
        {
            var changed = channel.Changed;
            if (!channel.IsReachable) break;
            await Task.WhenAny(end, changed);
        }

        if (end.IsCompleted) channel.CountFarewell();
        await leave.CancelAsync();
        await end;
        cancel.ThrowIfCancellationRequested();
        return true;
    }

    private static async Task WaitForEndAsync(Socket socket, CancellationToken cancel)
    {
        try
        {
            await socket.ReceiveAsync(new byte[1], cancel);
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException)
        {
            // A reset is an end like any other; a cancellation is ours.
        }
    }

    private async Task ProbeAsync(HealthCheckSpec check, CancellationToken cancel)
    {
        var failures = 0;
        try
        {
            while (true)
            {
                await Task.Delay(check.Interval, time, cancel);
                failures = await IsWellAsync(check, cancel) ? 0 : failures + 1;
                var healthy = failures < check.Threshold;
                if (healthy == channel.IsHealthy) continue;
                channel.SetHealthy(healthy);
                LogHealth(log, channel.Address, healthy ? "healthy" : "unhealthy");
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // The sidecar stops.
        }
    }

    private async Task<bool> IsWellAsync(HealthCheckSpec check, CancellationToken cancel)
    {
        using var limit = new CancellationTokenSource(check.Timeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancel, limit.Token);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, channel.Address + check.Path);
            using var response = await channel.SendAsync(request, both.Token, withToken: false);
            return response.IsSuccessStatusCode;
        }
        catch (Exception error) when (error is HttpRequestException || error is OperationCanceledException && !cancel.IsCancellationRequested)
        {
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "App at {Address} is gone")]
    private static partial void LogGone(ILogger logger, string address);

    [LoggerMessage(Level = LogLevel.Information, Message = "App at {Address} is back")]
    private static partial void LogBack(ILogger logger, string address);

    [LoggerMessage(Level = LogLevel.Warning, Message = "App at {Address} is {Health}")]
    private static partial void LogHealth(ILogger logger, string address, string health);
}
