using Agents.Inference.Completions;
using Agents.Inference.Deployments;
using Agents.Inference.Providers;
using Agents.Inference.Providers.OpenAi;
using Agents.Inference.Resilience;
using Agents.Inference.Routing;
using Azure.Core;
using Azure.Identity;
using Dapr.Client;
using Xunit;

namespace Agents.Inference.Tests.Providers;

/// <summary>The workload's own identity, with a stand-in for the directory that gives out tokens.</summary>
public sealed class EntraTests
{
    private static readonly ChatRequest Request = ChatRequestReader.Parse(
        """{"model":"gpt","messages":[{"role":"user","content":"x"}]}"""u8.ToArray());

    [Fact]
    public async Task A_token_is_asked_for_with_the_scope_of_the_model_endpoints()
    {
        var directory = new Directory(() => new AccessToken("token", DateTimeOffset.MaxValue));
        // Nobody listens there: the token is asked for before the connection is made.
        Assert.Equal("provider_unreachable", await CodeAsync(directory));
        Assert.Equal(["https://cognitiveservices.azure.com/.default"], directory.Scopes.Distinct());
    }

    [Fact]
    public async Task A_workload_without_an_identity_is_a_502_that_tells_nothing_about_it() =>
        Assert.Equal("provider_auth_failed", await CodeAsync(new Directory(() => throw new CredentialUnavailableException("tenant 1234"))));

    private static async Task<string> CodeAsync(TokenCredential credential)
    {
        using var dapr = new DaprClientBuilder().Build();
        var time = TimeProvider.System;
        using var connections = new OpenAiConnections();
        var providers = new OpenAiProviders(new ProviderKeys(dapr, time), connections, new Lazy<TokenCredential>(credential), time);
        var definition = new DeploymentDefinition("gpt", Endpoints: [new Uri("https://127.0.0.1:1/openai/v1")], Auth: AuthKind.Entra);
        var upstream = new Upstream(definition.Endpoints![0], null, time);
        var deployment = new Deployment(definition, new OpenAiProvider(providers.Connect(definition)), null, [upstream]);
        using var deadline = new Deadline(deployment.TotalTimeout, time, TestContext.Current.CancellationToken);
        var failure = await Assert.ThrowsAsync<ProviderException>(() => deployment.Provider!.BeginAsync(Request, deployment, upstream, null, deadline));
        Assert.DoesNotContain("1234", failure.Message, StringComparison.Ordinal);
        return failure.Problem.Code;
    }

    private sealed class Directory(Func<AccessToken> answer) : TokenCredential
    {
        public List<string> Scopes { get; } = [];

        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken)
        {
            Scopes.AddRange(requestContext.Scopes);
            return answer();
        }

        public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            new(GetToken(requestContext, cancellationToken));
    }
}
