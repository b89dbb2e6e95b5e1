/* Warping, a slab of rows at a time: where its voxels land, then what is found there. */
#include "simd/warping.h"
#include "device/opencl/backend.h"

enum { GROUP = 16, MOST_ROWS = 65535, SLAB_BYTES = 64 << 20 };

/* What lies on the device. */
typedef struct memory {
    sep_operand along, across, value, last, data; /* filled once; */
    sep_operand points, out;                      /* of a slab */
    int pitch, slab;                              /* voxels of a row in whole groups, rows of a slab */
} memory;

static bool is_labels(const sep_warp_call *call)
{
    return call->lookup == SEP_LOOKUP_NEAREST || call->lookup == SEP_LOOKUP_CLASS;
}

/* Bytes of a voxel, looked up or found. */
static size_t voxel_bytes(const sep_warp_call *call)
{
    return is_labels(call) ? 1 : sizeof(float);
}

static size_t data_bytes(const sep_warp_call *call)
{
    size_t bytes = voxel_bytes(call);

    for (int i = 0; i < 3; i++)
        bytes *= (size_t)(call->lookup == SEP_LOOKUP_CUBIC ? sep_cubic_nodes(call->volume[i]) : call->volume[i]);
    return bytes;
}

/* ---- memory ------------------------------------------------------------------------------------------------------ */

static sep_status make_all(sep_cl *cl, const sep_warp_call *call, memory *m)
{
    static const char what[] = "warping";
    const size_t values = call->deformation == SEP_NO_DEFORMATION ? 0
                                                                  : 3 * (size_t)call->size[0] * (size_t)call->size[1] *
                                                                        (size_t)call->size[2] * sizeof(float);

    m->pitch = (int)(sep_cl_ceiling(call->width, GROUP) * GROUP);
    const int fit = (int)(SLAB_BYTES / (3 * sizeof(float)) / (size_t)m->pitch);
    m->slab = fit < 1 ? 1 : fit < MOST_ROWS ? fit : MOST_ROWS;
    m->slab = m->slab < call->rows ? m->slab : call->rows;
    const size_t voxels = (size_t)m->slab * (size_t)m->pitch;

    SEP_TRY(sep_cl_make(cl, what, call->along, 3 * (size_t)m->pitch * sizeof(double), &m->along));
    SEP_TRY(sep_cl_make(cl, what, call->across, 3 * (size_t)call->rows * sizeof(double), &m->across));
    SEP_TRY(sep_cl_make(cl, what, values > 0 ? call->value : NULL, values, &m->value));
    SEP_TRY(sep_cl_make(cl, what, call->last, sizeof call->last, &m->last));
    SEP_TRY(sep_cl_make(cl, what, call->data, data_bytes(call), &m->data));
    SEP_TRY(sep_cl_make(cl, what, NULL, 3 * voxels * sizeof(float), &m->points));
    return sep_cl_make(cl, what, NULL, (size_t)m->slab * (size_t)call->width * voxel_bytes(call), &m->out);
}

static void drop_all(sep_cl *cl, const memory *m)
{
    const sep_operand *all[] = {&m->along, &m->across, &m->value, &m->last, &m->data, &m->points, &m->out};

    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        sep_cl_buffer_destroy(&cl->base, all[i]->buffer);
}

/* ---- launches ---------------------------------------------------------------------------------------------------- */

static void set_points(sep_cl_launch *l, const memory *m)
{
    sep_cl_tensor(l, &m->points);
    sep_cl_long(l, (int64_t)m->slab * m->pitch);
    sep_cl_int(l, m->pitch);
}

static void set_way(sep_cl_launch *l, const sep_warp_call *call, const memory *m, int first)
{
    set_points(l, m);
    sep_cl_tensor(l, &m->along);
    sep_cl_tensor(l, &m->across);
    sep_cl_int(l, first);
    sep_cl_int(l, call->rows);
    sep_cl_int(l, (int)call->deformation);
    sep_cl_tensor(l, &m->value);
    for (int i = 0; i < 3; i++)
        sep_cl_int(l, call->size[i]);
    sep_cl_tensor(l, &m->last);
}

static sep_status find_points(sep_cl *cl, const sep_warp_call *call, const memory *m, int first, int rows)
{
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_way, call->inverse ? "way_back" : "way");

    set_way(&l, call, m, first);
    if (!call->inverse) {
        sep_cl_int(&l, call->chunk);
        return sep_cl_run_columns(&l, m->pitch, rows);
    }
    for (int i = 0; i < 3; i++)
        sep_cl_float(&l, call->mm[i]);
    sep_cl_float(&l, call->tolerance);
    sep_cl_int(&l, call->rounds);
    sep_cl_float(&l, call->nowhere);
    return sep_cl_run(&l, (size_t[3]){(size_t)m->pitch / GROUP, (size_t)rows}, (size_t[3]){GROUP});
}

static sep_status look_up(sep_cl *cl, const sep_warp_call *call, const memory *m, int rows)
{
    static const char *const kernel[] = {[SEP_LOOKUP_LINEAR] = "look_up_linear",
                                         [SEP_LOOKUP_CUBIC] = "look_up_cubic",
                                         [SEP_LOOKUP_NEAREST] = "look_up_nearest",
                                         [SEP_LOOKUP_CLASS] = "look_up_class"};
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_lookup, kernel[call->lookup]);

    set_points(&l, m);
    for (int i = 0; i < 3; i++)
        sep_cl_int(&l, call->volume[i]);
    sep_cl_tensor(&l, &m->out);
    sep_cl_int(&l, call->width);
    sep_cl_tensor(&l, &m->data);
    if (!is_labels(call))
        sep_cl_float(&l, call->outside);
    return sep_cl_run_columns(&l, call->width, rows);
}

static sep_status warp_slabs(sep_cl *cl, const sep_warp_call *call, const memory *m)
{
    const size_t row_bytes = (size_t)call->width * voxel_bytes(call);

    for (int first = 0; first < call->rows; first += m->slab) {
        const int left = call->rows - first, rows = left < m->slab ? left : m->slab;

        SEP_TRY(find_points(cl, call, m, first, rows));
        SEP_TRY(look_up(cl, call, m, rows));
        SEP_TRY(sep_cl_download(&cl->base, m->out.buffer, 0, (char *)call->out + (size_t)first * row_bytes,
                                (size_t)rows * row_bytes));
    }
    return SEP_OK;
}

sep_status sep_cl_warp(sep_device *device, const sep_warp_call *call)
{
    sep_cl *cl = (sep_cl *)device;
    memory m = {0};
    sep_status status = make_all(cl, call, &m);

    if (status == SEP_OK)
        status = warp_slabs(cl, call, &m);
    drop_all(cl, &m);
    return status;
}
