using Agents.LocalRuntime.Cli;
using Agents.LocalRuntime.Http;
using Agents.LocalRuntime.Invocation;
using Agents.LocalRuntime.Resources;

namespace Agents.Conformance.Units;

public class PathTests
{
    [Theory]
    [InlineData("/", "/")]
    [InlineData("//v1.0//state/", "/v1.0/state")]
    [InlineData("/a/./b/../c", "/a/c")]
    [InlineData("/../../etc", "/etc")]
    [InlineData("/a/.hidden", "/a/.hidden")]
    [InlineData("/a%2Fb?x=/../y", "/a%2Fb")]
    [InlineData("http://host:1/v1.0/x", "/v1.0/x")]
    [InlineData("*", "/")]
    public void Request_paths_are_cleaned(string target, string expected) => Assert.Equal(expected, RequestPath.Parse(target).Clean);

    [Fact]
    public void Segments_are_unescaped_like_query_values()
    {
        var path = RequestPath.Parse("/v1.0/state/s/a%2Fb+c%20d");
        Assert.Equal((4, "a/b c d", "a%2Fb+c%20d"), (path.Count, path.Text(3), path.Raw(3)));
    }

    [Theory]
    [InlineData("inv/echo", "/inv/echo")]
    [InlineData("a%2Fb%20c", "/a/b%20c")]
    [InlineData("%C3%BC", "/%C3%BC")]
    [InlineData("a%2F..%2F..%2Fb", "/b")]
    [InlineData("a.b", "/a.b")]
    public void Methods_are_cleaned_after_they_were_unescaped(string method, string expected) =>
        Assert.Equal(expected, MethodPath.ForApp(method));

    [Theory]
    [InlineData("a%3Fb")]
    [InlineData("a%23b")]
    [InlineData("a%0Ab")]
    public void Methods_with_forbidden_characters_are_refused(string method) =>
        Assert.Throws<ApiException>(() => MethodPath.ForApp(method));

    [Theory]
    [InlineData("1h30m", 5_400_000)]
    [InlineData("1.5s", 1_500)]
    [InlineData("500ms", 500)]
    [InlineData("-2s", -2_000)]
    [InlineData("0", 0)]
    public void Durations_are_read_as_Go_reads_them(string text, int milliseconds)
    {
        Assert.True(GoDuration.TryParse(text, out var duration));
        Assert.Equal(milliseconds, duration.TotalMilliseconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("s")]
    [InlineData("5 s")]
    [InlineData("5d")]
    [InlineData("1.2.3s")]
    public void Other_texts_are_no_durations(string text) => Assert.False(GoDuration.TryParse(text, out _));

    [Theory]
    [InlineData("4Mi", 4 << 20)]
    [InlineData("512Ki", 512 << 10)]
    [InlineData("1000", 1000)]
    [InlineData("2M", 2_000_000)]
    public void Sizes_are_read(string text, int bytes)
    {
        Assert.True(CommandLine.TryParseSize(text, out var size));
        Assert.Equal(bytes, size);
    }

    [Theory]
    [InlineData("4MB4")]
    [InlineData("-1")]
    [InlineData("0")]
    [InlineData("9999999999Gi")]
    public void Other_texts_are_no_sizes(string text) => Assert.False(CommandLine.TryParseSize(text, out _));
}
