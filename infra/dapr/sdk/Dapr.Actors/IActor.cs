namespace Dapr.Actors;

/// <summary>Marks the interfaces whose methods callers may invoke; each returns a task and takes at most one argument and a cancellation token.</summary>
public interface IActor;
