namespace Agents.Conformance.Replay;

/// <summary>What daprd 1.18.3 answered is what the local runtime answers.</summary>
public class TranscriptTests
{
    public static IEnumerable<TheoryDataRow<string, string>> Cases =>
        from file in Transcript.Files
        from recorded in Transcript.Load(file)
        let reason = Exclusions.Cases.GetValueOrDefault($"{file}/{recorded.Id}")
        select new TheoryDataRow<string, string>(file, recorded.Id) { Skip = reason };

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task A_recorded_case_goes_as_it_went_with_daprd(string file, string id)
    {
        var results = await Replayer.ResultsAsync(file);
        var differences = results.GetValueOrDefault(id, "the case was not played");
        if (differences.Length > 0) Assert.Fail(differences);
    }

    [Fact]
    public async Task The_messages_to_workers_and_workflow_clients_are_those_of_daprd()
    {
        var results = await Replayer.ResultsAsync("workflow-http-worker");
        if (results[WorkflowPlay.Messages].Length > 0) Assert.Fail(results[WorkflowPlay.Messages]);
    }

    [Fact]
    public void Every_exclusion_names_a_recorded_case()
    {
        var known = Transcript.Files.SelectMany(file => Transcript.Load(file).Select(recorded => $"{file}/{recorded.Id}")).ToHashSet();
        Assert.All(Exclusions.Cases.Keys, name => Assert.Contains(name, known));
    }
}
