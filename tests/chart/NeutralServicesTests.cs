using System.Text.RegularExpressions;

namespace Agents.Chart.Tests;

/// <summary>Services know building blocks, never a product: which store and broker there are is said in components and charts alone.</summary>
public sealed partial class NeutralServicesTests
{
    private static readonly string[] Kinds = [".cs", ".csproj", ".json", ".md", ".yaml", ".targets"];

    [Fact]
    public void No_file_of_a_service_names_a_store_or_a_broker()
    {
        var services = Repository.PathOf("services");
        var named = from file in Directory.EnumerateFiles(services, "*", SearchOption.AllDirectories)
                    let path = Path.GetRelativePath(services, file)
                    where Kinds.Contains(Path.GetExtension(file)) && !path.Contains("node_modules", StringComparison.Ordinal) && !path.EndsWith(".lock.json", StringComparison.Ordinal)
                    from line in File.ReadLines(file)
                    from Match match in Products().Matches(line)
                    select $"{path}: {match.Value}";
        Assert.Empty(named);
    }

    [GeneratedRegex(
        @"\b(redis|valkey|kafka|rabbit ?mq|postgres(ql)?|sqlite|cosmos ?db|service ?bus|dynamo ?db|sqs|sns|firestore|memcached|mongo ?db|nats|pulsar|etcd|key ?vault|kubernetes|keda)\b",
        RegexOptions.IgnoreCase)]
    private static partial Regex Products();
}
