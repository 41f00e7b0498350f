using Agents.Inference.Deployments;
using Agents.Inference.Models;
using Microsoft.Extensions.Options;
using Xunit;

namespace Agents.Inference.Tests.Models;

public sealed class ModelOptionsTests
{
    [Fact]
    public void Three_settings_are_enough_for_a_model_with_a_key()
    {
        var model = Assert.Single(Read(("Models:0:Id", "gpt"), ("Models:0:Endpoint", "https://api.example.com/v1"), ("Models:0:ApiKeySecret", "OPENAI_API_KEY")).Models);
        Assert.Equal((ProviderKind.OpenAi, AuthKind.Key, "large", 30, 300), (model.Provider, model.ToDefinition().EffectiveAuth, model.Tier, model.FirstTokenTimeoutSeconds, model.TotalTimeoutSeconds));
    }

    [Fact]
    public void No_settings_are_fine_too() => Assert.Empty(Read().Models);

    [Fact]
    public void Everything_that_is_wrong_is_named_at_once()
    {
        var failure = Assert.Throws<OptionsValidationException>(() => Read(
            ("DefaultModel", "missing"), ("DefaultEmbeddingModel", "money"),
            ("Models:0:Id", "default"), ("Models:0:Endpoint", "https://a.example"),
            ("Models:1:Id", "a b"), ("Models:1:Endpoint", "ftp://a.example"),
            ("Models:2:Id", "twice"), ("Models:2:Endpoint", "https://user:pass@a.example"), ("Models:2:Auth", "key"),
            ("Models:3:Id", "twice"), ("Models:3:Endpoint", "http://a.example"), ("Models:3:Auth", "entra"), ("Models:3:ApiKeySecret", "x"),
            ("Models:4:Id", "money"), ("Models:4:Provider", "extractive"), ("Models:4:InputMicrosPerMillion", "-1"), ("Models:4:OutputMicrosPerMillion", "1000000001"),
            ("Models:5:Id", "time"), ("Models:5:Endpoint", "https://a.example"), ("Models:5:ConnectTimeoutSeconds", "0"), ("Models:5:Tier", "huge")));
        string[] expected =
        [
            "DefaultModel: there is no model 'missing'", "DefaultEmbeddingModel: there is no model 'money'", "Models:0: Id 'default' is taken", "Models:1: Id must be", "Models:1: Endpoint must be", "Models:2: Endpoint must be",
            "Models:2: ApiKeySecret must name", "'twice' is given 2 times", "Models:3: ApiKeySecret is given", "Models:3: Endpoint must be an https", "Models:4: InputMicrosPerMillion must be",
            "Models:4: OutputMicrosPerMillion must be", "Models:5: ConnectTimeoutSeconds must be", "Models:5: Tier must be",
        ];
        Assert.All(expected, part => Assert.Contains(part, failure.Message, StringComparison.Ordinal));
        Assert.Equal(expected.Length, failure.Failures.Count());
    }

    private static ModelsOptions Read(params (string Name, string Value)[] settings)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Name, (string?)setting.Value))).Build();
        var services = new ServiceCollection().AddSingleton<IConfiguration>(configuration).AddModels().BuildServiceProvider();
        return services.GetRequiredService<IOptions<ModelsOptions>>().Value;
    }
}
