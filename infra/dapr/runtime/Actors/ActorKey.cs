using Agents.LocalRuntime.Invocation;

namespace Agents.LocalRuntime.Actors;

/// <summary>Names one actor of a namespace.</summary>
internal readonly record struct ActorKey(string Type, string Id)
{
    /// <summary>The actor's path on its app, without a leading slash, escaped as Go does.</summary>
    public string AppPath => string.Concat("actors/", MethodPath.Escape(Type), "/", MethodPath.Escape(Id));

    public override string ToString() => $"{Type}/{Id}";
}
