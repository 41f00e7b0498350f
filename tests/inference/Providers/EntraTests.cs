using System.Text.Json.Nodes;
using Agents.Inference.Completions;
using Agents.Inference.Models;
using Agents.Inference.Providers;
using Agents.Inference.Providers.OpenAi;
using Azure.Core;
using Azure.Identity;
using Dapr.Client;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Agents.Inference.Tests.Providers;

/// <summary>The workload's own identity, with a stand-in for the directory that gives out tokens.</summary>
public sealed class EntraTests
{
    private static readonly ChatRequest Request = ChatRequestReader.Parse(
        JsonNode.Parse("""{"model":"gpt","messages":[{"role":"user","content":"x"}]}""")!.AsObject());

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
        var factory = new OpenAiProviderFactory(new ProviderKeys(dapr, time), new Lazy<TokenCredential>(credential), time, NullLoggerFactory.Instance);
        using var connection = factory.Connect(new ModelOptions { Id = "gpt", Endpoint = new Uri("https://127.0.0.1:1/openai/v1"), Auth = AuthKind.Entra });
        var failure = await Assert.ThrowsAsync<ProviderException>(
            async () => await new OpenAiProvider(connection).AnswerAsync(Request, TestContext.Current.CancellationToken).FirstAsync(TestContext.Current.CancellationToken));
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
