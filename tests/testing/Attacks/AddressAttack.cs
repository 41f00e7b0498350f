using System.Net;
using System.Net.Sockets;
using Agents.Testing.FakeModels;

namespace Agents.Testing.Attacks;

/// <summary>
/// Each address inside, by each way out: an HTTP tool, an MCP server, a webhook; then the sidecar's and the product's own ports, and a
/// permitted host that redirects there. A sink on every address of this machine counts who comes: nobody may.
/// </summary>
/// <param name="permitted">A host that tools may call.</param>
public sealed class AddressAttack(Stack stack, ToolHost permitted)
{
    private const int AtOnce = 6;

    private readonly Trials _trials = new("addresses inside");
    private int _refused;

    public async Task<Trials> RunAsync(CancellationToken cancellationToken)
    {
        using var sink = new TcpListener(IPAddress.IPv6Any, 0);
        sink.Server.DualMode = true;
        sink.Start();
        var port = ((IPEndPoint)sink.LocalEndpoint).Port;
        permitted.Answer = (context, call) =>
        {
            // /{status}/...: a redirect to the sink.
            context.Response.StatusCode = int.TryParse(call.Target.Split('/')[1], out var status) ? status : 200;
            context.Response.Headers.Location = $"http://127.0.0.1:{port}/";
            return Task.CompletedTask;
        };
        var inside = InsideAddresses.Hosts.Select(host => $"http://{host}:{port}/").Concat(InsideAddresses.Urls)
            .Concat(stack.Host.Services.SelectMany(child => new[] { child.AppPort, child.DaprHttpPort }).OfType<int>().Distinct().Select(own => $"http://127.0.0.1:{own}/v1.0/metadata"));
        var redirecting = ((int[])[301, 302, 303, 307, 308]).Select(status => $"{permitted.Address}{status}/away");
        await Parallel.ForEachAsync(
            inside.Concat(redirecting).Distinct(), new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken },
            async (url, token) => await TryAsync(url, token));
        var came = 0;
        for (; sink.Pending(); came++)
            (await sink.AcceptSocketAsync(cancellationToken)).Dispose();
        _trials.Expect(came == 0, () => $"{came} connections reached the sink");
        _trials.Note($"by 3 ways; the sink was reached {came} times; {_refused} were refused before an agent had them");
        return _trials;
    }

    private async Task TryAsync(string url, CancellationToken cancellationToken)
    {
        var tools = new object[] { new { type = "http", name = "fetch", url, timeout_seconds = 5 }, new { type = "mcp", name = "server", url, allow = new[] { "run" }, timeout_seconds = 5 } };
        foreach (var (way, tool, call) in (List<(string, object, string)>)[("http", tools[0], "fetch"), ("mcp", tools[1], "server_run")])
        {
            _trials.Begin();
            var model = $"address-{Guid.CreateVersion7():N}";
            stack.Models.Script(model, Reply.ToolCall(call, "{}"), Reply.Text("Done."));
            if (await AgentAsync(new { name = "out", instructions = "Answer.", model = await DeployAsync(model, cancellationToken), collections = Array.Empty<string>(), tools = new[] { tool } }, cancellationToken) is not { } agent)
                continue;
            var turn = (await stack.Operator.CreateAsync("/v1/sessions", new { agent, input = "Go." }, cancellationToken))["turn"];
            var told = stack.Models.Requests(model)[^1].Body.List("messages").Where(message => message.Text("role") == "tool").Select(message => message.Text("content")).ToList();
            _trials.Expect(turn.Text("status") == "completed" && told is [var said] && Refusals.Any(said.Contains), () => $"{way} {url}: the model was told {string.Join(" | ", told)}");
            await stack.Operator.TryAsync(HttpMethod.Delete, $"/v1/deployments/{model}", null, cancellationToken);
        }
        _trials.Begin();
        if (await AgentAsync(new { name = "out", instructions = "Answer.", collections = Array.Empty<string>(), escalation = new { webhook = url } }, cancellationToken) is { } telling)
        {
            var session = (await stack.Operator.CreateAsync("/v1/sessions", new { agent = telling }, cancellationToken)).Text("id");
            await stack.Operator.CreateAsync($"/v1/sessions/{session}/escalate", new { }, cancellationToken);
        }
    }

    // "Status 4xx" of an own port would mean that somebody was reached; a redirect that is not followed ends at the permitted host.
    private static readonly string[] Refusals = ["not allowed", "does not answer", "did not answer", "not followed"];

    /// <summary>The agent; null when its address is refused at once, with a reason.</summary>
    private async Task<string?> AgentAsync(object agent, CancellationToken cancellationToken)
    {
        var (status, body) = await stack.Operator.TryAsync(HttpMethod.Post, "/v1/agents", agent, cancellationToken);
        if (status == HttpStatusCode.Created)
            return body.Text("id");
        Interlocked.Increment(ref _refused);
        _trials.Expect(status == HttpStatusCode.BadRequest && body["errors"] is not null, () => $"{agent}: {(int)status} {body.ToJsonString()}");
        return null;
    }

    private async Task<string> DeployAsync(string model, CancellationToken cancellationToken)
    {
        await stack.Operator.CreateAsync(
            "/v1/deployments", new { id = model, endpoints = new[] { stack.Models.Endpoint }, api_key_secret = FakeModelServer.ApiKeySecret }, cancellationToken);
        return model;
    }
}
