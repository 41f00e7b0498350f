using System.Reflection;

namespace Agents.Contracts.Tests;

/// <summary>What holds for every event beyond its JSON.</summary>
public sealed class EventTests
{
    private static readonly IReadOnlyList<string> TopicNames =
        [.. typeof(Topics).GetFields(BindingFlags.Public | BindingFlags.Static).Select(field => (string)field.GetValue(null)!)];

    public static TheoryData<Type> Events => [.. Contract.Events];

    [Theory, MemberData(nameof(Events))]
    public void Types_name_a_noun_a_verb_and_a_version(Type record) =>
        Assert.Matches("^agents\\.[a-z]+\\.[a-z]+\\.v[1-9][0-9]*$", Contract.Static(record, nameof(IEvent.Type)));

    [Fact]
    public void Types_are_unique() => Assert.Distinct(Contract.Events.Select(record => Contract.Static(record, nameof(IEvent.Type))));

    [Theory, MemberData(nameof(Events))]
    public void Topics_are_those_that_are_listed(Type record) => Assert.Contains(Contract.Static(record, nameof(IEvent.Topic)), TopicNames);

    [Fact]
    public void Topic_names_are_unique() => Assert.Distinct(TopicNames);

    [Theory, MemberData(nameof(Events))]
    public void The_same_fact_has_the_same_id_in_every_process(Type record)
    {
        var sample = (IEvent)Samples.All[record];
        Assert.NotEmpty(sample.Id);
        Assert.Equal(sample.Id, ((IEvent)Contract.Read(Contract.Golden(record), record)).Id);
    }

    [Theory, MemberData(nameof(Events))]
    public void The_id_belongs_to_the_envelope_and_not_to_the_data(Type record) =>
        Assert.DoesNotContain("id", Contract.GoldenObject(record).Select(member => member.Key));

    [Fact]
    public void Different_facts_about_the_same_thing_have_different_ids() =>
        Assert.Distinct(Contract.Events.Select(record => ((IEvent)Samples.All[record]).Id));

    [Theory, MemberData(nameof(Events))]
    public void The_moment_does_not_enter_the_id(Type record)
    {
        var later = Contract.GoldenObject(record);
        later["time"] = "2026-03-14T10:00:00+00:00";
        Assert.Equal(((IEvent)Samples.All[record]).Id, ((IEvent)Contract.Read(later.ToJsonString(), record)).Id);
    }
}
