using System.Reflection;
using Dapr;
using Dapr.Actors;
using Dapr.Client;
using Dapr.Workflow;
using Microsoft.Extensions.DependencyInjection;

namespace Agents.SdkTests.Signatures;

/// <summary>
/// Code written against the subset compiles against the official packages: the subset invents nothing, and has all that is relied on.
/// </summary>
public sealed class SignatureTests
{
    private static readonly Assembly[] Subset =
    [
        typeof(DaprClient).Assembly, typeof(TopicAttribute).Assembly, typeof(IActor).Assembly, typeof(ActorsServiceCollectionExtensions).Assembly,
        typeof(WorkflowContext).Assembly,
    ];

    private readonly SignatureList _list = SignatureList.Load();
    private readonly List<string> _subset = Subset.SelectMany(SignaturePrinter.Print).ToList();

    [Fact]
    public void The_assemblies_have_the_official_names() =>
        Assert.Equal(["Dapr.Client", "Dapr.AspNetCore", "Dapr.Actors", "Dapr.Actors.AspNetCore", "Dapr.Workflow"], Subset.Select(assembly => assembly.GetName().Name));

    [Fact]
    public void Every_public_member_is_an_official_one() => Assert.Empty(_list.Invented(_subset));

    [Fact]
    public void Every_member_the_services_rely_on_is_there() => Assert.Empty(_list.Missing(_subset));

    [Fact]
    public void The_list_and_the_subset_are_not_empty()
    {
        Assert.True(_list.Official.Count > 400);
        Assert.True(_list.Required.Count > 200);
        Assert.True(_subset.Count >= _list.Required.Count);
    }

    /// <summary>A test of the test: a type that is wrong in every way must not pass.</summary>
    [Fact]
    public void A_wrong_type_is_found_out()
    {
        var wrong = Renamed("Dapr.Client.", typeof(Wrong.ConcurrencyMode))
            .Concat(Renamed("Dapr.", typeof(Wrong.StateEntry<>), typeof(Wrong.TopicOptions), typeof(Wrong.DaprDefaults)))
            .ToList();

        Assert.Equal(
            [
                "Dapr.Client.ConcurrencyMode.FirstWrite = 1",
                "Dapr.Client.ConcurrencyMode.LastWrite = 0",
                "Dapr.DaprDefaults = class",
                "Dapr.DaprDefaults.DefaultHttpPort : const int = 3501",
                "Dapr.DaprDefaults.new()",
                "Dapr.StateEntry<TValue> = sealed class : IDisposable",
                "Dapr.StateEntry<TValue>.Dispose() : void",
                "Dapr.StateEntry<TValue>.ETag { get; set; } : string",
                "Dapr.StateEntry<TValue>.SaveAsync(StateOptions options = null, IReadOnlyDictionary<string, string> metadata = null, CancellationToken cancellationToken = default) : Task",
                "Dapr.StateEntry<TValue>.TryDeleteAsync(StateOptions stateOptions, IReadOnlyDictionary<string, string> metadata = null, CancellationToken cancellationToken = default) : Task<bool>",
                "Dapr.StateEntry<TValue>.TrySaveAsync(StateOptions stateOptions = null, IReadOnlyDictionary<string, string> metadata = null, CancellationToken cancellationToken = default) : Task",
                "Dapr.StateEntry<TValue>.new()",
                "Dapr.TopicOptions.Metadata { get; set; } : IDictionary<string, string>",
                "Dapr.TopicOptions.Name { get; init; } : string",
            ],
            _list.Invented(wrong).Order(StringComparer.Ordinal));
        Assert.Contains("Dapr.TopicOptions.Metadata : field IDictionary<string, string>", _list.Missing(wrong));
        Assert.Contains("Dapr.StateEntry<TValue>.Value { get; set; } : TValue", _list.Missing(wrong));
    }

    /// <summary>A test of the test: tuple names, constraints and defaults are seen.</summary>
    [Fact]
    public void A_signature_shows_all_a_caller_can_write()
    {
        Assert.Equal(
            [
                "Agents.SdkTests.Signatures.Wrong.Odd = abstract class",
                "Agents.SdkTests.Signatures.Wrong.Odd.Ask<T>(T data, string text = \"a\", bool flag = true, int? number = null, DayOfWeek day = DayOfWeek.Friday) : protected abstract Task<(T value, (int x, int y) point)> where T : IDisposable",
                "Agents.SdkTests.Signatures.Wrong.Odd.ToString() : override string",
                "Agents.SdkTests.Signatures.Wrong.Odd.new() : protected",
            ],
            SignaturePrinter.Print(typeof(Wrong.Odd)).Order(StringComparer.Ordinal));
    }
    private static IEnumerable<string> Renamed(string prefix, params Type[] types) =>
        types.SelectMany(SignaturePrinter.Print).Select(line => line.Replace($"{typeof(Wrong.Odd).Namespace}.", prefix, StringComparison.Ordinal));
}
