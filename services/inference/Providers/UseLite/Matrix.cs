using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Agents.Inference.Providers.UseLite;

/// <summary>
/// The weights and bias of a dense layer, laid out for the product with a batch of rows: in panels two vectors wide, row after row, so
/// that the innermost loop reads them in order. Four rows go through a panel at once, with the sums in registers. What a row gives
/// does not depend on the rows beside it, to the last bit.
/// </summary>
internal sealed class Matrix
{
    /// <summary>Buffers of rows hold a multiple of this many.</summary>
    public const int RowTile = 4;

    private const int CacheLine = 64;

    private static readonly int PanelWidth =
        2 * (Vector512.IsHardwareAccelerated ? Lanes512.Count : Vector256.IsHardwareAccelerated ? Lanes256.Count : Lanes128.Count);

    private readonly Memory<float> _panels;
    private readonly float[] _bias;

    /// <param name="weights">Row after row, <paramref name="inputs"/> times the length of <paramref name="bias"/>.</param>
    /// <param name="bias">Its length is a multiple of 32.</param>
    public Matrix(ReadOnlySpan<float> weights, int inputs, float[] bias)
    {
        (Inputs, Outputs, _bias) = (inputs, bias.Length, bias);
        _panels = Aligned(weights.Length);
        var target = _panels.Span;
        for (var column = 0; column < Outputs; column += PanelWidth)
        {
            for (var row = 0; row < inputs; row++)
            {
                weights.Slice((row * Outputs) + column, PanelWidth).CopyTo(target);
                target = target[PanelWidth..];
            }
        }
    }

    /// <summary>Length of a row that goes in.</summary>
    public int Inputs { get; }

    /// <summary>Length of a row that comes out.</summary>
    public int Outputs { get; }

    /// <summary>
    /// <paramref name="output"/> = <paramref name="input"/> x weights + bias for at least <paramref name="rows"/> rows; those that fill
    /// up the last tile are computed from whatever is there.
    /// </summary>
    public void Apply(ReadOnlySpan<float> input, Span<float> output, int rows)
    {
        rows = (rows + RowTile - 1) / RowTile * RowTile;
        ArgumentOutOfRangeException.ThrowIfLessThan(input.Length, rows * Inputs);
        ArgumentOutOfRangeException.ThrowIfLessThan(output.Length, rows * Outputs);
        ref var source = ref MemoryMarshal.GetReference(input);
        ref var target = ref MemoryMarshal.GetReference(output);
        if (Vector512.IsHardwareAccelerated)
            Apply<Lanes512, Vector512<float>>(in source, ref target, rows);
        else if (Vector256.IsHardwareAccelerated)
            Apply<Lanes256, Vector256<float>>(in source, ref target, rows);
        else
            Apply<Lanes128, Vector128<float>>(in source, ref target, rows);
    }

    private void Apply<TLanes, TVector>(ref readonly float input, ref float output, int rows)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        ref var panels = ref MemoryMarshal.GetReference(_panels.Span);
        ref var bias = ref MemoryMarshal.GetArrayDataReference(_bias);
        for (var column = 0; column < Outputs; column += PanelWidth)
        {
            for (var row = 0; row < rows; row += RowTile)
            {
                Tile<TLanes, TVector>(
                    in Unsafe.Add(ref Unsafe.AsRef(in input), row * Inputs), in Unsafe.Add(ref panels, column * Inputs),
                    in Unsafe.Add(ref bias, column), ref Unsafe.Add(ref output, (row * Outputs) + column));
            }
        }
    }

    // Eight sums: as many as two units with a latency of four keep busy.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Tile<TLanes, TVector>(ref readonly float rows, ref readonly float panel, ref readonly float bias, ref float output)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        var width = (nuint)TLanes.Count;
        ref var row0 = ref Unsafe.AsRef(in rows);
        ref var row1 = ref Unsafe.Add(ref row0, Inputs);
        ref var row2 = ref Unsafe.Add(ref row1, Inputs);
        ref var row3 = ref Unsafe.Add(ref row2, Inputs);
        ref var weights = ref Unsafe.AsRef(in panel);
        var sum00 = TLanes.Load(in bias, 0);
        var sum01 = TLanes.Load(in bias, width);
        var (sum10, sum20, sum30) = (sum00, sum00, sum00);
        var (sum11, sum21, sum31) = (sum01, sum01, sum01);
        var inputs = (nuint)Inputs;
        for (nuint i = 0; i < inputs; i++)
        {
            var weight0 = TLanes.Load(in weights, 0);
            var weight1 = TLanes.Load(in weights, width);
            weights = ref Unsafe.Add(ref weights, 2 * width);
            var value = TLanes.Broadcast(Unsafe.Add(ref row0, i));
            sum00 = TLanes.MultiplyAdd(value, weight0, sum00);
            sum01 = TLanes.MultiplyAdd(value, weight1, sum01);
            value = TLanes.Broadcast(Unsafe.Add(ref row1, i));
            sum10 = TLanes.MultiplyAdd(value, weight0, sum10);
            sum11 = TLanes.MultiplyAdd(value, weight1, sum11);
            value = TLanes.Broadcast(Unsafe.Add(ref row2, i));
            sum20 = TLanes.MultiplyAdd(value, weight0, sum20);
            sum21 = TLanes.MultiplyAdd(value, weight1, sum21);
            value = TLanes.Broadcast(Unsafe.Add(ref row3, i));
            sum30 = TLanes.MultiplyAdd(value, weight0, sum30);
            sum31 = TLanes.MultiplyAdd(value, weight1, sum31);
        }
        var outputs = (nuint)Outputs;
        TLanes.Store(sum00, ref output, 0);
        TLanes.Store(sum01, ref output, width);
        TLanes.Store(sum10, ref output, outputs);
        TLanes.Store(sum11, ref output, outputs + width);
        TLanes.Store(sum20, ref output, 2 * outputs);
        TLanes.Store(sum21, ref output, (2 * outputs) + width);
        TLanes.Store(sum30, ref output, 3 * outputs);
        TLanes.Store(sum31, ref output, (3 * outputs) + width);
    }

    // A vector that crosses a cache line costs two loads. Pinned, so that the collector does not move it off the line.
    private static Memory<float> Aligned(int length)
    {
        var array = GC.AllocateUninitializedArray<float>(length + (CacheLine / sizeof(float)), pinned: true);
        var offset = (int)(-Marshal.UnsafeAddrOfPinnedArrayElement(array, 0) & (CacheLine - 1)) / sizeof(float);
        return array.AsMemory(offset, length);
    }
}
