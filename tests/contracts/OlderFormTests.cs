using System.Reflection;
using System.Text.Json.Nodes;
using Agents.Defaults.Api;

namespace Agents.Contracts.Tests;

/// <summary>
/// What an older service sent, or an archive holds, is still read. A member that joins a record later is optional; the form without it
/// moves to <c>older</c> as <c>{name}.{what was different}.json</c> and stays there for as long as the record lives.
/// </summary>
public sealed class OlderFormTests
{
    private static readonly NullabilityInfoContext Nullability = new();

    public static TheoryData<string> OlderForms => [.. Contract.Files("older")];

    public static TheoryData<Type> RecordsWithOptionalMembers => [.. Contract.Records.Where(record => Optional(record).Any())];

    [Theory, MemberData(nameof(OlderForms))]
    public void An_older_form_reads_and_is_the_same_fact(string file)
    {
        var record = Contract.Records.Single(
            record => file.StartsWith($"older/{Path.GetFileNameWithoutExtension(Contract.FileName(record))}.", StringComparison.Ordinal));
        var read = Contract.Read(Contract.Text(file)!, record);
        if (Samples.All[record] is IEvent sample)
            Assert.Equal((sample.Id, sample.Tenant, sample.Time), (((IEvent)read).Id, ((IEvent)read).Tenant, ((IEvent)read).Time));
    }

    [Theory, MemberData(nameof(RecordsWithOptionalMembers))]
    public void Without_any_of_its_optional_members_a_record_makes_the_round_trip(Type record)
    {
        var sparse = Contract.GoldenObject(record);
        foreach (var member in Optional(record))
            Assert.True(sparse.Remove(member), member);
        Assert.True(JsonNode.DeepEquals(sparse, JsonNode.Parse(Contract.Write(Contract.Read(sparse.ToJsonString(), record)))));
    }

    /// <summary>Members that may be null, or have a default.</summary>
    private static IEnumerable<string> Optional(Type record) =>
        from parameter in record.GetConstructors().Single().GetParameters()
        where parameter.HasDefaultValue || Nullability.Create(parameter).WriteState == NullabilityState.Nullable
        select Json.Options.PropertyNamingPolicy!.ConvertName(parameter.Name!);
}
