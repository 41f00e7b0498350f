using Agents.Defaults.Errors;
using Agents.Inference.Deployments;
using Agents.Inference.Providers.UseLite;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Agents.Inference.Models;

/// <summary>A model, as OpenAI's clients know it.</summary>
/// <param name="Created">Always 0: the configuration does not date its models.</param>
public sealed record ModelInfo(string Id, string Object, long Created, string OwnedBy);

/// <summary>All models; never more than the configuration and the registry may hold (500), so there are no pages.</summary>
public sealed record ModelList(string Object, IReadOnlyList<ModelInfo> Data);

internal static class ModelEndpoints
{
    public static IServiceCollection AddModels(this IServiceCollection services)
    {
        services.AddOptions<ModelsOptions>().BindConfiguration("").ValidateOnStart();
        return services
            .AddSingleton<Microsoft.Extensions.Options.IValidateOptions<ModelsOptions>, ModelOptionsValidator>()
            .AddSingleton<UseLite>();
    }

    public static void MapModels(this IEndpointRouteBuilder routes)
    {
        // Made now, so that what is missing is said at the start.
        _ = routes.ServiceProvider.GetRequiredService<Catalog>();
        var models = routes.MapGroup("/models").WithTags("Models");
        models.MapGet("/", List).WithName("ListModels").WithSummary("The models that this installation offers.");
        models.MapGet("/{**id}", Get).WithName("GetModel").WithSummary("One model; 'default' gives the one it stands for.");
    }

    private static Ok<ModelList> List(Catalog catalog) => TypedResults.Ok(new ModelList("list", [.. catalog.Listed.Select(entry => Info(entry.Id, entry.Deployment))]));

    private static Results<Ok<ModelInfo>, Problem> Get(string id, Catalog catalog)
    {
        var plain = Names.FromPath(id);
        return (catalog.Find(plain) ?? catalog.FindForEmbeddings(plain)) is { } route
            ? TypedResults.Ok(Info(plain == Names.Default ? route.Targets[0].Id : plain, route.Targets[0]))
            : catalog.Refusal(plain, chat: true);
    }

    private static ModelInfo Info(string id, Deployment deployment) => new(id, "model", 0, deployment.Owner);
}
