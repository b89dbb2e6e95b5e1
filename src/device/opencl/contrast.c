/* Contrast: see cl/contrast.cl. */
#include "device/opencl/product.h"

#define SLAB_BYTES (16 << 20) /* of weighted exponentials at most, in whole units of rows; */
#define SLAB_UNIT  64         /* one at least */

typedef struct layout {
    int groups, rows, others, depth, classes; /* of x, of y; classes with that of none */
    bool anchors, keys;                       /* what rows of x are */
    bool gradient;
    size_t weights; /* bytes of the table */
    int slab;       /* rows of y at a time */
} layout;

static layout layout_of(const sep_call *call)
{
    const sep_attributes *a = &call->attributes;
    const sep_shape *anchor = &call->input[0].shape, *key = &call->input[1].shape;
    bool gradient = call->op == SEP_OP_CONTRAST_DX, anchors = !gradient || a->part != SEP_OF_KEYS;
    layout l = {.groups = anchor->dim[0],
                .rows = anchors ? anchor->dim[1] : key->dim[1],
                .others = anchors ? key->dim[1] : anchor->dim[1],
                .depth = anchor->dim[2],
                .classes = a->classes + 1,
                .anchors = anchors,
                .keys = gradient && a->part != SEP_OF_ANCHORS,
                .gradient = gradient};
    int64_t rows = SLAB_BYTES / ((int64_t)l.groups * l.rows * (int64_t)sizeof(float));

    l.weights = sep_cl_aligned((size_t)l.groups * (size_t)l.classes * (size_t)l.classes * sizeof(float));
    rows = rows > SLAB_UNIT ? rows / SLAB_UNIT * SLAB_UNIT : SLAB_UNIT;
    l.slab = rows < l.others ? (int)rows : l.others;
    return l;
}

static size_t workspace(const sep_call *call)
{
    layout l = layout_of(call);

    return l.weights + (size_t)l.groups * (size_t)l.rows * (size_t)l.slab * sizeof(float);
}

static sep_status find_weights(sep_cl *cl, const sep_call *call, const layout *l)
{
    const sep_attributes *a = &call->attributes;
    sep_cl_launch launch = sep_cl_begin(cl, SEP_CL_contrast, "contrast_weights");

    sep_cl_tensor(&launch, &call->input[3]);
    sep_cl_int(&launch, call->input[1].shape.dim[1]);
    sep_cl_int(&launch, l->classes);
    sep_cl_int(&launch, a->balanced);
    sep_cl_int(&launch, a->own_class);
    sep_cl_int(&launch, a->skip_self);
    sep_cl_tensor(&launch, &call->workspace);
    return sep_cl_run_columns(&launch, l->classes, l->groups);
}

static sep_status run_tiles(sep_cl_launch *launch, const layout *l, int rows, int columns)
{
    sep_cl_tile tile = sep_cl_tile_of(launch->cl, SEP_CL_contrast);

    return sep_cl_run(launch,
                      (size_t[3]){(size_t)sep_cl_ceiling(columns, tile.columns),
                                  (size_t)sep_cl_ceiling(rows, tile.rows), (size_t)l->groups},
                      (size_t[3]){tile.group});
}

static sep_status score(sep_cl *cl, const sep_call *call, const layout *l, int first, int count,
                        const sep_operand *slab)
{
    sep_cl_launch launch = sep_cl_begin(cl, SEP_CL_contrast, "contrast_scores");

    sep_cl_tensor(&launch, &call->input[l->anchors ? 0 : 1]);
    sep_cl_tensor(&launch, &call->input[l->anchors ? 1 : 0]);
    sep_cl_tensor(&launch, &call->input[2]);
    sep_cl_tensor(&launch, &call->input[3]);
    sep_cl_tensor(&launch, &call->workspace);
    sep_cl_input(&launch, call, 4);
    sep_cl_int(&launch, l->rows);
    sep_cl_int(&launch, l->others);
    sep_cl_int(&launch, l->depth);
    sep_cl_int(&launch, first);
    sep_cl_int(&launch, count);
    sep_cl_int(&launch, l->classes);
    sep_cl_int(&launch, l->anchors);
    sep_cl_int(&launch, l->keys);
    sep_cl_int(&launch, l->gradient);
    sep_cl_int(&launch, call->attributes.skip_self);
    sep_cl_float(&launch, 1.0f / call->attributes.temperature);
    sep_cl_tensor(&launch, slab);
    return run_tiles(&launch, l, count, l->rows);
}

static sep_status add_sums(sep_cl *cl, const sep_call *call, const layout *l, int first, int count,
                           const sep_operand *slab)
{
    sep_cl_launch launch = sep_cl_begin(cl, SEP_CL_contrast, "contrast_add");

    sep_cl_tensor(&launch, slab);
    sep_cl_tensor(&launch, &call->input[2]);
    sep_cl_int(&launch, l->rows);
    sep_cl_int(&launch, count);
    sep_cl_int(&launch, l->classes);
    sep_cl_int(&launch, first > 0);
    sep_cl_tensor(&launch, &call->output);
    return sep_cl_run_columns(&launch, l->rows, l->groups);
}

static sep_status add_products(sep_cl *cl, const sep_call *call, const layout *l, int first, int count,
                               const sep_operand *slab)
{
    sep_cl_launch launch = sep_cl_begin(cl, SEP_CL_contrast, "contrast_products");

    sep_cl_tensor(&launch, slab);
    sep_cl_tensor(&launch, &call->input[l->anchors ? 1 : 0]);
    sep_cl_tensor(&launch, &call->input[2]);
    sep_cl_tensor(&launch, &call->input[3]);
    sep_cl_int(&launch, l->rows);
    sep_cl_int(&launch, l->others);
    sep_cl_int(&launch, l->depth);
    sep_cl_int(&launch, first);
    sep_cl_int(&launch, count);
    sep_cl_int(&launch, l->classes);
    sep_cl_int(&launch, l->anchors);
    sep_cl_int(&launch, l->keys);
    sep_cl_tensor(&launch, &call->output);
    return run_tiles(&launch, l, l->rows, l->depth);
}

static sep_status run(sep_cl *cl, const sep_call *call)
{
    layout l = layout_of(call);
    sep_operand slab = sep_cl_part(&call->workspace, l.weights);

    SEP_TRY(find_weights(cl, call, &l));
    for (int first = 0; first < l.others; first += l.slab) {
        int count = l.others - first < l.slab ? l.others - first : l.slab;

        SEP_TRY(score(cl, call, &l, first, count, &slab));
        SEP_TRY((l.gradient ? add_products : add_sums)(cl, call, &l, first, count, &slab));
    }
    return SEP_OK;
}

size_t sep_cl_contrast_workspace(const sep_cl *cl, const sep_call *call)
{
    (void)cl;
    return workspace(call);
}

size_t sep_cl_contrast_dx_workspace(const sep_cl *cl, const sep_call *call)
{
    (void)cl;
    return workspace(call);
}

sep_status sep_cl_contrast(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    (void)step;
    return run(cl, call);
}

sep_status sep_cl_contrast_dx(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    (void)step;
    return run(cl, call);
}
