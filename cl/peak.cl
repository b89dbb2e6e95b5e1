/* What the device can do at most, for the benchmark: chains of fma in registers, and a copy. */

/* Eight chains of vectors a work-item: enough to hide the latency of an fma. Operands come from memory, so that no
 * compiler knows the results. */
#define STEP(i) c##i = fma(c##i, a, b);
#define PEAK(name, vector, FIRST)                                                                                      \
    __kernel void name(TENSOR(operand), TENSOR(result), const int rounds)                                              \
    {                                                                                                                  \
        OPEN(operand);                                                                                                 \
        OPEN(result);                                                                                                  \
        const vector a = operand[0], b = operand[1];                                                                   \
        vector c0 = b, c1 = b + 1.0f, c2 = b + 2.0f, c3 = b + 3.0f;                                                    \
        vector c4 = b + 4.0f, c5 = b + 5.0f, c6 = b + 6.0f, c7 = b + 7.0f;                                             \
                                                                                                                       \
        for (int k = 0; k < rounds; k++) {                                                                             \
            STEP(0) STEP(1) STEP(2) STEP(3) STEP(4) STEP(5) STEP(6) STEP(7)                                            \
        }                                                                                                              \
        c0 = ((c0 + c1) + (c2 + c3)) + ((c4 + c5) + (c6 + c7));                                                        \
        result[get_global_id(0)] = FIRST;                                                                              \
    }

#define SUM4(v) (v.x + v.y + v.z + v.w)
PEAK(peak_fma_1, float, c0)
PEAK(peak_fma_4, float4, SUM4(c0))
PEAK(peak_fma_8, float8, SUM4(c0.lo) + SUM4(c0.hi))
PEAK(peak_fma_16, float16, SUM4(c0.lo.lo) + SUM4(c0.lo.hi) + SUM4(c0.hi.lo) + SUM4(c0.hi.hi))

/* Four floats a work-item; neighbours take neighbouring ones. */
__kernel void peak_copy(TENSOR(from), TENSOR(to), const long vectors)
{
    EACH(i, vectors);
    OPEN(from);
    OPEN(to);

    vstore4(vload4(i, from), i, to);
}
