using System.Globalization;
using System.Net;
using System.Text.Json;
using Agents.Local;
using Agents.Testing;
using Agents.Testing.FakeModels;

namespace Agents.Torture;

/// <summary>
/// Settings, keys, secrets and components change while everything runs. Nobody may notice but by what the change is about; a component
/// with a mistake is refused, and what was loaded stays.
/// </summary>
internal sealed class Rotation : FaultRun
{
    private static readonly string[] Mistakes = ["type: pubsub.nosuch", "colour: red", "version: [v1"];

    private readonly string _components = Directory.CreateTempSubdirectory("agents-components-").FullName;
    private string? _agent;

    private string SecretsFile => Path.Combine(_components, "secrets.json");

    protected override ValueTask<LocalHostOptions> ConfigureAsync(LocalHostOptions options)
    {
        foreach (var file in Directory.GetFiles(Path.Combine(RepositoryRoot, "components", "local")))
            File.Copy(file, Path.Combine(_components, Path.GetFileName(file)));
        WriteSecret(FakeModelServer.ApiKey);
        return ValueTask.FromResult(options with
        {
            ComponentsFolder = _components,
            Replicas = new Dictionary<string, int> { ["conversation"] = Replicas },
        });
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Delete(_components, recursive: true);
    }

    protected override Task<string> FaultAsync(int number, CancellationToken cancellationToken) => (number % 5) switch
    {
        1 => SettingAsync(number, cancellationToken),
        2 => ApiKeyAsync(cancellationToken),
        3 => ProviderKeyAsync(number, cancellationToken),
        4 => ComponentAsync(number, cancellationToken),
        _ => MistakeAsync(number, cancellationToken),
    };

    protected override bool IsGood(ClientLedger ledger) => ledger is { Refused: 0, Broken: 0, CutStreams: 0 };

    /// <summary>A setting reaches every replica by its replacement.</summary>
    private async Task<string> SettingAsync(int number, CancellationToken cancellationToken)
    {
        var burst = (100_000 + number).ToString(CultureInfo.InvariantCulture);
        foreach (var replica in Host.Services.Where(service => service.AppId == "conversation"))
        {
            await replica.ReplaceAsync(cancellationToken, settings: new Dictionary<string, string> { ["RateLimit__Burst"] = burst });
            using var answer = await At("conversation", replica.Replica, Host.ApiKey).Http.GetAsync("/v1/agents", cancellationToken);
            Must(answer.Headers.GetValues("RateLimit-Policy").Single().Contains($"q={burst};", StringComparison.Ordinal), $"{replica.Name} has the new setting");
        }

        return "a setting changed in every replica of conversation";
    }

    /// <summary>The old secret of a key is good as long as it was said to be, the new one at once.</summary>
    private async Task<string> ApiKeyAsync(CancellationToken cancellationToken)
    {
        var key = await Operator.CreateAsync("/v1/keys", new { name = "rotated", scopes = new[] { "sessions" } }, cancellationToken);
        var id = key.Text("id");
        var (first, second) = (key.Text("key"), await RotateAsync(id, overlapSeconds: 3_600, cancellationToken));
        Must(await IsKnownAsync(first, cancellationToken) && await IsKnownAsync(second, cancellationToken), "old and new key are good while they overlap");
        var third = await RotateAsync(id, overlapSeconds: 0, cancellationToken);
        Must(await IsKnownAsync(third, cancellationToken), "the newest key is good at once");
        await Eventually.TrueAsync(
            async () => !await IsKnownAsync(first, cancellationToken) && !await IsKnownAsync(second, cancellationToken),
            "former keys are refused everywhere", cancellationToken, TimeSpan.FromMinutes(1));
        return "an API key rotated twice, with and without overlap";
    }

    /// <summary>The provider takes the new key only; calls that come with the old one are repeated with what the secret store says now.</summary>
    private async Task<string> ProviderKeyAsync(int number, CancellationToken cancellationToken)
    {
        _agent ??= await NewAgentAsync(cancellationToken);
        var key = $"sk-rotated-{number}";
        WriteSecret(key);
        await Eventually.TrueAsync(
            async () => await SecretAsync(cancellationToken) == key, "the secret store has the new key", cancellationToken, TimeSpan.FromMinutes(1));
        Models.Rotate(key);
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(n =>
            Operator.CreateAsync("/v1/sessions", new { agent = _agent, input = $"Question {n} after rotation {number}" }, cancellationToken)));
        Must(answers.All(answer => answer["turn"].Text("status") == "completed"), "every turn is answered with the new provider key");
        return "a provider key rotated";
    }

    private async Task<string> ComponentAsync(int number, CancellationToken cancellationToken)
    {
        await ReloadedAsync(() => Write("pubsub.yaml", $"  - name: concurrency\n    value: \"{8 + number % 8}\"\n"), "are loaded", cancellationToken);
        return "the broker's component loaded anew with other settings, all subscriptions with it";
    }

    private async Task<string> MistakeAsync(int number, CancellationToken cancellationToken)
    {
        var mistake = Mistakes[number / 5 % Mistakes.Length];
        await ReloadedAsync(() => Write("pubsub.yaml", $"  {mistake}\n"), "are refused", cancellationToken);
        await Task.Delay(Random.Next(200, 1_000), cancellationToken);
        Must(await LoadClient.AnswersAsync(Operator, cancellationToken), "turns are answered beside the mistake");
        await ReloadedAsync(() => Write("pubsub.yaml", ""), "are loaded", cancellationToken);
        return $"a component with the mistake '{mistake}' refused, then mended";
    }

    /// <summary>Changes files and waits until the runtime says what became of them.</summary>
    private async Task ReloadedAsync(Action change, string said, CancellationToken cancellationToken)
    {
        var before = Said();
        change();
        await Eventually.TrueAsync(() => Task.FromResult(Said() > before), $"changed resources {said}", cancellationToken, TimeSpan.FromMinutes(1));

        int Said()
        {
            using var log = new StreamReader(new FileStream(Host.Runtime.LogPath, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
            return log.ReadToEnd().Split($"Changed resources {said}").Length;
        }
    }

    /// <summary>The file as it is in <c>components/local</c>, with more behind it.</summary>
    private void Write(string file, string more) => Put(
        Path.Combine(_components, file), File.ReadAllText(Path.Combine(RepositoryRoot, "components", "local", file)).TrimEnd() + "\n" + more);

    private void WriteSecret(string key)
    {
        File.WriteAllText(SecretsFile, JsonSerializer.Serialize(new Dictionary<string, string> { [FakeModelServer.ApiKeySecret] = key }));
        Put(
            Path.Combine(_components, "secrets.yaml"),
            $"""
            apiVersion: dapr.io/v1alpha1
            kind: Component
            metadata:
              name: secrets
            spec:
              type: secretstores.local.file
              version: v1
              metadata:
              - name: secretsFile
                value: {SecretsFile}
            """);
    }

    /// <summary>What the sidecar of inference says.</summary>
    private async Task<string> SecretAsync(CancellationToken cancellationToken)
    {
        var port = Host.Services.First(service => service.AppId == "inference").DaprHttpPort;
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{port}/v1.0/secrets/secrets/{FakeModelServer.ApiKeySecret}");
        request.Headers.Add("dapr-api-token", Host.DaprApiToken);
        using var answer = await Operator.Http.SendAsync(request, cancellationToken);
        return (await answer.Content.ReadFromJsonAsync<Dictionary<string, string>>(cancellationToken))![FakeModelServer.ApiKeySecret];
    }

    // As a whole, as configuration management does it.
    private static void Put(string file, string text)
    {
        File.WriteAllText(file + ".new", text);
        File.Move(file + ".new", file, overwrite: true);
    }

    private async Task<string> NewAgentAsync(CancellationToken cancellationToken) => (await Operator.CreateAsync(
        "/v1/agents",
        new { name = "rotation", instructions = "Answer.", model = Models.NewModel(Reply.Echo()), collections = Array.Empty<string>() },
        cancellationToken)).Text("id");

    private async Task<string> RotateAsync(string id, int overlapSeconds, CancellationToken cancellationToken) =>
        (await Operator.CreateAsync($"/v1/keys/{id}/rotate", new { overlap_seconds = overlapSeconds }, cancellationToken)).Text("key");

    private async Task<bool> IsKnownAsync(string key, CancellationToken cancellationToken)
    {
        using var answer = await Client(key).Http.GetAsync("/v1/sessions/sess_none", cancellationToken);
        return answer.StatusCode != HttpStatusCode.Unauthorized;
    }

    private static void Must(bool holds, string what)
    {
        if (!holds)
            throw new InvalidOperationException($"It does not hold that {what}.");
    }
}
