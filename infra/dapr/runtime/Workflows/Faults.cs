using Agents.LocalRuntime.Grpc;

namespace Agents.LocalRuntime.Workflows;

/// <summary>There is no instance of that id.</summary>
internal sealed class NoSuchInstanceException() : GrpcException(GrpcStatus.Unknown, "no such instance exists");

/// <summary>The id is in use by an instance that has not ended, or whose children have not.</summary>
internal sealed class ActiveInstanceException(string id)
    : GrpcException(GrpcStatus.AlreadyExists, $"an active workflow with ID '{id}' already exists");

/// <summary>No worker of the app is connected. In daprd instances are actors, whose type only exists while one is.</summary>
internal sealed class NoWorkerException(string actorType, string id) : GrpcException(
    GrpcStatus.FailedPrecondition,
    $"failed to lookup actor: api error: code = FailedPrecondition desc = did not find address for actor '{actorType}/{id}'");

/// <summary>A worker's answer to a turn makes no sense.</summary>
internal sealed class MalformedAnswerException(string message) : GrpcException(GrpcStatus.InvalidArgument, message);
