namespace Agents.Conversation.Memory;

internal static class MemoryServices
{
    public static void AddMemory(this IServiceCollection services) => services
        .AddSingleton<SessionMemory>().AddSingleton<Embedder>().AddSingleton<Meanings>().AddSingleton<RecallIndexes>()
        .AddSingleton<MemoryUpkeep>().AddSingleton<Summariser>();
}
