using System.Net;
using Agents.Testing;
using OpenAI.Models;
using Xunit;

namespace Agents.Inference.Tests.Models;

public sealed class ModelEndpointTests(InferenceStack stack)
{
    [Fact]
    public async Task The_official_client_lists_the_models_and_gets_one()
    {
        var token = TestContext.Current.CancellationToken;
        var client = new OpenAIModelClient(new System.ClientModel.ApiKeyCredential(stack.Host.ApiKey), stack.ClientOptions());
        var ids = (await client.GetModelsAsync(token)).Value.Select(model => model.Id).ToList();
        Assert.Equal("extractive", ids[^1]);
        Assert.Contains("fake-memory", ids);
        Assert.Contains(InferenceStack.RenamedModel, ids);
        Assert.Equal("agents", (await client.GetModelAsync("extractive", token)).Value.OwnedBy);
        Assert.Equal(InferenceStack.RenamedModel, (await client.GetModelAsync(InferenceStack.RenamedModel, token)).Value.Id);
        Assert.Equal("extractive", (await client.GetModelAsync("default", token)).Value.Id);
    }

    [Fact]
    public async Task An_unknown_model_is_a_404_error_object()
    {
        var (status, body) = await stack.Operator.TryAsync(HttpMethod.Get, "/v1/models/no-such", null, TestContext.Current.CancellationToken);
        Assert.Equal((HttpStatusCode.NotFound, "model_not_found"), (status, body["error"].Text("code")));
    }
}
