using System.Diagnostics;
using System.Globalization;
using Agents.Testing;
using Dapr;
using Dapr.Workflow;

namespace Agents.Torture;

/// <summary>
/// SIGKILLs of the runtime and of workers while 200 workflows of 20 mixed steps run. All must complete, every effect must be there, none
/// that was not asked for, and no replay may differ (that would fail its workflow).
/// </summary>
internal static class Workflows
{
    private const int Count = 200;
    private const int Steps = 20;
    private const int Workers = 3;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    public static async Task<bool> RunAsync(TortureOptions options, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("agents-torture-").FullName;
        await using var recorder = await EffectRecorder.StartAsync(cancellationToken);
        var ports = Enumerable.Range(0, Workers).Select(_ => (Http: Ports.Next(), Grpc: Ports.Next())).ToArray();
        WriteFiles(folder, ports);
        var victims = new List<Victim>
        {
            new("runtime", "Agents.LocalRuntime", ["--run-file", Path.Combine(folder, "run.yaml"), "--parent-pid", Text(Environment.ProcessId)], new Dictionary<string, string>(), folder),
        };
        victims.AddRange(ports.Select((port, n) => new Victim(
            $"worker {n}", "Agents.Torture.Worker", [],
            new Dictionary<string, string> { ["DAPR_GRPC_ENDPOINT"] = $"http://127.0.0.1:{port.Grpc}", ["EFFECTS_URL"] = recorder.Address }, folder)));
        try
        {
            foreach (var victim in victims)
                victim.Start();
            return await RunAsync(options, victims, recorder, ports[0].Grpc, cancellationToken);
        }
        finally
        {
            foreach (var victim in victims)
                victim.Dispose();
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<bool> RunAsync(
        TortureOptions options, List<Victim> victims, EffectRecorder recorder, int grpcPort, CancellationToken cancellationToken)
    {
        var random = new Random(options.Seed);
        var plans = Enumerable.Range(0, Count).ToDictionary(n => $"w{n}", _ => new string(random.GetItems<char>("aaafttcer", Steps)));
        using var host = Client(grpcPort);
        var client = host.Services.GetRequiredService<DaprWorkflowClient>();
        var began = Stopwatch.GetTimestamp();
        var waiting = new Queue<string>(plans.Keys);
        var runs = new List<Task<string?>>();
        var kills = new Dictionary<string, int>();
        for (var kill = 1; kill <= options.Count; kill++)
        {
            for (var due = Count * kill / options.Count; runs.Count < due;)
            {
                var id = waiting.Dequeue();
                runs.Add(RunOneAsync(client, id, plans[id], cancellationToken));
            }
            await Task.Delay(random.Next(150, 900), cancellationToken);
            var victim = victims[random.Next(3) == 0 ? 0 : random.Next(1, victims.Count)];
            victim.Kill();
            victim.Start();
            kills[victim.Name] = kills.GetValueOrDefault(victim.Name) + 1;
        }
        Console.WriteLine($"kills ended after {Stopwatch.GetElapsedTime(began).TotalSeconds:0} s: {runs.Count(run => run.IsCompleted)} of {Count} workflows had completed");
        var problems = new List<string>();
        foreach (var run in runs)
        {
            try
            {
                if (await run.WaitAsync(Patience, cancellationToken) is { } problem)
                    problems.Add(problem);
            }
            catch (TimeoutException)
            {
                problems.Add($"a workflow did not complete within {Patience.TotalSeconds:0} s");
            }
        }
        var wanted = plans.SelectMany(plan => Effects(plan.Key, plan.Value)).ToHashSet();
        problems.AddRange(wanted.Except(recorder.Effects.Keys).Select(key => $"effect {key} is missing"));
        problems.AddRange(recorder.Effects.Keys.Except(wanted).Select(key => $"effect {key} was not asked for"));
        Console.WriteLine($"""
            kills                {string.Join(", ", kills.OrderBy(kill => kill.Key).Select(kill => $"{kill.Key} {kill.Value}"))}
            workflows            {Count} of {Steps} steps, {plans.Values.Sum(plan => plan.Count(step => step == 'c'))} children; not completed or failed {problems.Count(problem => problem.Contains("workflow", StringComparison.Ordinal))}
            effects              {wanted.Count}; missing {wanted.Except(recorder.Effects.Keys).Count()}, not asked for {recorder.Effects.Keys.Except(wanted).Count()}, deliveries {recorder.Effects.Values.Sum()}
            all completed after  {Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} s
            """);
        foreach (var problem in problems.Take(20))
            Console.WriteLine("  " + problem);
        return problems.Count == 0;
    }

    /// <summary>Null when all went well.</summary>
    private static async Task<string?> RunOneAsync(DaprWorkflowClient client, string id, string plan, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await client.ScheduleNewWorkflowAsync("mixed", id, plan, (DateTimeOffset?)null, cancellationToken);
                break;
            }
            catch (DaprApiException error) when (error.ErrorCode == "AlreadyExists")
            {
                // An earlier attempt had been taken, though its answer was lost.
                break;
            }
            catch (DaprApiException error) when (error.IsTransient)
            {
                // The runtime is being killed and started. What may have been created and completed meanwhile must not run twice.
                await Task.Delay(50, cancellationToken);
                if (await ExistsAsync(client, id, cancellationToken))
                    break;
            }
        }
        var state = await client.WaitForWorkflowCompletionAsync(id, cancellation: cancellationToken);
        var effects = Effects(id, plan).Count();
        if (state.RuntimeStatus != WorkflowRuntimeStatus.Completed)
            return $"workflow {id} ended as {state.RuntimeStatus}: {state.FailureDetails?.ErrorType} {state.FailureDetails?.ErrorMessage}";
        return state.ReadOutputAs<int>() == effects ? null : $"workflow {id} counts {state.ReadOutputAs<int>()} effects instead of {effects}";
    }

    private static async Task<bool> ExistsAsync(DaprWorkflowClient client, string id, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return (await client.GetWorkflowStateAsync(id, cancellation: cancellationToken)).Exists;
            }
            catch (DaprApiException error) when (error.IsTransient)
            {
                // As above.
                await Task.Delay(50, cancellationToken);
            }
        }
    }

    private static IEnumerable<string> Effects(string id, string plan) => plan.SelectMany((step, i) => step switch
    {
        'a' or 'r' => [$"{id}/{i}"],
        'f' => Enumerable.Range(0, 3).Select(n => $"{id}/{i}.{n}"),
        'c' => [$"{id}/{i}:1", $"{id}/{i}:2"],
        _ => Enumerable.Empty<string>(),
    });

    private static IHost Client(int grpcPort)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection([new("DAPR_GRPC_ENDPOINT", $"http://127.0.0.1:{grpcPort}")]);
        builder.Services.AddDaprWorkflow();
        return builder.Build();
    }

    private static void WriteFiles(string folder, (int Http, int Grpc)[] ports)
    {
        var components = Directory.CreateDirectory(Path.Combine(folder, "components")).FullName;
        File.WriteAllText(Path.Combine(components, "store.yaml"), """
            apiVersion: dapr.io/v1alpha1
            kind: Component
            metadata:
              name: store
            spec:
              type: state.sqlite
              version: v1
              metadata:
              - name: connectionString
                value: torture.db
              - name: actorStateStore
                value: "true"
            """);
        File.WriteAllText(
            Path.Combine(folder, "run.yaml"),
            $"version: 1\ncommon:\n  resourcesPath: {components}\napps:\n" + string.Concat(ports.Select(port =>
                $"- appID: torture\n  appDirPath: {folder}\n  daprHTTPPort: {Text(port.Http)}\n  daprGRPCPort: {Text(port.Grpc)}\n")));
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
