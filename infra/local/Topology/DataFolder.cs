using System.Security.Cryptography;
using System.Text.Json;

namespace Agents.Local.Topology;

/// <summary>The secrets of one installation.</summary>
/// <param name="ApiKey">Admin key of tenant <c>default</c>.</param>
/// <param name="DaprApiToken">What a service shows its sidecar.</param>
/// <param name="AppApiToken">What a sidecar shows its service.</param>
internal sealed record Keys(string ApiKey, string DaprApiToken, string AppApiToken);

/// <summary>The folder of databases, logs and keys; one host uses it at a time.</summary>
internal sealed class DataFolder : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private static readonly JsonSerializerOptions Strict = new() { RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true };

    private readonly FileStream _inUse;
    private readonly bool _temporary;

    private DataFolder(string path, bool temporary, FileStream inUse)
    {
        Path = path;
        _temporary = temporary;
        _inUse = inUse;
    }

    public string Path { get; }

    public string Logs => Directory.CreateDirectory(System.IO.Path.Combine(Path, "logs")).FullName;

    /// <exception cref="LocalHostException">Another host works in this folder, or it cannot be written.</exception>
    public static DataFolder Open(string? path)
    {
        try
        {
            var folder = path is null ? Directory.CreateTempSubdirectory("agents-") : Directory.CreateDirectory(path);
            var inUse = new FileStream(
                System.IO.Path.Combine(folder.FullName, "in-use"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            return new DataFolder(folder.FullName, temporary: path is null, inUse);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LocalHostException($"The data folder cannot be used, perhaps because another local host uses it: {e.Message}");
        }
    }

    /// <summary>Reads the kept keys or makes new ones; a given API key is used but not kept.</summary>
    public Keys Keys(string? apiKey)
    {
        var file = System.IO.Path.Combine(Path, "keys.json");
        Keys keys;
        if (File.Exists(file))
        {
            keys = Read(file) ?? throw new LocalHostException($"{file} holds no keys; remove it to get new ones.");
        }
        else
        {
            keys = new Keys("agents-" + Secret(), Secret(), Secret());
            WritePrivately(file, JsonSerializer.Serialize(keys));
        }

        return apiKey is null ? keys : keys with { ApiKey = apiKey };
    }

    public void Dispose()
    {
        _inUse.Dispose();
        if (_temporary)
            Directory.Delete(Path, recursive: true);
    }

    private static Keys? Read(string file)
    {
        try
        {
            return JsonSerializer.Deserialize<Keys>(File.ReadAllText(file), Strict);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static void WritePrivately(string file, string text)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = OwnerOnly;
        using var writer = new StreamWriter(file, options);
        writer.Write(text);
    }

    private static string Secret() => RandomNumberGenerator.GetHexString(48, lowercase: true);
}
