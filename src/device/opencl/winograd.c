/* Winograd convolution: see winograd.h. The workspace holds the planes of weights, pixels and products. */
#include "device/opencl/winograd.h"

#include "device/opencl/product.h"
#include "device/opencl/reduction.h"

#define PLANES 36
#define TILE   4

bool sep_cl_is_winograd(const sep_call *call)
{
    const sep_shape *map = &call->input[0].shape;
    const sep_shape *weights = call->op == SEP_OP_CONV2D_DW ? &call->output.shape : &call->input[1].shape;

    return sep_conv_is_winograd(&call->attributes, map->dim[1], map->dim[2], weights->dim[2], weights->dim[3]);
}

typedef struct tiling {
    int rows, columns; /* of tiles, in an image */
    int tiles;         /* of all images */
} tiling;

static tiling tiling_of(const sep_shape *map)
{
    tiling t = {.rows = (int)sep_cl_ceiling(map->dim[1], TILE), .columns = (int)sep_cl_ceiling(map->dim[2], TILE)};

    t.tiles = map->dim[0] * t.rows * t.columns;
    return t;
}

static size_t plane_bytes(int64_t rows, int64_t columns)
{
    return sep_cl_aligned(PLANES * (size_t)(rows * columns) * sizeof(float));
}

/* Planes [tiles][channels] of a map, through the kernel of that name. */
static sep_status to_planes(sep_cl *cl, const char *kernel, const sep_operand *map, const sep_operand *to)
{
    const sep_shape *s = &map->shape;
    tiling t = tiling_of(s);
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_winograd, kernel);

    sep_cl_tensor(&l, map);
    sep_cl_tensor(&l, to);
    sep_cl_int(&l, s->dim[3]);
    sep_cl_int(&l, s->dim[1]);
    sep_cl_int(&l, s->dim[2]);
    sep_cl_int(&l, t.rows);
    sep_cl_int(&l, t.columns);
    sep_cl_long(&l, (int64_t)t.tiles * s->dim[3]);
    return sep_cl_run_map(&l, &SEP_SHAPE(s->dim[0], t.rows, t.columns, s->dim[3]));
}

/* ---- forward and data gradient ----------------------------------------------------------------------------------- */

typedef struct planes {
    sep_operand u, v, m;
    size_t bytes;
} planes;

static planes lay_out(const sep_call *call)
{
    int in = call->input[0].shape.dim[3], out = call->output.shape.dim[3];
    int tiles = tiling_of(&call->input[0].shape).tiles;
    size_t u = plane_bytes(in, out), v = plane_bytes(tiles, in);

    return (planes){.u = call->workspace,
                    .v = sep_cl_part(&call->workspace, u),
                    .m = sep_cl_part(&call->workspace, u + v),
                    .bytes = u + v + plane_bytes(tiles, out)};
}

size_t sep_cl_winograd_workspace(const sep_cl *cl, const sep_call *call)
{
    (void)cl;
    return lay_out(call).bytes;
}

static sep_status transform_weights(sep_cl *cl, const sep_call *call, const sep_operand *u)
{
    int rows = call->input[0].shape.dim[3], columns = call->output.shape.dim[3];
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_winograd, "winograd_weights");

    sep_cl_tensor(&l, &call->input[1]);
    sep_cl_tensor(&l, u);
    sep_cl_int(&l, rows);
    sep_cl_int(&l, columns);
    sep_cl_int(&l, call->op == SEP_OP_CONV2D_DX);
    return sep_cl_run_columns(&l, columns, rows);
}

static sep_status to_pixels(sep_cl *cl, const sep_call *call, const sep_operand *m)
{
    const sep_shape *s = &call->output.shape;
    tiling t = tiling_of(s);
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_winograd, "winograd_output");

    sep_cl_tensor(&l, m);
    sep_cl_input(&l, call, 2);
    sep_cl_tensor(&l, &call->output);
    sep_cl_int(&l, call->inputs > 2);
    sep_cl_int(&l, s->dim[3]);
    sep_cl_int(&l, s->dim[1]);
    sep_cl_int(&l, s->dim[2]);
    sep_cl_int(&l, t.rows);
    sep_cl_int(&l, t.columns);
    sep_cl_long(&l, (int64_t)t.tiles * s->dim[3]);
    return sep_cl_run_map(&l, &SEP_SHAPE(s->dim[0], t.rows, t.columns, s->dim[3]));
}

sep_status sep_cl_winograd(sep_cl *cl, const sep_call *call)
{
    planes p = lay_out(call);
    int in = call->input[0].shape.dim[3], out = call->output.shape.dim[3];
    int tiles = tiling_of(&call->input[0].shape).tiles;

    SEP_TRY(transform_weights(cl, call, &p.u));
    SEP_TRY(to_planes(cl, "winograd_input", &call->input[0], &p.v));
    SEP_TRY(sep_cl_multiply(cl, &(sep_cl_product){.rows = tiles,
                                                  .columns = out,
                                                  .depth = in,
                                                  .batches = PLANES,
                                                  .a = &p.v,
                                                  .b = &p.u,
                                                  .c = &p.m,
                                                  .b_step = out,
                                                  .b_column = 1,
                                                  .a_batch = (int64_t)tiles * in,
                                                  .b_batch = (int64_t)in * out,
                                                  .c_batch = (int64_t)tiles * out}));
    return to_pixels(cl, call, &p.m);
}

/* ---- weight gradient --------------------------------------------------------------------------------------------- */

typedef struct gradient {
    int in, out, tiles, block, blocks;
    sep_operand x, dy, sum, partial; /* partial: of blocks, [9][in][out] */
    size_t bytes;
} gradient;

static gradient lay_out_gradient(const sep_call *call)
{
    gradient g = {.in = call->output.shape.dim[2],
                  .out = call->output.shape.dim[3],
                  .tiles = tiling_of(&call->input[0].shape).tiles};
    int64_t weights = sep_cl_elements(&call->output);
    size_t x = plane_bytes(g.tiles, g.in), dy = plane_bytes(g.tiles, g.out), sum;

    g.block = sep_image_block_rows(g.tiles, 1, weights);
    g.blocks = (int)sep_cl_ceiling(g.tiles, g.block);
    sum = plane_bytes((int64_t)g.blocks * g.in, g.out);
    g.x = call->workspace;
    g.dy = sep_cl_part(&call->workspace, x);
    g.sum = sep_cl_part(&call->workspace, x + dy);
    g.partial = sep_cl_part(&call->workspace, x + dy + sum);
    g.bytes = x + dy + sum + (size_t)g.blocks * (size_t)weights * sizeof(float);
    return g;
}

size_t sep_cl_winograd_dw_workspace(const sep_cl *cl, const sep_call *call)
{
    (void)cl;
    return lay_out_gradient(call).bytes;
}

static sep_cl_side plane_side(const sep_operand *first, int tiles, int channels)
{
    return (sep_cl_side){.pixels = first,
                         .height = tiles,
                         .width = 1,
                         .channels = channels,
                         .step = 1,
                         .plane = (int64_t)tiles * channels};
}

/* Each block's sums to 3x3 weights. */
static sep_status transform_sums(sep_cl *cl, const gradient *g)
{
    int64_t size = (int64_t)g->in * g->out;
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_winograd, "winograd_weight_gradient");

    sep_cl_tensor(&l, &g->sum);
    sep_cl_tensor(&l, &g->partial);
    sep_cl_long(&l, size);
    return sep_cl_run_columns(&l, size, g->blocks);
}

sep_status sep_cl_winograd_dw(sep_cl *cl, const sep_call *call)
{
    gradient g = lay_out_gradient(call);
    int64_t weights = sep_cl_elements(&call->output);

    SEP_TRY(to_planes(cl, "winograd_input", &call->input[0], &g.x));
    SEP_TRY(to_planes(cl, "winograd_gradient", &call->input[1], &g.dy));
    SEP_TRY(sep_cl_sum_outer(cl, &(sep_cl_outer){.a = plane_side(&g.x, g.tiles, g.in),
                                                 .b = plane_side(&g.dy, g.tiles, g.out),
                                                 .images = 1,
                                                 .height = g.tiles,
                                                 .width = 1,
                                                 .block_rows = g.block,
                                                 .blocks = g.blocks,
                                                 .taps = PLANES,
                                                 .kernel = PLANES,
                                                 .sum = &g.sum,
                                                 .block_floats = PLANES * (int64_t)g.in * g.out}));
    SEP_TRY(transform_sums(cl, &g));
    return sep_cl_tree_sum(cl, &g.partial, g.blocks, weights, weights, &call->output);
}
