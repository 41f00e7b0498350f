namespace Agents.LocalRuntime.Cel;

/// <summary>A CEL expression that cannot be parsed, or that met a value it cannot work with.</summary>
internal sealed class CelException(string message) : Exception(message);
