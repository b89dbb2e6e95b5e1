/* What an OpenCL device can do at most: cl/peak.cl at several widths, the best of many tries. */
#include "device/opencl/backend.h"

#include <math.h>

enum { CHAINS = 8, ROUNDS = 512, GROUP = 64, GROUPS_A_UNIT = 16, AT_ONCE = 8 };

/* Launches something once. */
typedef sep_status launch_once(sep_cl *cl, const void *context);

/* Launches a second: several enqueued, then waited for, the best of as many tries as fit. The first is not timed. */
static sep_status time_launches(sep_cl *cl, launch_once *launch, const void *context, double seconds, double *rate)
{
    sep_device *device = &cl->base;
    double end;

    *rate = 0.0;
    SEP_TRY(launch(cl, context));
    SEP_TRY(device->backend->finish(device));
    end = sep_seconds() + seconds;
    do {
        double start = sep_seconds();
        for (int i = 0; i < AT_ONCE; i++)
            SEP_TRY(launch(cl, context));
        SEP_TRY(device->backend->finish(device));
        *rate = fmax(*rate, AT_ONCE / (sep_seconds() - start));
    } while (sep_seconds() < end);
    return SEP_OK;
}

/* ---- arithmetic -------------------------------------------------------------------------------------------------- */

typedef struct chains {
    const char *kernel;
    sep_operand operand, result;
    size_t groups;
} chains;

static sep_status run_chains(sep_cl *cl, const void *context)
{
    const chains *c = context;
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_peak, c->kernel);

    sep_cl_tensor(&l, &c->operand);
    sep_cl_tensor(&l, &c->result);
    sep_cl_int(&l, ROUNDS);
    return sep_cl_run(&l, (size_t[3]){c->groups}, (size_t[3]){GROUP});
}

/* GPUs want scalars or short vectors, processors long ones: the best of all widths. */
static sep_status time_widths(sep_cl *cl, chains *c, double seconds, double *gflops)
{
    static const struct {
        const char *kernel;
        int width;
    } widths[] = {{"peak_fma_1", 1}, {"peak_fma_4", 4}, {"peak_fma_8", 8}, {"peak_fma_16", 16}};
    const int count = sizeof widths / sizeof *widths;
    double items = (double)c->groups * GROUP, rate;

    for (int i = 0; i < count; i++) {
        c->kernel = widths[i].kernel;
        SEP_TRY(time_launches(cl, run_chains, c, seconds / count, &rate));
        *gflops = fmax(*gflops, 2e-9 * CHAINS * ROUNDS * widths[i].width * items * rate);
    }
    return SEP_OK;
}

sep_status sep_opencl_measure_fma(sep_device *device, double seconds, double *gflops)
{
    sep_cl *cl = (sep_cl *)device;
    const float operand[2] = {0.5f, 1.0f}; /* chains that stay near 2 */
    chains c = {.groups = (size_t)cl->units * GROUPS_A_UNIT};

    *gflops = 0.0;
    c.operand.buffer = sep_cl_buffer_create(device, sizeof operand);
    c.result.buffer = sep_cl_buffer_create(device, c.groups * GROUP * sizeof(float));
    sep_status status = c.operand.buffer && c.result.buffer ? SEP_OK : SEP_ERR_MEMORY;
    if (status == SEP_OK)
        status = sep_cl_upload(device, c.operand.buffer, 0, operand, sizeof operand);
    if (status == SEP_OK)
        status = time_widths(cl, &c, seconds, gflops);
    sep_cl_buffer_destroy(device, c.operand.buffer);
    sep_cl_buffer_destroy(device, c.result.buffer);
    return status;
}

/* ---- memory ------------------------------------------------------------------------------------------------------ */

typedef struct copy {
    sep_operand from, to;
    int64_t vectors;
} copy;

static sep_status run_copy(sep_cl *cl, const void *context)
{
    const copy *c = context;
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_peak, "peak_copy");

    sep_cl_tensor(&l, &c->from);
    sep_cl_tensor(&l, &c->to);
    sep_cl_long(&l, c->vectors);
    return sep_cl_run_each(&l, c->vectors);
}

sep_status sep_opencl_measure_copy(sep_device *device, double bytes, double seconds, double *gbytes)
{
    sep_cl *cl = (sep_cl *)device;
    copy c = {.vectors = (int64_t)(bytes / (2 * 4 * sizeof(float)))};
    size_t half = (size_t)c.vectors * 4 * sizeof(float);
    double rate = 0.0;

    c.from.buffer = sep_cl_buffer_create(device, half);
    c.to.buffer = sep_cl_buffer_create(device, half);
    sep_status status = c.from.buffer && c.to.buffer ? SEP_OK : SEP_ERR_MEMORY;
    if (status == SEP_OK)
        status = time_launches(cl, run_copy, &c, seconds, &rate);
    *gbytes = 2e-9 * (double)half * rate;
    sep_cl_buffer_destroy(device, c.from.buffer);
    sep_cl_buffer_destroy(device, c.to.buffer);
    return status;
}
