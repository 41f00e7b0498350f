using System.Globalization;

namespace Agents.Testing;

public static class Statistics
{
    /// <summary>Zero failures in n trials bound the true rate at 3/n with 95 % confidence: that as text, or nothing when there were failures.</summary>
    public static string Bound(int failures, int trials) =>
        failures == 0 && trials > 0 ? string.Create(CultureInfo.InvariantCulture, $" (true rate at most {Math.Min(100, 300d / trials):0.####} %)") : "";
}
