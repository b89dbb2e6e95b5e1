/* exp, log and erf of vectors against the scalar definition, bit for bit. The Makefile compiles this file as it does
 * the narrowest kernel table that the build has. */
#include "support.h"

#include "config.h"

#if SEP_HAVE_AVX2 || SEP_HAVE_NEON

#include <math.h>

#include "simd/vector/elementary.h"

typedef float scalar_function(float x);
typedef vec vector_function(vec x);

static vec exp_of(vec x)
{
    return vec_exp(x);
}

static vec log_of(vec x)
{
    return vec_log(x);
}

static vec erf_of(vec x)
{
    return vec_erf(x);
}

/* Bit patterns all over the line, both signs, NaN and infinity among them. */
static void same_bits(const char *name, scalar_function *scalar, vector_function *vector)
{
    for (int64_t bits = INT32_MIN; bits <= INT32_MAX; bits += 2111 * VEC_LANES) {
        float x[VEC_LANES], y[VEC_LANES];

        for (int i = 0; i < VEC_LANES; i++)
            x[i] = sep_of_bits((int32_t)(bits + 2111 * i <= INT32_MAX ? bits + 2111 * i : INT32_MAX));
        vec_store(y, vector(vec_load(x)));
        for (int i = 0; i < VEC_LANES; i++) {
            float wanted = scalar(x[i]);

            if (sep_bits(wanted) != sep_bits(y[i]) && !(isnan(wanted) && isnan(y[i])))
                fail_msg("%s(%.9g): vector %.9g, scalar %.9g", name, (double)x[i], (double)y[i], (double)wanted);
        }
    }
}

static void vectors_return_the_scalar_bits(void **state)
{
    (void)state;
#if SEP_HAVE_AVX2
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) {
        print_message("skipped: this processor has no AVX2\n");
        skip();
    }
#endif
    same_bits("exp", sep_expf, exp_of);
    same_bits("log", sep_logf, log_of);
    same_bits("erf", sep_erff, erf_of);
}

#else

static void vectors_return_the_scalar_bits(void **state)
{
    (void)state;
    print_message("skipped: this build has neither AVX2 nor NEON kernels\n");
    skip();
}

#endif

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(vectors_return_the_scalar_bits)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
