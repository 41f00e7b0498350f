using Agents.Defaults.Errors;
using Agents.Inference.Deployments;
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
            .AddSingleton<Microsoft.Extensions.Options.IValidateOptions<ModelsOptions>, ModelOptionsValidator>();
    }

    public static void MapModels(this IEndpointRouteBuilder routes)
    {
        var models = routes.MapGroup("/models").WithTags("Models");
        models.MapGet("/", List).WithName("ListModels").WithSummary("The models that this installation offers.");
        models.MapGet("/{**id}", Get).WithName("GetModel").WithSummary("One model; 'default' gives the one it stands for.");
    }

    /// <summary>The refusal for a model that does not exist, as OpenAI words it for its clients.</summary>
    public static Problem NotFound(string id)
    {
        var shown = id.Length > Names.MaxLength ? id[..Names.MaxLength] : id;
        return new Problem(
            404, "model_not_found", $"The model '{shown}' does not exist; GET /v1/models lists those that do.", "model");
    }

    private static Ok<ModelList> List(Catalog catalog) => TypedResults.Ok(new ModelList("list", [.. catalog.Listed.Select(entry => Info(entry.Id, entry.Deployment))]));

    private static Results<Ok<ModelInfo>, Problem> Get(string id, Catalog catalog)
    {
        var plain = Names.FromPath(id);
        return catalog.Find(plain) is { } route
            ? TypedResults.Ok(Info(plain == Names.Default ? route.Targets[0].Id : plain, route.Targets[0]))
            : NotFound(plain);
    }

    private static ModelInfo Info(string id, Deployment deployment) => new(id, "model", 0, deployment.Owner);
}
