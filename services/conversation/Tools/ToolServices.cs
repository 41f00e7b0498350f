namespace Agents.Conversation.Tools;

internal static class ToolServices
{
    public static void AddTools(this IServiceCollection services) => services.AddSingleton<McpLists>().AddSingleton<ToolBox>().AddSingleton<ToolRunner>().AddSingleton<ToolReplies>();
}
