using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Agents.Retrieval.Vectors;

/// <summary>Scalar products of 8-bit vectors, which is where a vector search spends its time.</summary>
internal static class DotProduct
{
    /// <summary>The exact product. Both have the same length.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Of(ReadOnlySpan<sbyte> one, ReadOnlySpan<sbyte> other)
    {
        ref var a = ref MemoryMarshal.GetReference(one);
        ref var b = ref MemoryMarshal.GetReference(other);
        if (Avx512BW.IsSupported && one.Length % 64 == 0)
            return Wide(ref a, ref b, one.Length);
        return Avx2.IsSupported && one.Length % 16 == 0 ? Half(ref a, ref b, one.Length) : Portable(one, other);
    }

    private static int Wide(ref sbyte a, ref sbyte b, int length)
    {
        var (first, second) = (Vector512<int>.Zero, Vector512<int>.Zero);
        for (var i = 0; i < length; i += 64)
        {
            first += Avx512BW.MultiplyAddAdjacent(
                Avx512BW.ConvertToVector512Int16(Vector256.LoadUnsafe(ref a, (nuint)i)), Avx512BW.ConvertToVector512Int16(Vector256.LoadUnsafe(ref b, (nuint)i)));
            second += Avx512BW.MultiplyAddAdjacent(
                Avx512BW.ConvertToVector512Int16(Vector256.LoadUnsafe(ref a, (nuint)i + 32)), Avx512BW.ConvertToVector512Int16(Vector256.LoadUnsafe(ref b, (nuint)i + 32)));
        }
        return Vector512.Sum(first + second);
    }

    private static int Half(ref sbyte a, ref sbyte b, int length)
    {
        var sum = Vector256<int>.Zero;
        for (var i = 0; i < length; i += 16)
        {
            sum += Avx2.MultiplyAddAdjacent(
                Avx2.ConvertToVector256Int16(Vector128.LoadUnsafe(ref a, (nuint)i)), Avx2.ConvertToVector256Int16(Vector128.LoadUnsafe(ref b, (nuint)i)));
        }
        return Vector256.Sum(sum);
    }

    private static int Portable(ReadOnlySpan<sbyte> one, ReadOnlySpan<sbyte> other)
    {
        var (sum, i) = (0, 0);
        for (; i + Vector<sbyte>.Count <= one.Length; i += Vector<sbyte>.Count)
        {
            Vector.Widen(new Vector<sbyte>(one[i..]), out var a0, out var a1);
            Vector.Widen(new Vector<sbyte>(other[i..]), out var b0, out var b1);
            // A product of two codes fits 16 bits; two of them need not.
            Vector.Widen(a0 * b0, out var s0, out var s1);
            Vector.Widen(a1 * b1, out var s2, out var s3);
            sum += Vector.Sum(s0 + s1 + s2 + s3);
        }
        for (; i < one.Length; i++)
            sum += one[i] * other[i];
        return sum;
    }
}
