/* What a device really does with floats: drivers claim more, and less, than they do. */
#include "device/opencl/backend.h"

#include <math.h>
#include <string.h>

#define RANDOM_CASES 1024

typedef struct operands {
    float a, b, c;
} operands;

typedef struct results {
    float fma, quotient, root;
} results;

/* Where the rounded product of a and b differs from the exact one in a fused multiply-add; where a zero has a sign;
 * where a result is subnormal. Then random ones. */
enum { FUSED, ZERO_SIGN, SUBNORMAL, FIXED_CASES, CASES = FIXED_CASES + RANDOM_CASES };

static void make_cases(operands *list)
{
    const sep_random random = {.seed = 1, .stream = sep_stream("opencl probe")};

    list[FUSED] = (operands){1.0f + 0x1p-12f, 1.0f - 0x1p-12f, -1.0f};
    list[ZERO_SIGN] = (operands){0.0f, -2.0f, 0.0f};
    list[SUBNORMAL] = (operands){0x1p-100f, 0x1p-30f, 0x1p-140f};
    for (int i = FIXED_CASES; i < CASES; i++)
        list[i] =
            (operands){sep_random_normal(&random, 3 * (uint64_t)i), sep_random_normal(&random, 3 * (uint64_t)i + 1),
                       sep_random_normal(&random, 3 * (uint64_t)i + 2)};
}

static bool same(float a, float b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

static sep_cl_floats judge(const operands *given, const results *got)
{
    sep_cl_floats f = {.fused = true, .divides = true};

    for (int i = 0; i < CASES; i++) {
        const operands *o = &given[i];
        if (i == ZERO_SIGN || i == SUBNORMAL)
            continue;
        f.fused = f.fused && same(got[i].fma, fmaf(o->a, o->b, o->c));
        f.divides = f.divides && same(got[i].quotient, o->a / o->b) && same(got[i].root, sqrtf(fabsf(o->c)));
    }
    f.zeros = same(got[ZERO_SIGN].fma, 0.0f);
    f.subnormals = same(got[SUBNORMAL].fma, fmaf(given[SUBNORMAL].a, given[SUBNORMAL].b, given[SUBNORMAL].c));
    return f;
}

static sep_status run_probe(sep_cl *cl, const sep_operand *operand, const sep_operand *result)
{
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_probe, "probe");

    sep_cl_tensor(&l, operand);
    sep_cl_tensor(&l, result);
    sep_cl_int(&l, CASES);
    return sep_cl_run_each(&l, CASES);
}

#define ROUNDS 100000 /* llvmpipe leaves a kernel's loops after 65,535 */

static sep_status probe_loop(sep_cl *cl, const sep_operand *result, bool *whole)
{
    const float one[2] = {0.0f, 1.0f};
    float count;
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_probe, "probe_loop");

    SEP_TRY(sep_cl_upload(&cl->base, result->buffer, 0, one, sizeof one));
    sep_cl_tensor(&l, result);
    sep_cl_int(&l, ROUNDS);
    SEP_TRY(sep_cl_run(&l, (size_t[3]){1}, (size_t[3]){1}));
    SEP_TRY(sep_cl_download(&cl->base, result->buffer, 0, &count, sizeof count));
    *whole = count == (float)ROUNDS;
    return SEP_OK;
}

sep_status sep_cl_probe(sep_cl *cl, sep_cl_floats *floats)
{
    operands given[CASES];
    results got[CASES];
    sep_operand operand = {.buffer = sep_cl_buffer_create(&cl->base, sizeof given)};
    sep_operand result = {.buffer = sep_cl_buffer_create(&cl->base, sizeof got)};
    sep_status status = operand.buffer && result.buffer ? SEP_OK : SEP_ERR_MEMORY;

    make_cases(given);
    if (status == SEP_OK)
        status = sep_cl_upload(&cl->base, operand.buffer, 0, given, sizeof given);
    if (status == SEP_OK)
        status = run_probe(cl, &operand, &result);
    if (status == SEP_OK)
        status = sep_cl_download(&cl->base, result.buffer, 0, got, sizeof got);
    if (status == SEP_OK)
        *floats = judge(given, got);
    if (status == SEP_OK)
        status = probe_loop(cl, &result, &floats->loops);
    sep_cl_buffer_destroy(&cl->base, operand.buffer);
    sep_cl_buffer_destroy(&cl->base, result.buffer);
    return status;
}
