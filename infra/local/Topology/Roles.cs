namespace Agents.Local.Topology;

/// <summary>
/// The roles that are apps of their own in a cluster, as the chart has them. Merged, a service's own process does what they do.
/// </summary>
internal static class Roles
{
    private const string Hooks = "conversation-hooks";
    private static readonly string[] Lanes = ["premium", "standard", "batch"];

    /// <summary>One app per role of each service.</summary>
    public static IEnumerable<RunApp> Apart(IEnumerable<RunApp> apps) => apps.SelectMany(app => app.Id switch
    {
        "conversation" =>
        [
            app.As(app.Id, ("Jobs__WorkersApart", "true"), ("Hooks__AppId", Hooks)),
            .. Lanes.Select(lane => app.As($"conversation-{lane}", ("Hooks__AppId", Hooks))),
            app.As(Hooks),
        ],
        "retrieval" => [app.As(app.Id, ("Ingestion__Enabled", "false")), app.As("retrieval-ingest")],
        _ => (IEnumerable<RunApp>)[app],
    });
}
