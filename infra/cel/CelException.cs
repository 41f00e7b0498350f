namespace Agents.Cel;

/// <summary>A CEL expression that cannot be parsed, or that met a value it cannot work with.</summary>
public sealed class CelException(string message) : Exception(message);
