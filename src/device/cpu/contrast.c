/* Contrast and its gradient. The rows x that are worked out (anchors, keys or both) are held against all rows y of
 * their group, a block of y at a time, so that the scores of a block stay in the first-level cache between the
 * products:
 *
 *                       xT [D][32]                            p [ROWS][32]
 *     y [ROWS][D]   s = y xT [ROWS][32]   ->  p = weigh(s)  ->  z += sums of columns
 *                                         ->  yT [D][ROWS] p  ->  dxT += [D][32]
 *
 * A stripe is 32 rows of x, turned once so that the lanes of a vector are different rows; a task is a few stripes,
 * which a block of y passes while it is in the second-level cache. Neither shows in a result. */
#include "device/cpu/contrast.h"

#include <math.h>
#include <omp.h>
#include <string.h>

#define PITCH   32  /* rows of x in a stripe */
#define STRIPES 4   /* of a task, at most */
#define ROWS    126 /* of y in a block: whole blocks of registers (14 rows, or 6) */

/* ---- shapes and scratch ------------------------------------------------------------------------------------------ */

typedef struct contrast {
    const sep_cpu *cpu;
    int groups, rows, others, depth; /* of x, of y */
    bool anchors, keys;              /* what the rows of x are */
    bool gradient, skip_self;
    float scale;
    const float *x, *y;
    float *out;
    sep_contrast_weights weights;
    float *threads; /* stripes and the scores of a block */
} contrast;

static contrast contrast_of(const sep_cpu *cpu, const sep_call *call)
{
    const sep_attributes *a = &call->attributes;
    bool gradient = call->op == SEP_OP_CONTRAST_DX, anchors = !gradient || a->part != SEP_OF_KEYS;
    const sep_shape *x = &call->input[anchors ? 0 : 1].shape, *y = &call->input[anchors ? 1 : 0].shape;

    return (contrast){.cpu = cpu,
                      .groups = x->dim[0],
                      .rows = x->dim[1],
                      .others = y->dim[1],
                      .depth = x->dim[2],
                      .anchors = anchors,
                      .keys = gradient && a->part != SEP_OF_ANCHORS,
                      .gradient = gradient,
                      .skip_self = a->skip_self,
                      .scale = 1.0f / a->temperature};
}

/* xT, z or dxT, and what the rows of x count for each class and as keys. */
static size_t stripe_floats(int depth, int classes)
{
    return 2 * (size_t)PITCH * ((size_t)depth + (size_t)classes);
}

static size_t thread_floats(int depth, int classes)
{
    size_t floats = STRIPES * stripe_floats(depth, classes) + ROWS * PITCH;

    return sep_cpu_aligned(floats * sizeof(float)) / sizeof(float);
}

/* ---- stripes ----------------------------------------------------------------------------------------------------- */

typedef struct stripe {
    int group, first, rows; /* of x */
    float *turned, *result; /* xT [D][PITCH]; z [PITCH] or dxT [D][PITCH] */
    float *as_anchor, *as_key;
    bool takes_part; /* some row does */
} stripe;

/* Whether row i of a stripe has a class that matters. */
static bool takes_part(const contrast *c, const stripe *s, int i)
{
    int64_t at = (int64_t)s->group * c->rows + s->first + i;
    int none = c->weights.classes - 1;

    return (c->anchors && c->weights.anchor_class[at] < none) || (c->keys && c->weights.key_class[at] < none);
}

static int columns_of(const stripe *s)
{
    return sep_cpu_ceiling(s->rows, SEP_CONTRAST_UNIT) * SEP_CONTRAST_UNIT;
}

/* For each class what its keys count for the stripe's rows, and what these count for its anchors. */
static void spread_weights(const contrast *c, const stripe *s)
{
    const sep_contrast_weights *w = &c->weights;
    const float *weight = w->weight + (int64_t)s->group * w->classes * w->classes;
    int64_t at = (int64_t)s->group * c->rows + s->first;

    memset(s->as_anchor, 0, (size_t)(2 * w->classes * PITCH) * sizeof(float));
    for (int other = 0; other < w->classes; other++)
        for (int i = 0; i < s->rows; i++) {
            if (c->anchors)
                s->as_anchor[other * PITCH + i] =
                    w->factor[at + i] * weight[w->anchor_class[at + i] * w->classes + other];
            if (c->keys)
                s->as_key[other * PITCH + i] = weight[other * w->classes + w->key_class[at + i]];
        }
}

/* Columns beyond the last row are zero. */
static void turn_rows(const contrast *c, const stripe *s)
{
    const float *x = c->x + ((int64_t)s->group * c->rows + s->first) * c->depth;

    if (s->rows < PITCH)
        memset(s->turned, 0, (size_t)(c->depth * PITCH) * sizeof(float));
    c->cpu->simd->transpose->matrix(x, c->depth, s->turned, PITCH, s->rows, c->depth);
}

static stripe begin_stripe(const contrast *c, int group, int first, float *room)
{
    stripe s = {.group = group, .first = first, .rows = sep_cpu_min(PITCH, c->rows - first), .turned = room};

    s.result = s.turned + c->depth * PITCH;
    s.as_anchor = s.result + c->depth * PITCH;
    s.as_key = s.as_anchor + c->weights.classes * PITCH;
    for (int i = 0; i < s.rows; i++)
        s.takes_part = s.takes_part || takes_part(c, &s, i);
    if (!s.takes_part)
        return s;
    turn_rows(c, &s);
    spread_weights(c, &s);
    if (!c->gradient)
        memset(s.result, 0, PITCH * sizeof(float));
    return s;
}

static void end_stripe(const contrast *c, const stripe *s)
{
    int floats = c->gradient ? c->depth : 1;
    float *out = c->out + ((int64_t)s->group * c->rows + s->first) * floats;

    if (s->takes_part && c->gradient)
        c->cpu->simd->transpose->matrix(s->result, PITCH, out, c->depth, c->depth, s->rows);
    else if (s->takes_part)
        memcpy(out, s->result, (size_t)s->rows * sizeof(float));
    for (int i = 0; i < s->rows; i++)
        if (!takes_part(c, s, i))
            memset(out + (ptrdiff_t)i * floats, 0, (size_t)floats * sizeof(float));
}

/* ---- blocks ------------------------------------------------------------------------------------------------------ */

/* Rows of y, and where their scores go. */
typedef struct block {
    int first, rows;
    const float *y;
    float *scores;
} block;

/* job->c [rows][PITCH] of a and b [depth][PITCH]. */
static void multiply(const contrast *c, const stripe *s, const float *a, const float *b, sep_tile_job job)
{
    job.columns = columns_of(s);
    job.taps = 1;
    job.a = &a;
    job.b = &b;
    job.b_row = PITCH;
    job.c_row = PITCH;
    c->cpu->simd->tile->run(&job);
}

static void score(const contrast *c, const stripe *s, const block *b)
{
    const sep_tile_job job = {.rows = b->rows, .depth = c->depth, .a_row = c->depth, .a_step = 1, .c = b->scores};

    multiply(c, s, b->y, s->turned, job);
}

/* A score of -infinity counts 0. */
static void leave_out_self(const stripe *s, const block *b)
{
    int first = sep_cpu_max(s->first, b->first), end = sep_cpu_min(s->first + s->rows, b->first + b->rows);

    for (int row = first; row < end; row++)
        b->scores[(row - b->first) * PITCH + row - s->first] = -INFINITY;
}

static sep_contrast_block pairs_of(const contrast *c, const stripe *s, const block *b)
{
    int64_t at = (int64_t)s->group * c->others + b->first;
    sep_contrast_block pairs = {
        .rows = b->rows, .columns = columns_of(s), .pitch = PITCH, .scores = b->scores, .scale = c->scale};

    if (c->anchors) {
        pairs.as_anchor = s->as_anchor;
        pairs.key_class = c->weights.key_class + at;
    }
    if (c->keys) {
        pairs.as_key = s->as_key;
        pairs.anchor_class = c->weights.anchor_class + at;
        pairs.factor = c->weights.factor + at;
    }
    return pairs;
}

static void add_products(const contrast *c, const stripe *s, const block *b)
{
    sep_tile_job job = {.rows = c->depth, .depth = b->rows, .a_row = 1, .a_step = c->depth, .c = s->result};

    job.start = b->first > 0 ? SEP_TILE_RESUME : SEP_TILE_ZERO;
    multiply(c, s, b->y, b->scores, job);
}

static void run_block(const contrast *c, const stripe *s, const block *b)
{
    const sep_contrast_block pairs = pairs_of(c, s, b);

    score(c, s, b);
    if (c->skip_self)
        leave_out_self(s, b);
    if (!c->gradient) {
        c->cpu->simd->contrast->add(&pairs, s->result);
        return;
    }
    c->cpu->simd->contrast->weigh(&pairs);
    add_products(c, s, b);
}

/* ---- tasks ------------------------------------------------------------------------------------------------------- */

/* Fewer where threads would have nothing to do. */
static int stripes_of_task(const contrast *c)
{
    int64_t stripes = (int64_t)c->groups * sep_cpu_ceiling(c->rows, PITCH) / sep_cpu_wanted_units(c->cpu);

    return stripes < 1 ? 1 : stripes < STRIPES ? (int)stripes : STRIPES;
}

/* The rows of x from `first` on that fill the stripes of a task. */
static void run_task(const contrast *c, int group, int first)
{
    const size_t floats = stripe_floats(c->depth, c->weights.classes);
    float *room = c->threads + (size_t)omp_get_thread_num() * thread_floats(c->depth, c->weights.classes);
    int count = sep_cpu_min(stripes_of_task(c), sep_cpu_ceiling(c->rows - first, PITCH));
    stripe stripes[STRIPES];
    block b = {.scores = room + STRIPES * floats};

    for (int s = 0; s < count; s++)
        stripes[s] = begin_stripe(c, group, first + s * PITCH, room + (size_t)s * floats);
    for (; b.first < c->others; b.first += b.rows) {
        b.rows = sep_cpu_min(ROWS, c->others - b.first);
        b.y = c->y + ((int64_t)group * c->others + b.first) * c->depth;
        for (int s = 0; s < count; s++)
            if (stripes[s].takes_part)
                run_block(c, &stripes[s], &b);
    }
    for (int s = 0; s < count; s++)
        end_stripe(c, &stripes[s]);
}

static void run(const sep_cpu *cpu, const sep_call *call)
{
    float *memory = sep_cpu_f32(&call->workspace);
    contrast c = contrast_of(cpu, call);

    c.weights = sep_contrast_weights_find(call, memory);
    c.threads = memory + sep_contrast_weights_bytes(call) / sizeof(float);
    c.x = sep_cpu_input(call, c.anchors ? 0 : 1);
    c.y = sep_cpu_input(call, c.anchors ? 1 : 0);
    c.out = sep_cpu_f32(&call->output);

    const int step = stripes_of_task(&c) * PITCH;
#pragma omp parallel for collapse(2) schedule(dynamic) num_threads(cpu->threads)
    for (int group = 0; group < c.groups; group++)
        for (int first = 0; first < c.rows; first += step)
            run_task(&c, group, first);
}

size_t sep_cpu_contrast_workspace(const sep_cpu *cpu, const sep_call *call)
{
    size_t floats = thread_floats(call->input[0].shape.dim[2], call->attributes.classes + 1);

    return sep_contrast_weights_bytes(call) + (size_t)cpu->threads * floats * sizeof(float);
}

size_t sep_cpu_contrast_dx_workspace(const sep_cpu *cpu, const sep_call *call)
{
    return sep_cpu_contrast_workspace(cpu, call);
}

void sep_cpu_contrast(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    (void)step;
    run(cpu, call);
}

void sep_cpu_contrast_dx(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    (void)step;
    run(cpu, call);
}
