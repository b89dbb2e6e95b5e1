/* The sweep over output rows: see sweep.h. A unit of work is a band of rows of one image times a group of output
 * channels. A unit brings its input rows into the second-level cache once (band.h), then takes the weights in pieces
 * that fit there too and runs the tile kernel on one output row after the other. */
#include "device/cpu/sweep.h"

#include <omp.h>

#define WEIGHT_BYTES (256 << 10)

typedef struct tap {
    int row, column; /* of the input, from in_step * (position of the output pixel within its phase) */
    const float *weights;
} tap;

/* How the work is cut; a function of the sweep. */
typedef struct plan {
    int in_step, out_step, depth;
    int min_offset, max_offset; /* of a tap's row or column */
    int left, right;
    int height, width;        /* of a phase: output pixels / out_step, rounded up */
    int band, bands;          /* phase rows in a band, bands in an image */
    int group, groups;        /* output channels in a group */
    int columns, taps;        /* output channels and taps of one piece of the weights */
    size_t band_bytes, bytes; /* scratch of one thread: the band, then all */
} plan;

typedef struct scratch {
    float *band;
    tap *tap;
    const float **a, **b;
} scratch;

static int floor_ratio(int a, int b)
{
    return a >= 0 ? a / b : -((-a + b - 1) / b);
}

static int multiple_within(int64_t bound, int unit, int limit)
{
    int64_t multiple = bound / unit * unit;

    return multiple < unit ? sep_cpu_min(unit, limit) : multiple > limit ? limit : (int)multiple;
}

static void plan_borders(const sep_sweep *s, plan *p)
{
    p->in_step = s->scatter ? 1 : s->stride;
    p->out_step = s->scatter ? s->stride : 1;
    p->depth = s->scatter ? s->in.channels : s->kernel * s->in.channels;
    p->height = sep_cpu_ceiling(s->out_height, p->out_step);
    p->width = sep_cpu_ceiling(s->out_width, p->out_step);
    p->min_offset = s->scatter ? floor_ratio(s->padding - (s->kernel - 1), s->stride) : -s->padding;
    p->max_offset = s->scatter ? floor_ratio(s->padding + s->stride - 1, s->stride) : s->kernel - 1 - s->padding;
    p->left = sep_cpu_max(0, -p->min_offset);
    p->right = sep_cpu_max(0, p->in_step * (p->width - 1) + p->max_offset + 1 - s->in.width);
}

/* Weights that do not stay in the cache are read once a band: then bands are larger. */
static size_t band_bytes(const sep_sweep *s)
{
    int64_t weights = (int64_t)s->kernel * s->kernel * s->in.channels * s->out_channels;

    return weights * (int64_t)sizeof(float) > WEIGHT_BYTES ? 3 * SEP_BAND_BYTES : SEP_BAND_BYTES;
}

/* Bands as large as the cache allows, but enough units for all threads; where bands alone are not enough (small maps,
 * many threads), output channels are cut too. */
static void plan_units(const sep_sweep *s, plan *p)
{
    int wanted = sep_cpu_wanted_units(s->cpu), unit = s->cpu->simd->tile->columns;
    int fitting =
        (sep_band_rows(&s->in, p->left, p->right, band_bytes(s)) - (p->max_offset - p->min_offset)) / p->in_step;

    p->bands = sep_cpu_min(p->height, sep_cpu_max(sep_cpu_ceiling(p->height, sep_cpu_max(1, fitting)),
                                                  sep_cpu_ceiling(wanted, s->images)));
    p->band = sep_cpu_ceiling(p->height, p->bands);
    p->bands = sep_cpu_ceiling(p->height, p->band);
    p->groups = sep_cpu_min(sep_cpu_ceiling(s->out_channels, unit), sep_cpu_ceiling(wanted, s->images * p->bands));
    p->group = multiple_within(sep_cpu_ceiling(s->out_channels, p->groups) + unit - 1, unit, s->out_channels);
    p->groups = sep_cpu_ceiling(s->out_channels, p->group);
}

static void plan_weights(const sep_sweep *s, plan *p)
{
    int64_t floats = WEIGHT_BYTES / (int64_t)sizeof(float);

    p->columns = multiple_within(floats / p->depth, s->cpu->simd->tile->columns, p->group);
    p->taps = (int)(floats / ((int64_t)p->depth * p->columns));
    p->taps = sep_cpu_max(1, p->taps);
}

static plan make_plan(const sep_sweep *s)
{
    plan p = {0};
    size_t taps = (size_t)s->kernel * (size_t)s->kernel;
    int rows;

    plan_borders(s, &p);
    plan_units(s, &p);
    plan_weights(s, &p);
    rows = p.in_step * (p.band - 1) + p.max_offset - p.min_offset + 1;
    p.band_bytes = sep_cpu_aligned(sep_band_floats(&s->in, rows, p.left, p.right) * sizeof(float));
    p.bytes = p.band_bytes + sep_cpu_aligned(taps * (sizeof(tap) + 2 * sizeof(float *)));
    return p;
}

size_t sep_sweep_workspace(const sep_sweep *sweep)
{
    return make_plan(sweep).bytes * (size_t)sweep->cpu->threads;
}

static scratch thread_scratch(const sep_sweep *s, const plan *p, void *workspace)
{
    size_t taps = (size_t)s->kernel * (size_t)s->kernel;
    char *bytes = (char *)workspace + p->bytes * (size_t)omp_get_thread_num();
    scratch own = {.band = (float *)(void *)bytes, .tap = (tap *)(void *)(bytes + p->band_bytes)};

    own.a = (const float **)(own.tap + taps);
    own.b = own.a + taps;
    return own;
}

/* The taps of one phase of the output in the order of the chain; returns how many. */
static int list_taps(const sep_sweep *s, const plan *p, int phase_y, int phase_x, tap *taps)
{
    ptrdiff_t matrix = (ptrdiff_t)p->depth * s->out_channels;
    int count = 0;

    if (!s->scatter) {
        for (int ky = 0; ky < s->kernel; ky++)
            taps[count++] = (tap){ky - s->padding, -s->padding, s->weights + ky * matrix};
        return count;
    }
    for (int ky = 0; ky < s->kernel; ky++) {
        int y = phase_y + s->padding - ky;

        if (y % s->stride != 0)
            continue;
        for (int kx = 0; kx < s->kernel; kx++) {
            int x = phase_x + s->padding - kx;

            if (x % s->stride == 0)
                taps[count++] = (tap){y / s->stride, x / s->stride, s->weights + (ky * s->kernel + kx) * matrix};
        }
    }
    return count;
}

typedef struct unit {
    int image, first, end;   /* phase rows [first, end) */
    int column, columns_end; /* output channels */
    sep_band band;
} unit;

static unit take_unit(const sep_sweep *s, const plan *p, int number, float *memory)
{
    int group = number % p->groups, band = number / p->groups % p->bands;
    unit u = {.image = number / p->groups / p->bands, .first = band * p->band, .column = group * p->group};
    sep_image image = s->in;

    u.end = sep_cpu_min(p->height, u.first + p->band);
    u.columns_end = sep_cpu_min(s->out_channels, u.column + p->group);
    image.pixels += (ptrdiff_t)u.image * image.height * image.width * image.channels;
    u.band = sep_band_load(&image, p->in_step * u.first + p->min_offset,
                           p->in_step * (u.end - u.first - 1) + p->max_offset - p->min_offset + 1, p->left, p->right,
                           memory);
    return u;
}

/* One piece of the weights (`taps` taps, `columns` output channels from `column`) over all rows of one phase. */
static void run_piece(const sep_sweep *s, const plan *p, const unit *u, const int phase[2], const tap *taps,
                      const scratch *own, sep_tile_job *job, int column)
{
    job->a = own->a;
    job->b = own->b;
    job->bias = s->bias ? s->bias + column : NULL;
    for (int t = 0; t < job->taps; t++)
        own->b[t] = taps[t].weights + column;
    for (int j = u->first; j < u->end && phase[0] + p->out_step * j < s->out_height; j++) {
        ptrdiff_t y = (ptrdiff_t)u->image * s->out_height + phase[0] + p->out_step * j;

        for (int t = 0; t < job->taps; t++)
            own->a[t] = sep_band_pixel(&u->band, p->in_step * j + taps[t].row, taps[t].column);
        job->c = s->out + (y * s->out_width + phase[1]) * s->out_channels + column;
        s->cpu->simd->tile->run(job);
    }
}

static void run_phase(const sep_sweep *s, const plan *p, const unit *u, const int phase[2], const scratch *own)
{
    sep_tile_start begin = s->bias ? SEP_TILE_BIAS : SEP_TILE_ZERO;
    int taps = list_taps(s, p, phase[0], phase[1], own->tap);
    sep_tile_job job = {
        .rows = sep_cpu_ceiling(s->out_width - phase[1], p->out_step),
        .depth = p->depth,
        .a_row = (ptrdiff_t)p->in_step * s->in.channels,
        .a_step = 1,
        .b_row = s->out_channels,
        .c_row = (ptrdiff_t)p->out_step * s->out_channels,
    };

    for (int column = u->column; column < u->columns_end; column += p->columns) {
        int t = 0;

        job.columns = sep_cpu_min(p->columns, u->columns_end - column);
        do { /* once even without taps: the output is then the start of the chain */
            job.taps = sep_cpu_min(p->taps, taps - t);
            job.start = t == 0 ? begin : SEP_TILE_RESUME;
            run_piece(s, p, u, phase, own->tap + t, own, &job, column);
            t += p->taps;
        } while (t < taps);
    }
}

/* Hands the finished rows of a unit to the work that follows. */
static void hand_over(const sep_sweep *s, const plan *p, const unit *u)
{
    int64_t first = (int64_t)p->out_step * u->first, end = (int64_t)p->out_step * u->end;
    int64_t image = (int64_t)u->image * s->out_height;

    if (s->follow && p->groups == 1)
        sep_row_blocks_ready(s->follow, (image + first) * s->out_width,
                             (image + (end < s->out_height ? end : s->out_height)) * s->out_width);
}

void sep_sweep_run(const sep_sweep *s, void *workspace)
{
    plan p = make_plan(s);
    int units = s->images * p.bands * p.groups;

#pragma omp parallel num_threads(s->cpu->threads)
    {
        scratch own = thread_scratch(s, &p, workspace);

#pragma omp for schedule(dynamic)
        for (int i = 0; i < units; i++) {
            unit u = take_unit(s, &p, i, own.band);

            for (int y = 0; y < p.out_step && y < s->out_height; y++)
                for (int x = 0; x < p.out_step && x < s->out_width; x++)
                    run_phase(s, &p, &u, (const int[2]){y, x}, &own);
            hand_over(s, &p, &u);
        }
    }
}
