namespace Dapr.Workflow.Replay;

/// <summary>What actions and their events in the history are called when they are compared.</summary>
internal static class ActionNames
{
    public const string Timer = "a timer";

    public static string Activity(string name) => $"the activity '{name}'";

    public static string Child(string name) => $"the child workflow '{name}'";

    public static string Sending(string name) => $"the sending of '{name}'";
}
