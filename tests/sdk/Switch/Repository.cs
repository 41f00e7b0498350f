using System.Reflection;

namespace Agents.SdkTests.Switch;

/// <summary>The files of the repository these tests were built from.</summary>
internal static class Repository
{
    public static string Root { get; } =
        typeof(Repository).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(it => it.Key == "RepositoryRoot").Value!;

    public static IReadOnlyList<string> ServiceProjects { get; } = Directory.GetFiles(Path.Combine(Root, "services"), "*.csproj", SearchOption.AllDirectories);
}
