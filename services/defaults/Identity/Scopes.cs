namespace Agents.Defaults.Identity;

/// <summary>What a key may do. Also the names of the authorization policies.</summary>
public static class Scopes
{
    /// <summary>Tenants, keys, agents; implies every other scope.</summary>
    public const string Admin = "admin";

    /// <summary>Open sessions, ask, give feedback.</summary>
    public const string Sessions = "sessions";

    /// <summary>Act for a named user and their principals.</summary>
    public const string SessionsDelegate = "sessions:delegate";

    /// <summary>Work on escalated sessions: read what was said, reply, resolve.</summary>
    public const string Escalations = "escalations";

    /// <summary>Create and delete collections and documents, search.</summary>
    public const string Documents = "documents";

    /// <summary>Call models directly.</summary>
    public const string Models = "models";

    /// <summary>Submit and manage jobs.</summary>
    public const string Jobs = "jobs";

    /// <summary>Read figures, alerts, audit.</summary>
    public const string Analytics = "analytics";

    public static IReadOnlyList<string> All { get; } = [Admin, Sessions, SessionsDelegate, Escalations, Documents, Models, Jobs, Analytics];
}
