using System.ClientModel.Primitives;

namespace Agents.Inference.Providers.OpenAi;

/// <summary>Sends an API key of the secret store as bearer token.</summary>
internal sealed class SecretKeyPolicy(ProviderKeys keys, string name) : AuthenticationPolicy
{
    public override async ValueTask ProcessAsync(PipelineMessage message, IReadOnlyList<PipelinePolicy> pipeline, int currentIndex)
    {
        message.Request.Headers.Set("Authorization", $"Bearer {await keys.GetAsync(name, message.CancellationToken)}");
        await ProcessNextAsync(message, pipeline, currentIndex);
        if (message.Response?.Status is 401 or 403)
            keys.Forget(name);
    }

    public override void Process(PipelineMessage message, IReadOnlyList<PipelinePolicy> pipeline, int currentIndex) =>
        throw new NotSupportedException("Calls are asynchronous.");
}

/// <summary>For endpoints that ask nobody who they are.</summary>
internal sealed class NoAuthenticationPolicy : AuthenticationPolicy
{
    public override ValueTask ProcessAsync(PipelineMessage message, IReadOnlyList<PipelinePolicy> pipeline, int currentIndex) =>
        ProcessNextAsync(message, pipeline, currentIndex);

    public override void Process(PipelineMessage message, IReadOnlyList<PipelinePolicy> pipeline, int currentIndex) =>
        ProcessNext(message, pipeline, currentIndex);
}
