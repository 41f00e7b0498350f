using System.Net;
using System.Text.Json;
using Agents.LocalRuntime.Apps;
using Agents.LocalRuntime.Http;
using Agents.LocalRuntime.Json;

namespace Agents.LocalRuntime.Actors.Hosting;

/// <summary>Asks an app which actors it hosts: GET /dapr/config.</summary>
internal sealed partial class ActorConfigReader(AppChannel app, string appId, ILogger<ActorConfigReader> log)
{
    private const int LargestAnswer = 1 << 20;

    /// <summary>The actors; none when the app has no such endpoint or answers nonsense.</summary>
    /// <exception cref="HttpRequestException">The app is not there.</exception>
    public async Task<ActorConfig> ReadAsync(CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, app.Address + "/dapr/config") { Content = new ByteArrayContent([]) };
        request.Content.Headers.ContentType = new("application/json");
        request.Headers.TryAddWithoutValidation("dapr-app-id", appId);
        using var response = await app.SendAsync(request, cancel);
        if (response.StatusCode == HttpStatusCode.NotFound) return ActorConfig.None;
        if (!response.IsSuccessStatusCode)
        {
            LogRefused(log, appId, (int)response.StatusCode);
            return ActorConfig.None;
        }

        try
        {
            var body = await AppBody.ReadAsync(response, LargestAnswer, cancel);
            return body.Length == 0 ? ActorConfig.None : ActorConfig.Parse(body);
        }
        catch (JsonException error)
        {
            LogNonsense(log, appId, JsonProblem.Describe(error));
        }
        catch (BodyTooLargeException error)
        {
            LogNonsense(log, appId, error.Message);
        }
        catch (IOException error)
        {
            throw new HttpRequestException("the app broke off its answer", error);
        }

        return ActorConfig.None;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "App {AppId} answered {Status} when asked for its actors")]
    private static partial void LogRefused(ILogger logger, string appId, int status);

    [LoggerMessage(Level = LogLevel.Error, Message = "App {AppId} answered no valid actor configuration, so it hosts none: {Problem}")]
    private static partial void LogNonsense(ILogger logger, string appId, string problem);
}
