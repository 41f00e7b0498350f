using System.Reflection;
using System.Text.Json;

namespace Dapr.Actors.Runtime;

/// <summary>The methods of an actor type that callers may invoke, by name.</summary>
internal sealed class ActorMethods
{
    private readonly Dictionary<string, ActorMethod> _methods;

    public ActorMethods(ActorTypeInformation type) => _methods = type.InterfaceTypes
        .SelectMany(it => it.GetMethods())
        .GroupBy(method => method.Name, StringComparer.Ordinal)
        .ToDictionary(group => group.Key, group => ActorMethod.Of(type, group.ToList()), StringComparer.Ordinal);

    public ActorMethod? Find(string name) => _methods.GetValueOrDefault(name);
}

/// <summary>A method that takes at most one argument and a cancellation token, and returns a task.</summary>
internal sealed class ActorMethod
{
    private readonly MethodInfo _method;
    private readonly ParameterInfo[] _parameters;
    private readonly PropertyInfo? _result;

    private ActorMethod(MethodInfo method)
    {
        _method = method;
        _parameters = method.GetParameters();
        _result = method.ReturnType.IsGenericType ? method.ReturnType.GetProperty(nameof(Task<>.Result)) : null;
    }

    private bool TakesArgument => _parameters.Length > 0 && _parameters[0].ParameterType != typeof(CancellationToken);

    /// <exception cref="ArgumentException">The methods cannot be called over HTTP.</exception>
    public static ActorMethod Of(ActorTypeInformation type, IReadOnlyList<MethodInfo> methods)
    {
        var name = $"{type.ActorTypeName}.{methods[0].Name}";
        if (methods.Count > 1) throw new ArgumentException($"'{name}' is overloaded, and callers know methods by name only.");
        var method = new ActorMethod(methods[0]);
        var rest = method._parameters.Skip(method.TakesArgument ? 1 : 0).ToList();
        if (rest.Count > 1 || rest.Any(it => it.ParameterType != typeof(CancellationToken)))
            throw new ArgumentException($"'{name}' takes more than one argument and a cancellation token.");
        var result = methods[0].ReturnType;
        if (result != typeof(Task) && !(result.IsGenericType && result.GetGenericTypeDefinition() == typeof(Task<>)))
            throw new ArgumentException($"'{name}' returns no task.");
        return method;
    }

    /// <summary>Reads the argument; null when the method takes none.</summary>
    /// <exception cref="JsonException">The body is no JSON of the argument's type.</exception>
    public object? ReadArgument(ReadOnlySpan<byte> body, JsonSerializerOptions json) =>
        TakesArgument ? JsonSerializer.Deserialize(body, _parameters[0].ParameterType, json) : null;

    /// <summary>Calls the method and writes what it returns; nothing when it returns nothing.</summary>
    public async Task<byte[]> InvokeAsync(Actor actor, object? argument, JsonSerializerOptions json, CancellationToken cancellationToken)
    {
        var arguments = Array.ConvertAll(
            _parameters, it => it.ParameterType == typeof(CancellationToken) ? (object)cancellationToken : argument);
        var task = (Task)_method.Invoke(actor, BindingFlags.DoNotWrapExceptions, null, arguments, null)!;
        await task;
        return _result is null ? [] : JsonSerializer.SerializeToUtf8Bytes(_result.GetValue(task), _result.PropertyType, json);
    }
}
