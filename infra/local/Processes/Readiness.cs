using System.Net.Sockets;

namespace Agents.Local.Processes;

/// <summary>Follows one child's readiness: often until it is first ready, then once a second.</summary>
internal sealed class Readiness(ChildProgram program, HttpClient http, TimeProvider time)
{
    private const int MissesToLoseIt = 3;

    private static readonly TimeSpan Often = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Seldom = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private volatile bool _isReady;
    private volatile bool _lineSeen;

    public bool IsReady => _isReady;

    public string LastSeen { get; private set; } = "it was not asked yet";

    public void OnLine(string line)
    {
        if (line == program.ReadyLine)
            _lineSeen = true;
    }

    /// <summary>Follows one process until the token ends; afterwards the child is not ready.</summary>
    public async Task WatchAsync(Action onReady, CancellationToken ended)
    {
        var misses = 0;
        try
        {
            while (true)
            {
                if (await CheckAsync(ended))
                {
                    misses = 0;
                    _isReady = true;
                    onReady();
                }
                else if (++misses == MissesToLoseIt)
                {
                    _isReady = false;
                }

                await Task.Delay(_isReady ? Seldom : Often, time, ended);
            }
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // The process has ended, and with it the watch.
        }
        finally
        {
            _isReady = _lineSeen = false;
        }
    }

    private async Task<bool> CheckAsync(CancellationToken cancellationToken)
    {
        if (program.ReadyPage is null)
        {
            LastSeen = _lineSeen ? "it said so" : $"it has not written '{program.ReadyLine}'";
            return _lineSeen;
        }

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            using var answer = await http.GetAsync(program.ReadyPage, patience.Token);
            LastSeen = $"{program.ReadyPage} answered {(int)answer.StatusCode}";
            return answer.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or SocketException || e is OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            // Not reachable is an answer too: not ready. Only the watch's own end is no answer.
            LastSeen = $"{program.ReadyPage} did not answer";
            return false;
        }
    }
}
