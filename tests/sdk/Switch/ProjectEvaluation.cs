using System.Collections;
using System.Diagnostics;
using System.Text.Json;

namespace Agents.SdkTests.Switch;

/// <summary>What MSBuild makes of a project; nothing is restored or built.</summary>
internal sealed record ProjectEvaluation(
    IReadOnlyList<string> Packages, IReadOnlyDictionary<string, string> Versions, IReadOnlyList<string> Projects, string LockFile)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    public static async Task<ProjectEvaluation> OfAsync(string project, string daprSdk)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Limit);
        using var process = Process.Start(StartInfo(project, daprSdk))!;
        var errors = process.StandardError.ReadToEndAsync(limit.Token);
        var output = await process.StandardOutput.ReadToEndAsync(limit.Token);
        await process.WaitForExitAsync(limit.Token);
        Assert.True(process.ExitCode == 0, output + await errors);

        using var json = JsonDocument.Parse(output);
        var items = json.RootElement.GetProperty("Items");
        return new ProjectEvaluation(
            Items(items, "PackageReference", "Identity"),
            Items(items, "PackageVersion", "Identity").Zip(Items(items, "PackageVersion", "Version")).ToDictionary(it => it.First, it => it.Second),
            Items(items, "ProjectReference", "FullPath").ConvertAll(path => Path.GetRelativePath(Repository.Root, path).Replace('\\', '/')),
            json.RootElement.GetProperty("Properties").GetProperty("NuGetLockFilePath").GetString()!);
    }

    private static List<string> Items(JsonElement items, string type, string field) =>
        items.GetProperty(type).EnumerateArray().Select(item => item.GetProperty(field).GetString()!).ToList();

    private static ProcessStartInfo StartInfo(string project, string daprSdk)
    {
        string[] arguments =
        [
            "msbuild", project, $"-p:DaprSdk={daprSdk}", "-nodeReuse:false",
            "-getItem:PackageReference", "-getItem:PackageVersion", "-getItem:ProjectReference", "-getProperty:NuGetLockFilePath",
        ];
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // A test run may itself be under MSBuild, whose settings must not reach this one.
        foreach (var name in Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Select(it => (string)it.Key))
        {
            if (name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)) start.Environment.Remove(name);
        }

        return start;
    }
}
