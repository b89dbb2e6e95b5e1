/* Attention over all tokens. A stripe of queries is held against all keys of its head, so that no more than a stripe's
 * scores are ever there:
 *
 *     forward    s = q kT [STRIPE, M]   ->  p = softmax(s)       ->  out = p v
 *     backward   p again;  dp = dout vT ->  ds = p (dp - D)      ->  dq = scale * ds k,  dk += dsT q,  dv += pT dout
 *
 * Products are the tile's (simd/tile.h). dk and dv are chains over all queries, which the stripes resume in their
 * order: so a task of the gradient is a whole head, while forward shares out a few stripes of one. */
#include "device/cpu/kernels.h"

#include <omp.h>
#include <string.h>

#define STRIPE 42 /* queries: whole blocks of registers (14 rows, or 6) */
#define MOST   4  /* stripes of a task in forward, which turn the keys once */

typedef struct attention {
    const sep_cpu *cpu;
    int batch, queries, keys, heads, dim, channels;
    float scale;
    const float *q, *k, *v, *dout;
    float *threads;
    size_t per_thread; /* floats */
} attention;

/* What a thread keeps of a head: what scores need, turned [dim][keys]; what they are multiplied with, gathered
 * [keys][dim], since rows that lie far apart would fight for the same lines of the cache; a stripe's queries and
 * scores. The gradient turns v, too, and gathers k in place of v. */
typedef struct scratch {
    float *keys, *values, *dense, *q, *p, *ds;
} scratch;

static size_t aligned(size_t floats)
{
    return sep_cpu_aligned(floats * sizeof(float)) / sizeof(float);
}

static size_t stripe_scores(const attention *a)
{
    return aligned((size_t)STRIPE * (size_t)a->keys);
}

static size_t turned(const attention *a)
{
    return aligned((size_t)a->dim * (size_t)a->keys);
}

static size_t scaled(const attention *a)
{
    return aligned((size_t)STRIPE * (size_t)a->dim);
}

static attention attention_of(const sep_cpu *cpu, const sep_call *call)
{
    const sep_shape *q = &call->input[0].shape;
    attention a = {.cpu = cpu,
                   .batch = q->dim[0],
                   .queries = q->dim[1],
                   .keys = call->input[1].shape.dim[1],
                   .heads = call->attributes.heads,
                   .channels = q->dim[2],
                   .dim = q->dim[2] / call->attributes.heads,
                   .scale = call->attributes.scale};
    size_t parts = call->op == SEP_OP_TOKEN_ATTENTION_DX ? 2 : 1;

    a.per_thread = scaled(&a) + turned(&a) + parts * (turned(&a) + stripe_scores(&a));
    return a;
}

static attention attention_with(const sep_cpu *cpu, const sep_call *call)
{
    attention a = attention_of(cpu, call);

    a.q = sep_cpu_input(call, 0);
    a.k = sep_cpu_input(call, 1);
    a.v = sep_cpu_input(call, 2);
    a.dout = sep_cpu_input(call, 3);
    a.threads = sep_cpu_f32(&call->workspace);
    return a;
}

static scratch scratch_of(const attention *a)
{
    scratch s = {.q = a->threads + a->per_thread * (size_t)omp_get_thread_num()};

    s.dense = s.q + scaled(a);
    s.keys = s.dense + turned(a);
    s.p = s.keys + turned(a);
    s.values = s.p + stripe_scores(a);
    s.ds = s.values + turned(a);
    return s;
}

static size_t workspace(const sep_cpu *cpu, const sep_call *call)
{
    return attention_of(cpu, call).per_thread * (size_t)cpu->threads * sizeof(float);
}

/* Where a head of a sample begins in a tensor of `tokens`. */
static int64_t head_at(const attention *a, int unit, int tokens)
{
    return (int64_t)(unit / a->heads) * tokens * a->channels + (int64_t)(unit % a->heads) * a->dim;
}

static void turn(const attention *a, const float *from, float *to)
{
    a->cpu->simd->transpose->matrix(from, a->channels, to, a->keys, a->keys, a->dim);
}

static void gather(const attention *a, const float *from, float *to)
{
    for (int j = 0; j < a->keys; j++)
        memcpy(to + (ptrdiff_t)j * a->dim, from + (ptrdiff_t)j * a->channels, (size_t)a->dim * sizeof(float));
}

static void multiply(const attention *a, sep_tile_job job, const float *left, const float *right)
{
    job.taps = 1;
    job.a = &left;
    job.b = &right;
    a->cpu->simd->tile->run(&job);
}

/* left [rows, dim] by keys or values, turned. */
static void score(const attention *a, int rows, const float *left, ptrdiff_t left_row, const float *right, float *to)
{
    multiply(a,
             (sep_tile_job){.rows = rows,
                            .columns = a->keys,
                            .depth = a->dim,
                            .a_row = left_row,
                            .a_step = 1,
                            .b_row = a->keys,
                            .c_row = a->keys,
                            .c = to},
             left, right);
}

/* scores [rows, keys] by a head's k or v, gathered. */
static void mix(const attention *a, int rows, const float *scores, const float *right, float *to)
{
    multiply(a,
             (sep_tile_job){.rows = rows,
                            .columns = a->dim,
                            .depth = a->keys,
                            .a_row = a->keys,
                            .a_step = 1,
                            .b_row = a->dim,
                            .c_row = a->channels,
                            .c = to},
             scores, right);
}

static void scale_rows(const attention *a, int rows, const float *from, ptrdiff_t from_row, float *to, ptrdiff_t to_row)
{
    for (int i = 0; i < rows; i++)
        for (int d = 0; d < a->dim; d++)
            to[i * to_row + d] = from[i * from_row + d] * a->scale;
}

static void probabilities(const attention *a, const scratch *s, int rows, const float *q)
{
    scale_rows(a, rows, q, a->channels, s->q, a->dim);
    score(a, rows, s->q, a->dim, s->keys, s->p);
    a->cpu->simd->softmax->forward(s->p, rows, a->keys, s->p);
}

/* ---- forward ----------------------------------------------------------------------------------------------------- */

size_t sep_cpu_token_attention_workspace(const sep_cpu *cpu, const sep_call *call)
{
    return workspace(cpu, call);
}

/* Fewer stripes where threads would have nothing to do. */
static int queries_of_task(const attention *a)
{
    int64_t stripes = (int64_t)a->batch * a->heads * sep_cpu_ceiling(a->queries, STRIPE) / sep_cpu_wanted_units(a->cpu);

    return STRIPE * (stripes < 1 ? 1 : stripes < MOST ? (int)stripes : MOST);
}

static void attend(const attention *a, int unit, int first, int end, float *out)
{
    const scratch s = scratch_of(a);
    const int64_t keys = head_at(a, unit, a->keys), queries = head_at(a, unit, a->queries);

    turn(a, a->k + keys, s.keys);
    gather(a, a->v + keys, s.dense);
    for (int i = first; i < end; i += STRIPE) {
        const int rows = sep_cpu_min(STRIPE, end - i);
        const int64_t at = queries + (int64_t)i * a->channels;

        probabilities(a, &s, rows, a->q + at);
        mix(a, rows, s.p, s.dense, out + at);
    }
}

void sep_cpu_token_attention(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const attention a = attention_with(cpu, call);
    const int queries = queries_of_task(&a);
    float *out = sep_cpu_f32(&call->output);

    (void)step;
#pragma omp parallel for collapse(2) num_threads(cpu->threads) schedule(dynamic)
    for (int unit = 0; unit < a.batch * a.heads; unit++)
        for (int first = 0; first < a.queries; first += queries)
            attend(&a, unit, first, sep_cpu_min(a.queries, first + queries), out);
}

/* ---- gradient ---------------------------------------------------------------------------------------------------- */

size_t sep_cpu_token_attention_dx_workspace(const sep_cpu *cpu, const sep_call *call)
{
    return workspace(cpu, call);
}

/* to [keys, dim] (+)= scoresT [keys, rows] by right [rows, dim]. */
static void add_over_queries(const attention *a, int rows, bool resume, const float *scores, const float *right,
                             ptrdiff_t right_row, float *to)
{
    multiply(a,
             (sep_tile_job){.rows = a->keys,
                            .columns = a->dim,
                            .depth = rows,
                            .a_row = 1,
                            .a_step = a->keys,
                            .b_row = right_row,
                            .c_row = a->channels,
                            .c = to,
                            .start = resume ? SEP_TILE_RESUME : SEP_TILE_ZERO},
             scores, right);
}

static void differentiate(const attention *a, int unit, float *dq, float *dk, float *dv)
{
    const scratch s = scratch_of(a);
    const int64_t keys = head_at(a, unit, a->keys), queries = head_at(a, unit, a->queries);

    turn(a, a->k + keys, s.keys);
    turn(a, a->v + keys, s.values);
    gather(a, a->k + keys, s.dense);
    for (int i = 0; i < a->queries; i += STRIPE) {
        const int rows = sep_cpu_min(STRIPE, a->queries - i);
        const int64_t at = queries + (int64_t)i * a->channels;

        probabilities(a, &s, rows, a->q + at);
        score(a, rows, a->dout + at, a->channels, s.values, s.ds);
        a->cpu->simd->softmax->dx(s.p, s.ds, rows, a->keys, s.ds);
        mix(a, rows, s.ds, s.dense, dq + at);
        scale_rows(a, rows, dq + at, a->channels, dq + at, a->channels);
        add_over_queries(a, rows, i > 0, s.ds, s.q, a->dim, dk + keys);
        add_over_queries(a, rows, i > 0, s.p, a->dout + at, a->channels, dv + keys);
    }
}

void sep_cpu_token_attention_dx(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const attention a = attention_with(cpu, call);
    float *dq = sep_cpu_f32(&call->output);
    float *dk = dq + (int64_t)a.batch * a.queries * a.channels, *dv = dk + (int64_t)a.batch * a.keys * a.channels;

    (void)step;
#pragma omp parallel for num_threads(cpu->threads) schedule(dynamic)
    for (int unit = 0; unit < a.batch * a.heads; unit++)
        differentiate(&a, unit, dq, dk, dv);
}
