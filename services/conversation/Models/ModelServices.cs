using Agents.Defaults.Identity;

namespace Agents.Conversation.Models;

internal static class ModelServices
{
    public static void AddModels(this IServiceCollection services) => services
        .AddSingleton(provider => new ModelClient(provider.GetRequiredService<ServiceClients>().Inference)).AddSingleton<ModelStep>().AddSingleton<ModelFallback>();
}
