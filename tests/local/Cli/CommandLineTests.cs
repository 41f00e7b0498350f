using Agents.Local.Cli;
using Xunit;

namespace Agents.Local.Tests.Cli;

public sealed class CommandLineTests
{
    [Fact]
    public void Reads_every_option()
    {
        using var folder = new ScratchFolder();
        var run = Assert.IsType<Command.Run>(CommandLine.Parse(
        [
            "demo", "--docs", folder.Path, "--ask", "Why?", "--port", "9000", "--data", folder.Path, "--api-key", "0123456789abcdef",
            "--replicas", "conversation=2", "--replicas", "retrieval=3", "--topology", "cluster", "--allow-callback-host", "localhost:9000", "--components", folder.Path, "--runtime=local",
        ]));

        var arguments = run.Arguments;
        Assert.True(arguments.Demo);
        Assert.Equal((folder.Path, "Why?", 9000), (arguments.Docs, arguments.Ask, arguments.Port));
        Assert.Equal((folder.Path, "0123456789abcdef", folder.Path), (arguments.DataFolder, arguments.ApiKey, arguments.ComponentsFolder));
        Assert.Equal(new Dictionary<string, int> { ["conversation"] = 2, ["retrieval"] = 3 }, arguments.Replicas);
        Assert.True(arguments.Cluster);
        Assert.Equal(["localhost:9000"], arguments.AllowedCallbackHosts);
    }

    [Fact]
    public void Dapr_itself_may_be_named()
    {
        var arguments = Assert.IsType<Command.Run>(CommandLine.Parse(["--runtime", "daprd", "--daprd=/bin/sh", "--placement", "/bin/cat"])).Arguments;
        Assert.True(arguments.Daprd);
        Assert.Equal(new Dictionary<string, string> { ["--daprd"] = "/bin/sh", ["--placement"] = "/bin/cat" }, arguments.DaprPrograms);
    }

    [Fact]
    public void Nothing_given_means_the_defaults() =>
        Assert.Equal(new HostArguments() with { Replicas = null!, DaprPrograms = null!, AllowedCallbackHosts = null! },
        Assert.IsType<Command.Run>(CommandLine.Parse([])).Arguments with { Replicas = null!, DaprPrograms = null!, AllowedCallbackHosts = null! });

    [Theory]
    [InlineData("--help")]
    [InlineData("-h")]
    public void Help_is_help(string argument) => Assert.IsType<Command.Help>(CommandLine.Parse([argument]));

    [Theory]
    [InlineData("--frobnicate", "--frobnicate is not an option")]
    [InlineData("--allow-callback-host localhost", "write HOST:PORT")]
    [InlineData("--allow-callback-host http://localhost:1/x", "write HOST:PORT")]
    [InlineData("extra", "extra is not an option")]
    [InlineData("--port 1 demo", "demo must be the first")]
    [InlineData("--port", "--port needs a value")]
    [InlineData("--port=", "--port needs a value")]
    [InlineData("--port 0", "a number from 1 to 65535")]
    [InlineData("--port 65536", "a number from 1 to 65535")]
    [InlineData("--port -1", "a number from 1 to 65535")]
    [InlineData("--port eighty", "a number from 1 to 65535")]
    [InlineData("--docs /no/such/folder", "--docs /no/such/folder: no such file or folder")]
    [InlineData("--ask why", "--ask belongs to demo")]
    [InlineData("--docs .", "--docs belongs to demo")]
    [InlineData("--api-key short", "16 to 200 visible ASCII characters")]
    [InlineData("--replicas conversation", "write APP=N")]
    [InlineData("--replicas =2", "write APP=N")]
    [InlineData("--replicas conversation=0", "N from 1 to 16")]
    [InlineData("--replicas conversation=17", "N from 1 to 16")]
    [InlineData("--replicas a=1 --replicas a=2", "a was given before")]
    [InlineData("--components /no/such/folder", "no such folder")]
    [InlineData("--topology ring", "the choices are merged and cluster")]
    [InlineData("--runtime none", "the choices are local and daprd")]
    [InlineData("--runtime daprd --daprd /no/such/file", "--daprd /no/such/file: no such file")]
    [InlineData("--scheduler /bin/sh", "--scheduler belongs to --runtime daprd")]
    public void Refuses_in_one_line_that_says_why(string arguments, string why)
    {
        var refused = Assert.IsType<Command.Refused>(CommandLine.Parse(arguments.Split(' ')));
        Assert.Contains(why, refused.Why, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Why);
    }
}
