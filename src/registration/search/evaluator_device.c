/* The search's evaluations on a device that has kernels for them. */
#include "registration/search/evaluator.h"

#include <string.h>

typedef struct remote {
    sep_evaluator base;
    const sep_search_kernels *kernels;
    sep_device *device;
    sep_search *search; /* made at the first draw, when all is known that it depends on; owned */
} remote;

static void destroy(sep_evaluator *e)
{
    remote *r = (remote *)e;

    r->kernels->destroy(r->search);
    sep_free(r);
}

static sep_status open_search(remote *r, const sep_samples *s)
{
    const sep_evaluator *e = &r->base;
    const sep_control_grid *grid = &e->grid;
    const sep_search_level level = {
        .volume = {e->moving.width, e->moving.height, e->moving.depth},
        .data = e->moving.data,
        .samples = s->padded,
        .drawn = s->count,
        .block = s->block,
        .bins = e->parzen.bins,
        .bin_scale = e->parzen.scale,
        .bin_offset = e->parzen.offset,
        .size = {grid->size[0], grid->size[1], grid->size[2]},
        .node_scale = {grid->scale[0], grid->scale[1], grid->scale[2]},
        .node_offset = {grid->offset[0], grid->offset[1], grid->offset[2]},
    };

    return r->kernels->create(r->device, &level, &r->search);
}

static sep_status draw(sep_evaluator *e, const sep_samples *s)
{
    remote *r = (remote *)e;

    if (r->search == NULL)
        SEP_TRY(open_search(r, s));
    return r->kernels->draw(r->search, (const float *const *)s->at, s->row);
}

static sep_status look_up(sep_evaluator *e, sep_samples *s, const float map[3][4], const float *coefficient)
{
    const remote *r = (const remote *)e;

    return r->kernels->look_up(r->search, map, coefficient, e->border, e->lowest, s->moving, s->inside, s->beyond[0]);
}

static sep_status histogram(sep_evaluator *e, const sep_samples *s, float *to)
{
    const remote *r = (const remote *)e;

    (void)s;
    return r->kernels->histogram(r->search, e->border != SEP_BORDER_LEFT_OUT, to);
}

static sep_status spread(sep_evaluator *e, sep_samples *s, float spring, const float back[3][4], float *sum)
{
    const remote *r = (const remote *)e;

    return r->kernels->spread(r->search, s->force, spring, back, sum);
}

static sep_status map_gradient(sep_evaluator *e, const sep_samples *s, float (*sum)[3][4])
{
    const remote *r = (const remote *)e;

    return r->kernels->map_gradient(r->search, s->force, sum);
}

sep_status sep_evaluator_on_device(const sep_lattice *moving, const sep_parzen *parzen, sep_device *device,
                                   sep_evaluator **evaluator)
{
    static const sep_evaluator_kind kind = {destroy, draw, look_up, histogram, spread, map_gradient};
    remote *r = sep_calloc(1, sizeof *r);

    *evaluator = (sep_evaluator *)r;
    if (r == NULL)
        return SEP_ERR_MEMORY;
    *r = (remote){.base = {.by = &kind, .moving = *moving, .parzen = *parzen},
                  .kernels = device->backend->search,
                  .device = device};
    return SEP_OK;
}
