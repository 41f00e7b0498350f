namespace Agents.Conversation.Models;

internal static class ModelServices
{
    public static void AddModels(this IServiceCollection services) => services.AddSingleton<ModelClient>().AddSingleton<ModelStep>().AddSingleton<ModelFallback>();
}
