using Agents.Defaults.Errors;
using Agents.Inference.Providers.UseLite;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Agents.Inference.Models;

/// <summary>A model, as OpenAI's clients know it.</summary>
/// <param name="Created">Always 0: the configuration does not date its models.</param>
public sealed record ModelInfo(string Id, string Object, long Created, string OwnedBy);

/// <summary>All models; never more than the configuration may hold (200), so there are no pages.</summary>
public sealed record ModelList(string Object, IReadOnlyList<ModelInfo> Data);

internal static class ModelEndpoints
{
    public static IServiceCollection AddModels(this IServiceCollection services)
    {
        services.AddOptions<ModelsOptions>().BindConfiguration("").ValidateOnStart();
        return services
            .AddSingleton<Microsoft.Extensions.Options.IValidateOptions<ModelsOptions>, ModelOptionsValidator>()
            .AddSingleton<UseLite>().AddSingleton<ModelCatalog>();
    }

    public static void MapModels(this IEndpointRouteBuilder routes)
    {
        // Made now, so that what is missing is said at the start.
        _ = routes.ServiceProvider.GetRequiredService<ModelCatalog>();
        var models = routes.MapGroup("/models").WithTags("Models");
        models.MapGet("/", List).WithName("ListModels").WithSummary("The models that this installation offers.");
        models.MapGet("/{**id}", Get).WithName("GetModel").WithSummary("One model; 'default' gives the one it stands for.");
    }

    /// <summary>The refusal for a model that does not exist, as OpenAI words it for its clients.</summary>
    public static Problem NotFound(string id)
    {
        var shown = id.Length > ModelOptions.MaxIdLength ? id[..ModelOptions.MaxIdLength] : id;
        return new Problem(
            404, "model_not_found", id == ModelCatalog.BuiltInEmbeddings
                ? $"The model '{id}' is not installed here: its weights come with a build that can use npm."
                : $"The model '{shown}' does not exist; GET /v1/models lists those that do.", "model");
    }

    private static Ok<ModelList> List(ModelCatalog catalog) => TypedResults.Ok(new ModelList("list", [.. catalog.All.Select(Info)]));

    private static Results<Ok<ModelInfo>, Problem> Get(string id, ModelCatalog catalog)
    {
        // Clients escape the slash in ids such as "meta/llama", and servers leave an escaped slash as it is.
        var plain = id.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
        return catalog.Find(plain) is { } model ? TypedResults.Ok(Info(model)) : NotFound(plain);
    }

    private static ModelInfo Info(Model model) => new(model.Id, "model", 0, model.Owner);
}
