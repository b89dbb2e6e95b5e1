/* Group normalisation: batch norm's kernels on each sample by itself, and what the channels of a group share. */
#include "device/cpu/batch_norm.h"

#include "device/cpu/cut.h"

#include <math.h>
#include <omp.h>

/* ---- each sample as a batch of its own --------------------------------------------------------------------------- */

static int samples_of(const sep_call *call)
{
    return call->input[0].shape.dim[0];
}

static void narrow(sep_operand *operand, int samples, int64_t sample)
{
    int channels = sep_shape_last(&operand->shape);
    int64_t rows = sep_shape_rows(&operand->shape) / samples;

    operand->offset += (size_t)(sample * rows * channels) * sizeof(float);
    operand->shape = SEP_SHAPE((int)rows, channels);
}

/* The call of batch norm that does for one sample what the call does for all. gamma and beta are everyone's. */
static sep_call of_sample(const sep_call *call, sep_op op, int64_t sample)
{
    sep_call one = *call;
    int samples = samples_of(call);

    one.op = op;
    for (int i = 0; i < call->inputs; i++)
        if (i != 2 && i != 3)
            narrow(&one.input[i], samples, sample);
    narrow(&one.output, samples, sample);
    return one;
}

typedef void kernel(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step);

/* Threads share the samples, or, where these are fewer, the rows of one after the other. */
static void each_sample(const sep_cpu *cpu, const sep_call *call, sep_op op, size_t bytes, kernel *run)
{
    int samples = samples_of(call);
    bool shares = samples >= cpu->threads;
    sep_cpu one = *cpu;

    one.threads = shares ? 1 : cpu->threads;
#pragma omp parallel for num_threads(cpu->threads) schedule(static) if (shares)
    for (int n = 0; n < samples; n++) {
        sep_call sample = of_sample(call, op, n);

        sample.workspace.offset += (size_t)n * bytes;
        run(&one, &sample, NULL);
    }
}

#define DEFINE_WORKSPACE(name, NAME, batch_name)                                                                       \
    static size_t name##_bytes(const sep_cpu *cpu, const sep_call *call)                                               \
    {                                                                                                                  \
        sep_call sample = of_sample(call, NAME, 0);                                                                    \
                                                                                                                       \
        return sep_cpu_##batch_name##_workspace(cpu, &sample);                                                         \
    }                                                                                                                  \
                                                                                                                       \
    size_t sep_cpu_##name##_workspace(const sep_cpu *cpu, const sep_call *call)                                        \
    {                                                                                                                  \
        return (size_t)samples_of(call) * name##_bytes(cpu, call);                                                     \
    }

DEFINE_WORKSPACE(group_stats, SEP_OP_BATCH_STATS, batch_stats)
DEFINE_WORKSPACE(group_apply, SEP_OP_BATCH_APPLY, batch_apply)
DEFINE_WORKSPACE(group_reduce, SEP_OP_BATCH_REDUCE, batch_reduce)

/* ---- statistics, output and sums --------------------------------------------------------------------------------- */

/* Means and variances of `size` channels become those of all of them. */
static void join_channels(float *means, float *variances, int size)
{
    float mean = 0.0f, variance = 0.0f;

    for (int c = 0; c < size; c++)
        mean += means[c];
    mean /= (float)size;
    for (int c = 0; c < size; c++) {
        float d = means[c] - mean;

        variance += fmaf(d, d, variances[c]);
    }
    for (int c = 0; c < size; c++) {
        means[c] = mean;
        variances[c] = variance / (float)size;
    }
}

void sep_cpu_group_stats(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    int samples = samples_of(call), channels = sep_shape_last(&call->output.shape), groups = call->attributes.groups;
    int size = channels / groups;
    float *stats = sep_cpu_f32(&call->output);

    (void)step;
    each_sample(cpu, call, SEP_OP_BATCH_STATS, group_stats_bytes(cpu, call), sep_cpu_batch_stats);
    for (int n = 0; n < samples; n++, stats += 2 * channels)
        for (int g = 0; g < groups; g++)
            join_channels(stats + g * size, stats + channels + g * size, size);
}

void sep_cpu_group_apply(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    (void)step;
    each_sample(cpu, call, SEP_OP_BATCH_APPLY, group_apply_bytes(cpu, call), sep_cpu_batch_apply);
}

void sep_cpu_group_reduce(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    (void)step;
    each_sample(cpu, call, SEP_OP_BATCH_REDUCE, group_reduce_bytes(cpu, call), sep_cpu_batch_reduce);
}

/* ---- gradient ---------------------------------------------------------------------------------------------------- */

/* A sample's arrays of [channels]: 1 / deviation, gamma times that, and the factor of xhat and the constant that are
 * added to du. */
enum { RSTD, FACTOR, SLOPE, SHIFT, VECTORS };

static size_t vector_bytes(const sep_call *call)
{
    return sep_cpu_aligned((size_t)sep_shape_last(&call->output.shape) * sizeof(float));
}

static float *vector(const sep_call *call, int64_t sample, int which)
{
    size_t at = (size_t)(sample * VECTORS + which) * vector_bytes(call) / sizeof(float);

    return sep_cpu_f32(&call->workspace) + at;
}

static size_t tile_bytes(const sep_call *call)
{
    int channels = sep_shape_last(&call->output.shape);

    return sep_cpu_aligned((size_t)sep_cpu_tile_rows(channels) * (size_t)channels * sizeof(float));
}

size_t sep_cpu_group_dx_workspace(const sep_cpu *cpu, const sep_call *call)
{
    return (size_t)samples_of(call) * VECTORS * vector_bytes(call) + (size_t)cpu->threads * tile_bytes(call);
}

static sep_batch_norm_terms terms_of(const sep_call *call, int64_t sample)
{
    int channels = sep_shape_last(&call->output.shape);

    return (sep_batch_norm_terms){
        .channels = channels,
        .mean = sep_cpu_input(call, 1) + sample * 2 * channels,
        .rstd = vector(call, sample, RSTD),
        .gamma = sep_cpu_input(call, 2),
        .beta = sep_cpu_input(call, 3),
        .activation = call->attributes.activation,
        .slope = call->attributes.slope,
    };
}

/* FACTOR, SLOPE and SHIFT of the channels of a group from their sums of du and of du * xhat, over `count` elements. */
static void fill_group(const sep_call *call, int64_t sample, int first, int size, float count)
{
    const sep_batch_norm_terms t = terms_of(call, sample);
    const float *sums = sep_cpu_input(call, 5) + sample * 2 * t.channels;
    float *factor = vector(call, sample, FACTOR), *slope = vector(call, sample, SLOPE);
    float *shift = vector(call, sample, SHIFT), of_du = 0.0f, of_du_xhat = 0.0f;

    for (int c = first; c < first + size; c++) {
        of_du = fmaf(t.gamma[c], sums[c], of_du);
        of_du_xhat = fmaf(t.gamma[c], sums[t.channels + c], of_du_xhat);
    }
    for (int c = first; c < first + size; c++) {
        factor[c] = t.gamma[c] * t.rstd[c];
        slope[c] = -(t.rstd[c] * (of_du_xhat / count));
        shift[c] = -(t.rstd[c] * (of_du / count));
    }
}

static void fill_vectors(const sep_call *call, int64_t sample, int64_t rows)
{
    int channels = sep_shape_last(&call->output.shape), size = channels / call->attributes.groups;
    const float *variance = sep_cpu_input(call, 1) + (sample * 2 + 1) * channels;
    float *rstd = vector(call, sample, RSTD);

    for (int c = 0; c < channels; c++)
        rstd[c] = 1.0f / sqrtf(variance[c] + call->attributes.epsilon);
    for (int first = 0; first < channels; first += size)
        fill_group(call, sample, first, size, (float)(rows * size));
}

/* Rows of a sample's dx; `room` takes what is added to (gamma * rstd) * du. */
static void dx_of_tile(const sep_cpu *cpu, const sep_call *call, int64_t sample, int64_t at, int rows, float *room)
{
    const sep_batch_norm_gradient factor = {.factor = vector(call, sample, FACTOR)};
    const sep_batch_norm_terms terms = terms_of(call, sample);
    sep_batch_norm_terms rest = terms;
    const float *x = sep_cpu_input(call, 0) + at;
    float *dx = sep_cpu_f32(&call->output) + at;

    rest.activation = SEP_LINEAR_ACTIVATION;
    rest.gamma = vector(call, sample, SLOPE);
    rest.beta = vector(call, sample, SHIFT);
    cpu->simd->batch_norm->dx(&terms, &factor, x, sep_cpu_input(call, 4) + at, 0, rows, dx);
    cpu->simd->batch_norm->apply(&rest, x, 0, rows, (sep_destination){.rows = room, .pitch = terms.channels});
    cpu->simd->elementwise->add(dx, room, (int64_t)rows * terms.channels, dx);
}

void sep_cpu_group_dx(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    int samples = samples_of(call), channels = sep_shape_last(&call->output.shape);
    int64_t rows = sep_shape_rows(&call->output.shape) / samples, size = sep_cpu_tile_rows(channels);
    int64_t tiles = sep_cpu_pieces(rows, size);
    float *rooms = vector(call, samples, 0);

    (void)step;
    for (int n = 0; n < samples; n++)
        fill_vectors(call, n, rows);
#pragma omp parallel for num_threads(cpu->threads) schedule(static) if (samples * tiles > 1)
    for (int64_t i = 0; i < samples * tiles; i++) {
        int64_t sample = i / tiles, tile = i % tiles;

        dx_of_tile(cpu, call, sample, (sample * rows + tile * size) * channels, (int)sep_cpu_piece(rows, size, tile),
                   rooms + (size_t)omp_get_thread_num() * tile_bytes(call) / sizeof(float));
    }
}
