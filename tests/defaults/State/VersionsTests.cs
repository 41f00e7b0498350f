using Agents.Defaults.State;
using Agents.Testing.Ledgers;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Agents.Defaults.Tests.State;

public sealed class VersionsTests : IDisposable
{
    private readonly TestClock _clock = new();
    private readonly RedisLikeStore _store = new();
    private readonly Versions _reader;
    private readonly Versions _writer;
    private int _fetched;

    public VersionsTests() => (_reader, _writer) = (New(), New());

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _reader.Dispose();
        _writer.Dispose();
        _store.Dispose();
    }

    [Fact]
    public async Task A_body_is_fetched_once_and_again_when_it_has_changed()
    {
        var copy = _reader.Copy("app/thing", _ => Task.FromResult(++_fetched));
        for (var second = 0; second < 10; second++)
        {
            Assert.Equal(1, await copy.GetAsync(Token));
            await SecondAsync();
        }
        await _writer.ChangedAsync("app/other", Token);
        await SecondAsync();
        Assert.Equal(1, await copy.GetAsync(Token));
        await _writer.ChangedAsync("app/thing", Token);
        await SecondAsync();
        Assert.Equal(2, await copy.GetAsync(Token));
        Assert.Equal(2, await copy.GetAsync(Token));
    }

    [Fact]
    public async Task A_copy_is_never_older_than_promised_even_when_nobody_looks()
    {
        var copy = _reader.Copy("app/thing", _ => Task.FromResult(++_fetched));
        Assert.Equal(1, await copy.GetAsync(Token));
        await _writer.ChangedAsync("app/thing", Token);
        _clock.Pass(Versions.Fresh);
        Assert.Equal(2, await copy.GetAsync(Token));
    }

    [Fact]
    public async Task A_name_that_nobody_asks_for_is_no_longer_read()
    {
        var copy = _reader.Copy("app/thing", _ => Task.FromResult(++_fetched));
        await copy.GetAsync(Token);
        for (var second = 0; second < 65; second++)
            await SecondAsync();
        _store.Dispose();
        await _reader.LookAsync(Token);
    }

    private async Task SecondAsync()
    {
        _clock.Pass(TimeSpan.FromSeconds(1));
        await _reader.LookAsync(Token);
    }

    private Versions New() => new(new Stores(_store.Client(), _clock), _clock, NullLogger<Versions>.Instance);
}
