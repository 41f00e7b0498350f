using Agents.Retrieval.Indexing;

namespace Agents.Retrieval.Tests.Indexing;

public sealed class FactFoldTests
{
    private readonly FactFold _fold = new();

    [Fact]
    public void Counts_documents_by_their_newest_fact()
    {
        Apply(new Fact(FactKind.Ready, "a", 1, "up", 1, 100), new Fact(FactKind.Ready, "b", 1, "up", 1, 10), new Fact(FactKind.Failed, "c", 1));
        Apply(new Fact(FactKind.Failed, "a", 2), new Fact(FactKind.Removed, "b", 2));
        Assert.Equal((0, 2, 0, 5), (_fold.Ready, _fold.Failed, _fold.Bytes, _fold.Version));
    }

    [Fact]
    public void A_fact_told_twice_changes_nothing()
    {
        var fact = new Fact(FactKind.Ready, "a", 1, "up", 1, 100);
        Assert.True(_fold.Apply(fact));
        Assert.False(_fold.Apply(fact));
        Assert.Equal((1, 100), (_fold.Ready, _fold.Bytes));
        Assert.Equal(1, _fold.Find("a")?.Version);
    }

    [Fact]
    public void A_latecomer_does_not_bring_back_a_removed_document()
    {
        Apply(new Fact(FactKind.Removed, "a", 3));
        Assert.False(_fold.Apply(new Fact(FactKind.Ready, "a", 2, "up", 1, 100)));
        Assert.Equal(0, _fold.Ready);
    }

    private void Apply(params Fact[] facts)
    {
        foreach (var fact in facts)
            Assert.True(_fold.Apply(fact));
    }
}
