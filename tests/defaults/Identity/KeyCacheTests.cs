using Agents.Contracts;
using Agents.Defaults.Identity;
using Xunit;

namespace Agents.Defaults.Tests.Identity;

public sealed class KeyCacheTests
{
    private readonly TestClock _clock = new();
    private readonly Source _source = new();

    [Fact]
    public async Task A_key_is_asked_for_once_while_it_is_fresh_and_again_afterwards()
    {
        var cache = new KeyCache(_source, _clock);
        for (var n = 0; n < 5; n++)
            Assert.NotNull(await cache.FindAsync("key", TestContext.Current.CancellationToken));
        Assert.Equal(1, _source.Asked);

        _clock.Pass(KeyCache.Fresh);
        _source.Answer = null;
        Assert.Null(await cache.FindAsync("key", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task While_nobody_can_be_asked_a_known_key_works_for_less_than_30_seconds_and_an_unknown_one_not_at_all()
    {
        var cache = new KeyCache(_source, _clock);
        Assert.NotNull(await cache.FindAsync("key", TestContext.Current.CancellationToken));
        _source.Away = true;

        _clock.Pass(TimeSpan.FromSeconds(20));
        Assert.NotNull(await cache.FindAsync("key", TestContext.Current.CancellationToken));
        await Assert.ThrowsAsync<HttpRequestException>(async () => await cache.FindAsync("other", TestContext.Current.CancellationToken));
        _clock.Pass(TimeSpan.FromSeconds(9));
        await Assert.ThrowsAsync<HttpRequestException>(async () => await cache.FindAsync("key", TestContext.Current.CancellationToken));
    }

    private sealed class Source : IKeySource
    {
        public int Asked { get; private set; }

        public bool Away { get; set; }

        public AuthenticatedKey? Answer { get; set; } = new("ak_1", "default", ["sessions"]);

        public Task<AuthenticatedKey?> FindAsync(AuthenticateKey key, CancellationToken cancellationToken)
        {
            Asked++;
            return Away ? throw new HttpRequestException("away") : Task.FromResult(Answer);
        }
    }
}
