using Agents.Conversation.Keys;
using Agents.Defaults.Api;
using Agents.Defaults.Identity;
using Xunit;

namespace Agents.Conversation.Tests.Keys;

public sealed class KeyRecordTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly KeyRecord Key = new("ak_1", "default", "test", ["sessions"], "hash", Now, Now.AddDays(1));

    [Fact]
    public void A_key_is_accepted_until_it_expires_or_is_revoked()
    {
        Assert.True(Key.Accepts("hash", Now));
        Assert.False(Key.Accepts("other", Now));
        Assert.False(Key.Accepts("hash", Now.AddDays(1)));
        Assert.False(Key.Revoke(Now).Accepts("hash", Now));
    }

    [Fact]
    public void A_rotated_key_accepts_the_old_secret_until_the_overlap_ends()
    {
        var rotated = Key.Rotate("new", Now.AddMinutes(5), "first");
        Assert.True(rotated.Accepts("new", Now));
        Assert.True(rotated.Accepts("hash", Now.AddMinutes(4)));
        Assert.False(rotated.Accepts("hash", Now.AddMinutes(5)));
        Assert.False(rotated.Rotate("newest", Now, "second").Accepts("hash", Now));
    }

    [Fact]
    public void A_rotation_that_is_run_again_leaves_the_old_secret_its_overlap()
    {
        var again = Key.Rotate("never shown", Now.AddMinutes(5), "first").Rotate("new", Now.AddMinutes(5), "first");
        Assert.True(again.Accepts("new", Now) && again.Accepts("hash", Now.AddMinutes(4)));
        Assert.False(again.Accepts("never shown", Now));
    }

    [Fact]
    public void A_new_key_carries_its_id_and_is_described_without_its_secret()
    {
        var id = Ids.New(KeyFormat.Prefix);
        var key = KeyFormat.New(id);
        var described = KeyFormat.Describe(key);
        Assert.Equal(id, described.KeyId);
        Assert.DoesNotContain(key[(id.Length + 1)..], described.ToString(), StringComparison.Ordinal);
        Assert.Null(KeyFormat.Describe("of-the-operators-own-choosing").KeyId);
        Assert.NotEqual(key, KeyFormat.New(id));
    }
}
