/* The sweep with few output channels: see narrow.h. Input rows of a band are brought in turned, a row of pixels for
 * each channel; the tile then computes out' [out_channels][width] = weights' * in', and each finished row is turned
 * back. A product is the same in either order of its factors, so the bits are those of the other way. */
#include "device/cpu/narrow.h"

#include <omp.h>
#include <string.h>

typedef struct plan {
    int taps;
    int first, last; /* offsets of the input pixels that an output pixel reads, in rows and in columns */
    int left, pitch; /* zero pixels before a row of pixels; floats of such a row, zeros on both sides included */
    int band, bands; /* output rows in a band, bands in an image */
    size_t band_bytes, out_bytes, bytes; /* scratch of one thread: turned input, turned output row, all */
} plan;

bool sep_narrow_applies(const sep_sweep *s)
{
    return s->stride == 1 && sep_cpu_is_narrow(s->cpu, s->out_channels) && s->in.channels > s->out_channels;
}

/* From an output pixel to the input pixel that kernel row or column `position` pairs it with. */
static int offset(const sep_sweep *s, int position)
{
    return s->scatter ? s->padding - position : position - s->padding;
}

static plan make_plan(const sep_sweep *s)
{
    plan p = {.taps = s->kernel * s->kernel};
    int ends[2] = {offset(s, 0), offset(s, s->kernel - 1)}, fitting;

    p.first = sep_cpu_min(ends[0], ends[1]);
    p.last = sep_cpu_max(ends[0], ends[1]);
    p.left = sep_cpu_max(0, -p.first);
    p.pitch = p.left + sep_cpu_max(s->in.width, s->out_width + p.last);
    fitting = (int)(SEP_BAND_BYTES / sizeof(float)) / (p.pitch * s->in.channels) - (s->kernel - 1);
    p.bands = sep_cpu_max(sep_cpu_ceiling(s->out_height, sep_cpu_max(1, fitting)),
                          sep_cpu_ceiling(sep_cpu_wanted_units(s->cpu), s->images));
    p.band = sep_cpu_ceiling(s->out_height, sep_cpu_min(p.bands, s->out_height));
    p.bands = sep_cpu_ceiling(s->out_height, p.band);
    p.band_bytes = (size_t)(p.band + s->kernel - 1) * (size_t)s->in.channels * (size_t)p.pitch * sizeof(float);
    p.band_bytes = sep_cpu_aligned(p.band_bytes);
    p.out_bytes = sep_cpu_aligned((size_t)s->out_channels * (size_t)s->out_width * sizeof(float));
    p.bytes = p.band_bytes + p.out_bytes + sep_cpu_aligned(2 * (size_t)p.taps * sizeof(float *));
    return p;
}

size_t sep_narrow_workspace(const sep_sweep *sweep)
{
    return make_plan(sweep).bytes * (size_t)sweep->cpu->threads;
}

/* Input row y of an image as [channels][pitch]; zeros where it lies outside. */
static void turn_row(const sep_sweep *s, const plan *p, int image, int y, float *to)
{
    int channels = s->in.channels, width = s->in.width;
    ptrdiff_t row = (ptrdiff_t)image * s->in.height + y;

    memset(to, 0, (size_t)channels * (size_t)p->pitch * sizeof(float));
    if (y >= 0 && y < s->in.height)
        s->cpu->simd->transpose->matrix(s->in.pixels + row * width * channels, channels, to + p->left, p->pitch, width,
                                        channels);
}

static void start_rows(const sep_sweep *s, float *turned)
{
    for (int o = 0; o < s->out_channels; o++)
        for (int x = 0; x < s->out_width; x++)
            turned[(ptrdiff_t)o * s->out_width + x] = s->bias ? s->bias[o] : 0.0f;
}

/* Output row y; the band starts with input row `first_row`. */
static void run_row(const sep_sweep *s, const plan *p, const float *band, int first_row, int y, float *turned,
                    const float **pointers)
{
    ptrdiff_t matrix = (ptrdiff_t)s->in.channels * s->out_channels, row = (ptrdiff_t)s->in.channels * p->pitch;
    const float **a = pointers, **b = pointers + p->taps;

    for (int t = 0; t < p->taps; t++) {
        a[t] = s->weights + t * matrix;
        b[t] = band + (y + offset(s, t / s->kernel) - first_row) * row + p->left + offset(s, t % s->kernel);
    }
    start_rows(s, turned);
    s->cpu->simd->tile->run(&(sep_tile_job){
        .rows = s->out_channels,
        .columns = s->out_width,
        .taps = p->taps,
        .depth = s->in.channels,
        .a = a,
        .b = b,
        .a_row = 1,
        .a_step = s->out_channels,
        .b_row = p->pitch,
        .c = turned,
        .c_row = s->out_width,
        .start = SEP_TILE_RESUME,
    });
}

void sep_narrow_run(const sep_sweep *s, void *workspace)
{
    plan p = make_plan(s);

#pragma omp parallel for num_threads(s->cpu->threads) schedule(dynamic)
    for (int unit = 0; unit < s->images * p.bands; unit++) {
        char *scratch = (char *)workspace + p.bytes * (size_t)omp_get_thread_num();
        float *band = (float *)(void *)scratch, *turned = (float *)(void *)(scratch + p.band_bytes);
        int image = unit / p.bands, first = unit % p.bands * p.band, end = sep_cpu_min(s->out_height, first + p.band);

        for (int y = first + p.first; y < end + p.last; y++)
            turn_row(s, &p, image, y, band + (ptrdiff_t)(y - first - p.first) * s->in.channels * p.pitch);
        for (int y = first; y < end; y++) {
            ptrdiff_t row = (ptrdiff_t)image * s->out_height + y;

            run_row(s, &p, band, first + p.first, y, turned,
                    (const float **)(void *)(scratch + p.band_bytes + p.out_bytes));
            s->cpu->simd->transpose->matrix(turned, s->out_width, s->out + row * s->out_width * s->out_channels,
                                            s->out_channels, s->out_channels, s->out_width);
        }
    }
}
