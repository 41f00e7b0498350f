using System.Diagnostics;

namespace Agents.Testing;

/// <summary>A file system of a few megabytes in memory that can be filled up and made read-only; Linux, for root only.</summary>
public sealed class SmallDisk : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("agents-disk-").FullName;

    /// <summary>Mounts one.</summary>
    /// <exception cref="InvalidOperationException">That is not allowed here.</exception>
    public SmallDisk(int megabytes)
    {
        var (code, errors) = Run("mount", "-t", "tmpfs", "-o", $"size={megabytes}m", "tmpfs", _folder);
        if (code == 0)
            return;
        Directory.Delete(_folder);
        throw new InvalidOperationException($"No file system can be mounted here: {errors}");
    }

    /// <summary>Whether this process may mount file systems.</summary>
    public static bool IsAllowed { get; } = OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess && MountsOne();

    /// <summary>Where it is mounted.</summary>
    public string Folder => _folder;

    private string Ballast => Path.Combine(_folder, "ballast");

    /// <summary>Takes all the space that is left.</summary>
    public void Fill()
    {
        using var file = new FileStream(Ballast, FileMode.Append);
        var block = new byte[4_096];
        try
        {
            while (true)
            {
                file.Write(block);
                file.Flush();
            }
        }
        catch (IOException)
        {
            // Full is what was wanted.
        }
    }

    /// <summary>Gives the space back.</summary>
    public void Free() => File.Delete(Ballast);

    /// <summary>Works only while nobody has a file open for writing.</summary>
    public bool TryMakeReadOnly() => Run("mount", "-o", "remount,ro", _folder).Code == 0;

    public void MakeWritable() => Run("mount", "-o", "remount,rw", _folder);

    public void Dispose()
    {
        Run("umount", "-l", _folder);
        Directory.Delete(_folder);
    }

    private static bool MountsOne()
    {
        try
        {
            new SmallDisk(1).Dispose();
            return true;
        }
        catch (InvalidOperationException)
        {
            // As root in a container without the right to mount.
            return false;
        }
    }

    private static (int Code, string Errors) Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, errors.Trim());
    }
}
