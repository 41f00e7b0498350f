namespace Agents.Testing.FakeModels;

/// <summary>One model of the endpoint: its script, and what was asked of it.</summary>
internal sealed class FakeModel
{
    private readonly Lock _lock = new();
    private readonly List<RecordedRequest> _requests = [];
    private readonly Queue<Reply> _replies = new();

    public IReadOnlyList<RecordedRequest> Requests
    {
        get
        {
            lock (_lock)
                return [.. _requests];
        }
    }

    public void Script(IEnumerable<Reply> replies)
    {
        lock (_lock)
        {
            _replies.Clear();
            foreach (var reply in replies)
                _replies.Enqueue(reply);
        }
    }

    /// <summary>The next reply, the last one again and again; null when there is no script.</summary>
    public Reply? Take(RecordedRequest request)
    {
        lock (_lock)
        {
            _requests.Add(request);
            return _replies.Count > 1 ? _replies.Dequeue() : _replies.TryPeek(out var last) ? last : null;
        }
    }
}
