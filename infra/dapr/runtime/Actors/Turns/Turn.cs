namespace Agents.LocalRuntime.Actors.Turns;

/// <summary>The right to call one actor; dispose it to let the next one in.</summary>
internal sealed class Turn(ActorTable table, Activation activation, bool isNested) : IDisposable
{
    private bool _over;

    public Activation Activation => activation;

    /// <summary>A turn within a turn of the same call chain: the actor stays where it is.</summary>
    public bool IsNested => isNested;

    public void Dispose()
    {
        if (_over) return;
        _over = true;
        activation.Turns.Exit();
        table.Release(activation);
    }
}
