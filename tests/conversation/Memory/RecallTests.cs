using Agents.Conversation.Memory;
using Agents.Conversation.Sessions;
using Xunit;

namespace Agents.Conversation.Tests.Memory;

public sealed class RecallTests
{
    [Fact]
    public void What_was_said_is_cut_into_sentences_and_short_ones_take_the_next_one_along()
    {
        var pieces = Pieces.Of("turn_1", new Exchange("Hi. My cat is called Tom.\nHe only eats tuna from the can, every day.", "Noted!"));

        Assert.Equal(
            [(true, "Hi. My cat is called Tom. He only eats tuna from the can, every day."), (false, "Noted!")], pieces.Select(piece => (piece.ByUser, piece.Text)));
    }

    [Fact]
    public void However_much_was_said_the_pieces_are_bounded_and_no_pair_of_surrogates_is_torn()
    {
        var pieces = Pieces.Of("turn_1", new Exchange(new string('x', 32_000), string.Concat(Enumerable.Repeat("😀", 100_000))));

        Assert.Equal(24, pieces.Count);
        Assert.All(pieces, piece => Assert.InRange(piece.Text.Length, 1, Pieces.MaxLength));
        Assert.DoesNotContain(pieces, piece => char.IsHighSurrogate(piece.Text[^1]));
    }

    [Fact]
    public void Words_find_what_shares_them_and_meaning_what_does_not()
    {
        var index = new RecallIndex();
        Say(index, "turn_1", "I am allergic to peanuts and to hazelnuts.", 1, 0, 0);
        Say(index, "turn_2", "The invoice of the carpenter was too high.", 0, 1, 0);
        // A question of the user is no evidence, however near it is.
        index.Add("turn_3", new Exchange("What should a cook leave out of a cake?", ""));
        Assert.Empty(Pieces.Meant(Pieces.Of("turn_3", new Exchange("What should a cook leave out of a cake?", ""))));
        string[] turns = ["turn_1", "turn_2", "turn_3"];

        Assert.Equal(["turn_2"], index.Find("Which invoice was it?", null, 1, turns).Select(piece => piece.Turn));
        Assert.Empty(index.Find("Anything else?", null, 4, turns));
        Assert.Equal("turn_1", index.Find("Unsafe food?", Vector(1, 0, 0), 1, turns).Single().Turn);
        Assert.Equal(["turn_2"], index.Find("Which invoice was it?", null, 4, ["turn_2"]).Select(piece => piece.Turn));
    }

    [Fact]
    public void Vectors_survive_being_joined_and_split()
    {
        var vectors = MeaningVector.Split(MeaningVector.Join([Vector(1, -0.5f, 0), Vector(0, 1, 0), Vector(-1, 0, 0)]), 3);

        Assert.Equal(1, vectors[0].Similarity(Vector(1, -0.5f, 0)), 0.001);
        Assert.Equal(0, vectors[1].Similarity(vectors[2]));
        Assert.Equal(-0.894, vectors[0].Similarity(vectors[2]), 0.01);
    }

    [Fact]
    public void A_summary_grows_at_its_end_and_is_halved_when_it_is_full()
    {
        var summary = "";
        var grown = 0;
        for (var day = 1; day <= 60; day++)
        {
            var before = summary;
            summary = Extract.Extend(summary, [new Exchange($"On day {day} I bought {day + 3} apples in Basel. Is that much?", "Yes.")], 1_000);
            Assert.InRange(summary.Length, 1, 1_000);
            Assert.DoesNotContain("much", summary, StringComparison.Ordinal);
            grown += summary.StartsWith(before, StringComparison.Ordinal) ? 1 : 0;
        }
        Assert.EndsWith("- On day 60 I bought 63 apples in Basel.", summary, StringComparison.Ordinal);
        Assert.InRange(grown, 50, 59);
    }

    private static void Say(RecallIndex index, string turn, string input, params float[] meaning)
    {
        index.Add(turn, new Exchange(input, ""));
        index.Add(new TurnMeaning(turn, 1, MeaningVector.Join([Vector(meaning)])));
    }

    private static MeaningVector Vector(params float[] values) => MeaningVector.Of(System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()));
}
