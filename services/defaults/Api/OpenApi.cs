using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Agents.Defaults.Api;

/// <summary>What the generated OpenAPI document says beyond the routes.</summary>
internal static class OpenApi
{
    public static void Describe(this OpenApiOptions options, ServiceIdentity identity) =>
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new OpenApiInfo { Title = $"Agents: {identity.Service}", Version = "v1" };
            document.Servers = [];
            document.Components ??= new OpenApiComponents();
            document.Components.SecuritySchemes ??= new Dictionary<string, IOpenApiSecurityScheme>();
            document.Components.SecuritySchemes["key"] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http,
                Scheme = "bearer",
                Description = "An API key of a tenant.",
            };
            document.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference("key", document)] = [] }];
            return Task.CompletedTask;
        });
}
