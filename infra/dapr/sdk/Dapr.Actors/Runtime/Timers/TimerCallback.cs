using System.Reflection;

namespace Dapr.Actors.Runtime;

/// <summary>The methods timers may call.</summary>
internal static class TimerCallback
{
    private const BindingFlags Any = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance;

    /// <summary>Finds the method of an actor class.</summary>
    /// <exception cref="ArgumentException">There is none that fits.</exception>
    public static MethodInfo Find(Type actor, string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var methods = Declared(actor, name);
        if (methods.Count != 1)
            throw new ArgumentException($"'{actor}' has {methods.Count} methods named '{name}'; the callback of a timer must be exactly one.");
        var parameters = methods[0].GetParameters();
        if (parameters.Length > 1 || (parameters.Length == 1 && parameters[0].ParameterType != typeof(byte[])))
            throw new ArgumentException($"The callback '{name}' must take nothing or a byte array.");
        if (methods[0].ReturnType != typeof(Task)) throw new ArgumentException($"The callback '{name}' must return {nameof(Task)}.");
        return methods[0];
    }

    public static Task InvokeAsync(Actor actor, string name, byte[] data)
    {
        var method = Find(actor.GetType(), name);
        object?[] arguments = method.GetParameters().Length == 0 ? [] : [data];
        return (Task)method.Invoke(actor, BindingFlags.DoNotWrapExceptions, null, arguments, null)!;
    }

    /// <summary>Looks through the base classes too, whose private methods are otherwise hidden.</summary>
    private static List<MethodInfo> Declared(Type actor, string name)
    {
        for (var type = actor; type is not null && type != typeof(Actor); type = type.BaseType)
        {
            var methods = type.GetMethods(Any | BindingFlags.DeclaredOnly).Where(method => method.Name == name).ToList();
            if (methods.Count > 0) return methods;
        }

        return [];
    }
}
