/* LARGEST_COMPONENT: each class's largest set of connected pixels, by union and find. Samples are shared by threads. */
#include "device/cpu/cut.h"
#include "device/cpu/kernels.h"

#include <omp.h>
#include <string.h>

/* A sample, and what is known of its pixels. */
typedef struct map {
    const int32_t *label;
    int32_t *parent;  /* towards the first pixel of the component, which is its own parent; -1 outside the classes */
    int32_t *pixels;  /* of the component, at its first; where the result will lie */
    int32_t *largest; /* component of each class, by its first pixel; -1: none yet */
    int32_t height, width, classes;
} map;

static int32_t pixels_of(const sep_call *call)
{
    return call->output.shape.dim[1] * call->output.shape.dim[2];
}

static int teams_of(const sep_cpu *cpu, const sep_call *call)
{
    return sep_cpu_min(cpu->threads, call->output.shape.dim[0]);
}

static size_t thread_bytes(const sep_call *call)
{
    return sep_cpu_aligned(((size_t)pixels_of(call) + (size_t)call->attributes.classes) * sizeof(int32_t));
}

size_t sep_cpu_largest_component_workspace(const sep_cpu *cpu, const sep_call *call)
{
    return (size_t)teams_of(cpu, call) * thread_bytes(call);
}

static inline bool is_taken(const map *m, int32_t label)
{
    return label > 0 && label < m->classes;
}

/* Halves the way for those who come after. */
static inline int32_t first_of(int32_t *parent, int32_t p)
{
    while (parent[p] != p)
        p = parent[p] = parent[parent[p]];
    return p;
}

static inline void join(int32_t *parent, int32_t p, int32_t q)
{
    p = first_of(parent, p);
    q = first_of(parent, q);
    if (p < q)
        parent[q] = p;
    else
        parent[p] = q;
}

/* The pixel above touches all three others; where it is of another class, left and above left touch each other. */
static inline void join_neighbours(const map *m, int32_t y, int32_t x)
{
    const int32_t p = y * m->width + x, above = p - m->width, own = m->label[p];
    bool left = x > 0, right = y > 0 && x + 1 < m->width;

    if (y > 0 && m->label[above] == own) {
        join(m->parent, p, above);
        return;
    }
    if (left && m->label[p - 1] == own)
        join(m->parent, p, p - 1);
    else if (left && y > 0 && m->label[above - 1] == own)
        join(m->parent, p, above - 1);
    if (right && m->label[above + 1] == own)
        join(m->parent, p, above + 1);
}

static void join_all(const map *m)
{
    for (int32_t y = 0, p = 0; y < m->height; y++)
        for (int32_t x = 0; x < m->width; x++, p++) {
            bool taken = is_taken(m, m->label[p]);
            m->parent[p] = taken ? p : -1;
            if (taken)
                join_neighbours(m, y, x);
        }
}

/* In rising order, so that the parent, which comes before, knows the first already. */
static void count(const map *m)
{
    const int32_t pixels = m->height * m->width;

    memset(m->pixels, 0, (size_t)pixels * sizeof *m->pixels);
    for (int32_t p = 0; p < pixels; p++)
        if (m->parent[p] >= 0) {
            m->parent[p] = m->parent[m->parent[p]];
            m->pixels[m->parent[p]]++;
        }
}

static void choose(const map *m)
{
    const int32_t pixels = m->height * m->width;

    memset(m->largest, 0xff, (size_t)m->classes * sizeof *m->largest); /* the bytes of -1 */
    for (int32_t p = 0; p < pixels; p++)
        if (m->parent[p] == p) {
            int32_t *largest = &m->largest[m->label[p]];
            if (*largest < 0 || m->pixels[p] > m->pixels[*largest])
                *largest = p;
        }
}

static void write(const map *m, int32_t *kept)
{
    const int32_t pixels = m->height * m->width;

    for (int32_t p = 0; p < pixels; p++)
        kept[p] = m->parent[p] >= 0 && m->parent[p] != m->largest[m->label[p]] ? 0 : m->label[p];
}

void sep_cpu_largest_component(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const int *dim = call->output.shape.dim, samples = dim[0], classes = call->attributes.classes;
    const int32_t *labels = sep_cpu_i32(&call->input[0]), pixels = pixels_of(call);
    int32_t *y = sep_cpu_i32(&call->output), *memory = sep_cpu_i32(&call->workspace);
    int teams = teams_of(cpu, call);

    (void)step;
#pragma omp parallel for num_threads(teams) schedule(static) if (teams > 1)
    for (int n = 0; n < samples; n++) {
        int32_t *own = memory + (size_t)omp_get_thread_num() * thread_bytes(call) / sizeof *memory;
        int32_t *kept = y + (size_t)n * (size_t)pixels;
        map m = {labels + (size_t)n * (size_t)pixels, own, kept, own + pixels, dim[1], dim[2], classes};
        join_all(&m);
        count(&m);
        choose(&m);
        write(&m, kept);
    }
}
