using Xunit;
using YamlDotNet.RepresentationModel;

namespace Agents.Local.Tests.Topology;

/// <summary>Every folder of components offers the same names, with fields its types know.</summary>
public sealed class ComponentFoldersTests
{
    private static readonly string[] Names = ["pubsub", "secrets", "sessionstore", "statestore"];

    private static readonly Dictionary<string, string[]> Fields = new()
    {
        ["state.sqlite"] = ["connectionString", "timeout", "busyTimeout", "disableWAL", "tableName", "metadataTableName", "cleanupInterval", "keyPrefix", "actorStateStore"],
        ["pubsub.sqlite"] = ["connectionString"],
        ["secretstores.local.env"] = ["prefix"],
        ["state.redis"] = ["redisHost", "redisPassword", "keyPrefix", "actorStateStore"],
        ["pubsub.redis"] = ["redisHost", "redisPassword", "processingTimeout", "redeliverInterval", "concurrency", "queueDepth", "streamTTL"],
        ["state.postgresql"] = ["connectionString", "keyPrefix", "maxConns", "cleanupInterval", "actorStateStore"],
        ["state.azure.cosmosdb"] = ["url", "masterKey", "database", "collection", "keyPrefix", "actorStateStore"],
        ["state.aws.dynamodb"] = ["table", "partitionKey", "ttlAttributeName", "region", "keyPrefix", "actorStateStore"],
        ["pubsub.kafka"] = ["brokers", "authType", "disableTls", "initialOffset", "consumeRetryEnabled"],
        ["pubsub.rabbitmq"] = ["connectionString", "durable", "deletedWhenUnused", "deliveryMode", "publisherConfirm", "requeueInFailure", "prefetchCount"],
        ["pubsub.azure.servicebus.topics"] = ["connectionString", "maxActiveMessages", "maxConcurrentHandlers"],
        ["pubsub.aws.snssqs"] = ["region", "concurrencyLimit", "messageVisibilityTimeout"],
        ["pubsub.gcp.pubsub"] = ["projectId", "maxOutstandingMessages", "ackDeadline"],
        ["secretstores.azure.keyvault"] = ["vaultName"],
        ["secretstores.aws.secretmanager"] = ["region"],
        ["secretstores.gcp.secretmanager"] = ["projectID"],
    };

    public static TheoryData<string> Folders => [.. Directory.GetDirectories(RepositoryFolder.PathOf("components")).Select(path => Path.GetFileName(path)!)];

    [Theory]
    [MemberData(nameof(Folders))]
    public void A_folder_holds_the_four_components_resiliency_and_configuration(string folder)
    {
        var documents = Documents(folder).ToList();
        Assert.Equal(Names, OfKind(documents, "Component").Select(Name).Order(StringComparer.Ordinal));
        Assert.Equal(["agents"], OfKind(documents, "Resiliency").Select(Name));
        Assert.Equal(["agents"], OfKind(documents, "Configuration").Select(Name));
        Assert.True(File.Exists(RepositoryFolder.PathOf("components", folder, "config.yaml")));
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void State_is_shared_by_all_roles_and_one_store_keeps_actors(string folder)
    {
        var stores = OfKind(Documents(folder), "Component").Where(component => Type(component).StartsWith("state.", StringComparison.Ordinal)).ToList();
        Assert.All(stores, store => Assert.Equal("name", Metadata(store)["keyPrefix"]));
        Assert.Equal("statestore", Name(stores.Single(store => Metadata(store).GetValueOrDefault("actorStateStore") == "true")));
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void Components_use_fields_that_their_type_knows(string folder)
    {
        foreach (var component in OfKind(Documents(folder), "Component"))
        {
            Assert.Contains(Type(component), Fields.Keys);
            Assert.Empty(Metadata(component).Keys.Except(Fields[Type(component)]));
        }
    }

    [Fact]
    public void Times_of_the_Redis_broker_are_bare_milliseconds()
    {
        var broker = OfKind(Documents("redis"), "Component").Single(component => Type(component) == "pubsub.redis");
        Assert.All(["processingTimeout", "redeliverInterval"], field => Assert.True(int.TryParse(Metadata(broker)[field], out _), field));
    }

    private static IEnumerable<YamlMappingNode> Documents(string folder) =>
        Directory.GetFiles(RepositoryFolder.PathOf("components", folder)).Select(file => RepositoryFolder.Yaml(file));

    private static IEnumerable<YamlMappingNode> OfKind(IEnumerable<YamlMappingNode> documents, string kind) =>
        documents.Where(document => document.Text("kind") == kind);

    private static string Name(YamlMappingNode document) => ((YamlMappingNode)document.Children["metadata"]).Text("name");

    private static string Type(YamlMappingNode component) => ((YamlMappingNode)component.Children["spec"]).Text("type");

    private static Dictionary<string, string> Metadata(YamlMappingNode component)
    {
        var spec = (YamlMappingNode)component.Children["spec"];
        return spec.Children.ContainsKey("metadata") ? spec.List("metadata").ToDictionary(item => item.Text("name"), item => item.Text(item.Children.ContainsKey("value") ? "value" : "envRef")) : [];
    }
}
