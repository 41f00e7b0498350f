using Dapr.Actors.Runtime;
using Microsoft.AspNetCore.Http;

namespace Dapr.Actors.AspNetCore;

/// <summary>Answers the sidecar. Only 200 tells it that a call succeeded; 404 tells it that trying again is no use.</summary>
internal sealed class ActorEndpoints(ActorRuntime runtime)
{
    public Task ConfigAsync(HttpContext context) => WriteAsync(context, runtime.Config());

    public Task DeactivateAsync(HttpContext context) => RunAsync(context, async call =>
    {
        await runtime.DeactivateAsync(call.Type, call.Id);
        return default;
    });

    public Task InvokeAsync(HttpContext context) =>
        RunAsync(context, async call => await runtime.InvokeAsync(call.Type, call.Id, call.Name, call.Body, context.RequestAborted));

    public Task RemindAsync(HttpContext context) => RunAsync(context, async call =>
    {
        await runtime.RemindAsync(call.Type, call.Id, call.Name, call.Body);
        return default;
    });

    public Task FireTimerAsync(HttpContext context) => RunAsync(context, async call =>
    {
        await runtime.FireTimerAsync(call.Type, call.Id, call.Body);
        return default;
    });

    private static async Task RunAsync(HttpContext context, Func<Call, Task<ReadOnlyMemory<byte>>> run)
    {
        if (context.Request.Headers.TryGetValue(Reentrancy.Header, out var chain)) Reentrancy.Current = chain;
        try
        {
            await WriteAsync(context, await run(await ReadAsync(context)));
        }
        catch (ActorCallRefusedException refusal)
        {
            context.Response.StatusCode = refusal.Status;
            await context.Response.WriteAsync(refusal.Message, context.RequestAborted);
        }
    }

    private static async Task<Call> ReadAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        return new Call(Value("type"), Value("id"), Value("name"), body.GetBuffer().AsMemory(0, (int)body.Length));

        string Value(string name) => context.Request.RouteValues[name] as string ?? "";
    }

    private static async Task WriteAsync(HttpContext context, ReadOnlyMemory<byte> json)
    {
        if (json.IsEmpty) return;
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = json.Length;
        await context.Response.Body.WriteAsync(json, context.RequestAborted);
    }

    private sealed record Call(string Type, string Id, string Name, ReadOnlyMemory<byte> Body);
}
