using Agents.Inference.Deployments;
using Agents.Inference.Models;
using Microsoft.Extensions.Options;

namespace Agents.Inference.Providers.UseLite;

/// <summary>The built-in embedding model, loaded at the start where its files are.</summary>
internal sealed partial class UseLite
{
    public UseLite(IOptions<ModelsOptions> options, ILogger<UseLite> logger)
    {
        try
        {
            Model = UseLiteModel.Load(options.Value.EmbeddingModelFolder);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            // An option that this machine or build does not have; everything else works without it.
            Missing(logger, Catalog.BuiltInEmbeddings, exception.Message);
        }
    }

    /// <summary>Null when its files are missing or not what they should be.</summary>
    public UseLiteModel? Model { get; }

    [LoggerMessage(LogLevel.Warning, "Without {Model}: {Reason} A build that can use npm brings its files.")]
    private static partial void Missing(ILogger logger, string model, string reason);
}
