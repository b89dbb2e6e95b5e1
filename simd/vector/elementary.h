/* exp, log and erf of a vector: operation for operation what simd/elementary.h does to one float. */
#ifndef SEPTUM_SIMD_VECTOR_ELEMENTARY_H
#define SEPTUM_SIMD_VECTOR_ELEMENTARY_H

#include "simd/elementary.h"
#include "simd/vector/isa.h"

VEC_INLINE vec vec_polynomial(const float *terms, int count, vec x)
{
    vec sum = vec_set1(terms[0]);

    VEC_UNROLL
    for (int i = 1; i < count; i++)
        sum = vec_fma(sum, x, vec_set1(terms[i]));
    return sum;
}

/* exp of x that is no higher than SEP_EXP_HIGHEST, or NaN. */
static inline vec vec_exp_falling(vec x)
{
    const vec shift = vec_set1(SEP_EXP_SHIFT);
    vec shifted = vec_fma(x, vec_set1(SEP_LOG2_E), shift);
    vec n = vec_sub(shifted, shift);
    vec r = vec_fma(n, vec_set1(-SEP_LN2_LOW), vec_fma(n, vec_set1(-SEP_LN2_HIGH), x));
    vec mantissa = vec_fma(vec_mul(r, r), vec_polynomial(sep_exp_terms, SEP_EXP_TERMS, r), r);

    return vec_scale_unless_below(x, vec_set1(SEP_EXP_LOWEST), vec_add(mantissa, vec_set1(1.0f)), n, shifted);
}

static inline vec vec_exp(vec x)
{
    return vec_select(vec_gt(x, vec_set1(SEP_EXP_HIGHEST)), vec_set1(INFINITY), vec_exp_falling(x));
}

static inline vec vec_log(vec x)
{
    vec_mask tiny = vec_gt(vec_set1(0x1p-126f), x);
    vec normal = vec_select(tiny, vec_mul(x, vec_set1(0x1p23f)), x);
    vec lift = vec_select(tiny, vec_set1(-23.0f), vec_zero());
    vec_int power = vec_int_sar(vec_int_sub(vec_bits(normal), vec_int_set1(SEP_TWO_THIRDS)), 23);
    vec e = vec_add(vec_from_int(power), lift);
    vec f = vec_sub(vec_of_bits(vec_int_sub(vec_bits(normal), vec_int_shl(power, 23))), vec_set1(1.0f));
    vec square = vec_mul(f, f);
    vec rest = vec_mul(vec_polynomial(sep_log_terms, SEP_LOG_TERMS, f), f);

    rest = vec_fma(rest, square, vec_mul(e, vec_set1(SEP_LN2_LOW)));
    rest = vec_fma(vec_set1(-0.5f), square, rest);

    vec result = vec_fma(e, vec_set1(SEP_LN2_HIGH), vec_add(f, rest));
    result = vec_select(vec_eq(x, vec_set1(INFINITY)), x, result);
    vec edge = vec_select(vec_eq(x, vec_zero()), vec_set1(-INFINITY), vec_set1(NAN));
    return vec_select(vec_gt(x, vec_zero()), result, edge);
}

static inline vec vec_erf(vec x)
{
    vec_int sign = vec_int_and(vec_bits(x), vec_int_set1(INT32_MIN));
    vec size = vec_of_bits(vec_int_sub(vec_bits(x), sign)), square = vec_mul(x, x);
    vec inner = vec_fma(x, vec_polynomial(sep_erf_inner_terms, SEP_ERF_INNER_TERMS, square), x);
    vec root = vec_polynomial(sep_erf_outer_terms, SEP_ERF_OUTER_TERMS, vec_min(size, vec_set1(SEP_ERF_SATURATE)));

    root = vec_mul(root, root);
    root = vec_mul(root, root);
    vec outer = vec_sub(vec_set1(1.0f), vec_mul(root, root));
    vec signed_outer = vec_of_bits(vec_int_add(vec_bits(outer), sign));
    return vec_select(vec_gt(size, vec_set1(SEP_ERF_SWITCH)), signed_outer, inner);
}

#endif
