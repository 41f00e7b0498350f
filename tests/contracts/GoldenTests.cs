using System.Text.Json.Nodes;
using Agents.Defaults.Api;

namespace Agents.Contracts.Tests;

/// <summary>A file per record under <c>golden</c>: whoever changes what goes over the wire changes a file that is seen in review.</summary>
public sealed class GoldenTests
{
    public static TheoryData<Type> Records => [.. Contract.Records];

    [Theory, MemberData(nameof(Records))]
    public void Every_record_has_a_sample_and_a_golden_file(Type record)
    {
        Assert.True(Samples.All.ContainsKey(record), $"Add a sample of {record.Name} to Samples.cs.");
        Assert.NotNull(Contract.Golden(record));
    }

    [Fact]
    public void Every_golden_file_belongs_to_a_record() =>
        Assert.Equal(Contract.Records.Select(record => $"golden/{Contract.FileName(record)}").Order(), Contract.Files("golden").Order());

    [Theory, MemberData(nameof(Records))]
    public void A_record_is_written_exactly_as_its_golden_file_says(Type record) =>
        Assert.Equal(Contract.Golden(record), Contract.Write(Samples.All[record]));

    [Theory, MemberData(nameof(Records))]
    public void A_golden_file_reads_back_as_the_same_record(Type record) =>
        Contract.AssertEqual(Samples.All[record], Contract.Read(Contract.Golden(record), record));

    [Theory, MemberData(nameof(Records))]
    public void Samples_leave_no_member_out(Type record)
    {
        var parameters = record.GetConstructors().Single().GetParameters();
        var written = Contract.GoldenObject(record).Select(member => member.Key);
        Assert.Equal(parameters.Select(parameter => Json.Options.PropertyNamingPolicy!.ConvertName(parameter.Name!)), written);
    }

    [Theory, MemberData(nameof(Records))]
    public void Numbers_of_64_bits_and_money_are_strings(Type record)
    {
        var golden = Contract.GoldenObject(record);
        foreach (var property in record.GetProperties().Where(property => golden.ContainsKey(Name(property.Name))))
        {
            var wide = (Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType) is var type
                && (type == typeof(long) || type == typeof(ulong) || type == typeof(decimal));
            var money = property.Name.EndsWith("Micros", StringComparison.Ordinal);
            if (wide || money)
                Assert.Equal(System.Text.Json.JsonValueKind.String, golden[Name(property.Name)]!.GetValueKind());
        }
    }

    [Theory, MemberData(nameof(Records))]
    public void Members_that_a_newer_service_adds_are_ignored(Type record)
    {
        var newer = Contract.GoldenObject(record);
        newer.Insert(0, "added_later", new JsonObject { ["nested"] = new JsonArray(1, "two") });
        if (record.IsAssignableTo(typeof(IEvent)))
            newer.Add("id", "an id in the data is not the event's id");
        Contract.AssertEqual(Samples.All[record], Contract.Read(newer.ToJsonString(), record));
    }

    private static string Name(string member) => Json.Options.PropertyNamingPolicy!.ConvertName(member);
}
