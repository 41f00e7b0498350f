using Agents.Torture;
using Xunit;

namespace Agents.EndToEnd.Tests;

/// <summary>What an operator changes while everything runs: a few trials of the long runs, beside the faults of <see cref="FaultRunTests"/>.</summary>
public sealed class ChangeRunTests
{
    [Fact]
    public Task Nobody_notices_when_settings_keys_secrets_and_components_change_and_a_bad_component_is_refused() => ShortRun.CheckAsync<Rotation>(5);

    [Fact]
    public Task Nobody_notices_an_upgrade_and_its_rollback() => ShortRun.CheckAsync<Upgrade>(2);
}
