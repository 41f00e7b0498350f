using System.Net;

namespace Agents.Testing.Requests;

/// <summary>
/// Clients that repeat creating requests under one idempotency key: one after the other, many at once, with another body, and after the
/// replica that was about to answer has been killed. One thing is made, and everybody is told of the same one.
/// </summary>
public sealed class ClientRetries(Stack stack, int seed)
{
    private const int Workers = 8;

    private readonly Trials _trials = new("repeated requests");
    private readonly System.Collections.Concurrent.ConcurrentDictionary<string, string> _listed = new();
    private int _kills;
    private int _repetitions;

    /// <param name="kills">Kills of a replica meanwhile, at random moments; the run lasts as long as they take.</param>
    public async Task<Trials> RunAsync(int count, int kills, CancellationToken cancellationToken)
    {
        var agent = (await stack.Operator.CreateAsync(
            "/v1/agents",
            new { name = "repeated", instructions = "Answer.", model = stack.Models.NewModel(FakeModels.Reply.Text("Once ", "and ", "for all.")), collections = Array.Empty<string>() },
            cancellationToken)).Text("id");
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var killing = KillAsync(kills, over.Token);
        await Task.WhenAll(Enumerable.Range(0, Workers).Select(async worker =>
        {
            var random = new Random((seed * 1_000) + worker);
            var client = new PatientClient(stack, random);
            for (var n = worker; n < count || (!killing.IsCompleted && _kills < kills); n += Workers)
                await TryAsync(client, random, agent, $"mark-{seed}-{n}", cancellationToken);
            Interlocked.Add(ref _repetitions, client.Repetitions);
        }));
        await over.CancelAsync();
        await killing;
        foreach (var child in stack.Host.Services)
            await child.WaitUntilReadyAsync(cancellationToken);
        var counts = await CreatingRequest.CountAsync(new PatientClient(stack, new Random(seed)), cancellationToken);
        foreach (var (mark, kind) in _listed)
            _trials.Expect(counts.GetValueOrDefault(mark) == 1, () => $"{mark}: {counts.GetValueOrDefault(mark)} times in the list after '{kind}'");
        _trials.Note($"{CreatingRequest.Kinds.Length} kinds of request; {_kills} kills; {_repetitions} attempts were cut or told to come again");
        return _trials;
    }

    private async Task TryAsync(PatientClient client, Random random, string agent, string mark, CancellationToken cancellationToken)
    {
        _trials.Begin();
        var request = await CreatingRequest.PrepareAsync(CreatingRequest.Kinds[random.Next(CreatingRequest.Kinds.Length)], mark, client, agent, cancellationToken);
        // The last one meets a first one that is long over.
        var atOnce = random.Next(3) == 0 ? random.Next(2, 9) : 1;
        var sent = Enumerable.Range(0, atOnce).Select(_ => SendAsync(0)).ToList();
        var answers = (await Task.WhenAll(sent)).Append(await SendAsync(0)).ToList();
        var good = answers.Where(answer => (int)answer.Status < 300).ToList();
        Expect(answers.All(answer => (int)answer.Status < 300 || (request.Secret && answer.Code == "idempotency_secret")), () => $"answers {string.Join(", ", answers.Select(answer => $"{(int)answer.Status} {answer.Code}"))}");
        Expect(good.Select(answer => answer.Id).Distinct().Count() <= 1, () => $"different things were made: {string.Join(", ", good.Select(answer => answer.Id).Distinct())}");
        Expect(good.Where(answer => answer.Replayed).Select(answer => answer.Body).Distinct().Count() <= 1, () => "the answer was replayed in two forms");
        if (random.Next(2) == 0)
        {
            var other = await SendAsync(1);
            Expect(other is { Status: HttpStatusCode.UnprocessableEntity, Code: "idempotency_key_reused" }, () => $"another body got {(int)other.Status} {other.Body}");
        }
        if (request.EffectsAsync is not { } effectsAsync)
            _listed[mark] = request.Kind;
        else if (await effectsAsync() is var effects)
            Expect(effects == 1, () => $"took effect {effects} times");

        Task<Settled> SendAsync(int other) => client.SendAsync(HttpMethod.Post, request.Path, request.Body(other), mark, cancellationToken);

        void Expect(bool holds, Func<string> otherwise) => _trials.Expect(holds, () => $"{mark}, {request.Kind}: {otherwise()}");
    }

    private async Task KillAsync(int kills, CancellationToken cancellationToken)
    {
        var random = new Random(seed);
        try
        {
            while (_kills < kills)
            {
                await Task.Delay(random.Next(300, 1_500), cancellationToken);
                var up = stack.Host.Services.Where(child => child is { AppId: "conversation", IsReady: true }).ToList();
                if (up.Count < 2)
                    continue;
                up[random.Next(up.Count)].Kill();
                _kills++;
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The clients are done.
        }
    }
}
