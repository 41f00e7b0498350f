using Agents.Defaults;
using Agents.Defaults.Events;
using Agents.Defaults.Replicas;
using Agents.Defaults.State;
using Agents.Inference.Budgets;

namespace Agents.Inference.Accounts;

internal static class AccountServices
{
    public static IServiceCollection AddAccounts(this IServiceCollection services) => services
        .AddSingleton(provider => new JournalStore(
            provider.GetRequiredService<Stores>(), provider.GetRequiredService<EventPublisher>(), provider.GetRequiredService<ServiceIdentity>().AppId))
        .AddSingleton<AccountStore>()
        .AddSingleton(provider => new Treasury(
            provider.GetRequiredService<JournalStore>(), provider.GetRequiredService<AccountStore>(), provider.GetRequiredService<EventPublisher>(),
            provider.GetRequiredService<ReplicaMonitor>().Self, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<Treasury>>()))
        .AddSingleton(provider => new Undertaker(
            provider.GetRequiredService<JournalStore>(), provider.GetRequiredService<AccountStore>(), provider.GetRequiredService<BudgetBook>(),
            provider.GetRequiredService<ReplicaMonitor>().IsAlive, provider.GetRequiredService<ILogger<Undertaker>>()))
        .AddHostedService<AccountsService>();
}
