using System.Collections.Concurrent;
using Agents.Testing.FakeModels;

namespace Agents.Testing.Plans;

/// <summary>Scripts a model that several questions reach in any order: replies go by what the question, or the instructions, begin with.</summary>
public sealed class TaskScript
{
    /// <summary>What a supervisor's own questions are recognised by.</summary>
    public const string Planner = "You divide a task";

    /// <inheritdoc cref="Planner"/>
    public const string Judge = "You judge whether";

    /// <inheritdoc cref="Planner"/>
    public const string Synthesis = "You put the results";

    private readonly ConcurrentDictionary<string, Replies> _replies = new(StringComparer.Ordinal);

    /// <summary>The whole of it as a reply of a model.</summary>
    public Reply Reply => Reply.Choose(request => (Find(request) ?? throw new InvalidOperationException($"nothing for '{request.Question}'")).Next(request));

    /// <summary>Replies in order, the last one again and again.</summary>
    public TaskScript On(string beginning, params Reply[] replies)
    {
        _replies[beginning] = new Replies(replies);
        return this;
    }

    /// <summary>The questions that were put so far, whole.</summary>
    public IReadOnlyList<string> Asked(string beginning) => [.. _replies[beginning].Asked];

    private Replies? Find(RecordedRequest request)
    {
        var instructions = request.Body.List("messages")[0].Text("content");
        return _replies.Where(known => instructions.StartsWith(known.Key, StringComparison.Ordinal) || request.Question.StartsWith(known.Key, StringComparison.Ordinal))
            .OrderByDescending(known => known.Key.Length).Select(known => known.Value).FirstOrDefault();
    }

    private sealed class Replies(Reply[] replies)
    {
        private int _next;

        public ConcurrentQueue<string> Asked { get; } = new();

        public Reply Next(RecordedRequest request)
        {
            Asked.Enqueue(request.Question);
            return replies[Math.Min(Interlocked.Increment(ref _next), replies.Length) - 1];
        }
    }
}
