/* Attention over all tokens: see cl/token_attention.cl. */
#include "device/opencl/opencl.h"

#define SLAB_BYTES (16 << 20) /* of scores at most, but for one query of each head */

typedef struct layout {
    int batch, queries, keys, heads, dim;
    int slab; /* queries at a time */
} layout;

static layout layout_of(const sep_call *call)
{
    const sep_shape *q = &call->input[0].shape;
    layout l = {.batch = q->dim[0],
                .queries = q->dim[1],
                .keys = call->input[1].shape.dim[1],
                .heads = call->attributes.heads,
                .dim = q->dim[2] / call->attributes.heads};
    int64_t rows = SLAB_BYTES / ((int64_t)l.batch * l.heads * l.keys * (int64_t)sizeof(float));

    l.slab = rows < 1 ? 1 : rows < l.queries ? (int)rows : l.queries;
    return l;
}

static size_t slab_bytes(const layout *l)
{
    size_t rows = (size_t)l->batch * (size_t)l->heads * (size_t)l->slab;

    return sep_cl_aligned(rows * (size_t)l->keys * sizeof(float));
}

static void add_sizes(sep_cl_launch *launch, const layout *l, int first)
{
    int left = l->queries - first;

    sep_cl_int(launch, l->queries);
    sep_cl_int(launch, l->keys);
    sep_cl_int(launch, l->heads);
    sep_cl_int(launch, l->dim);
    sep_cl_int(launch, first);
    sep_cl_int(launch, left < l->slab ? left : l->slab);
}

static sep_status score(sep_cl *cl, const sep_call *call, const layout *l, int first)
{
    sep_cl_launch launch = sep_cl_begin(cl, SEP_CL_token_attention, "token_scores");

    sep_cl_tensor(&launch, &call->input[0]);
    sep_cl_tensor(&launch, &call->input[1]);
    add_sizes(&launch, l, first);
    sep_cl_float(&launch, call->attributes.scale);
    sep_cl_tensor(&launch, &call->workspace);
    return sep_cl_run_columns(&launch, l->slab, l->batch * l->heads);
}

static sep_status score_gradients(sep_cl *cl, const sep_call *call, const layout *l, int first, const sep_operand *ds)
{
    sep_cl_launch launch = sep_cl_begin(cl, SEP_CL_token_attention, "token_score_gradients");

    sep_cl_tensor(&launch, &call->workspace);
    sep_cl_tensor(&launch, &call->input[2]);
    sep_cl_tensor(&launch, &call->input[3]);
    add_sizes(&launch, l, first);
    sep_cl_tensor(&launch, ds);
    return sep_cl_run_columns(&launch, l->slab, l->batch * l->heads);
}

/* `kernel` of scores and another operand, for `rows` tokens of the result. */
static sep_status multiply(sep_cl *cl, const char *kernel, const layout *l, int first, const sep_operand *scores,
                           const sep_operand *other, float factor, int rows, const sep_operand *out)
{
    sep_cl_launch launch = sep_cl_begin(cl, SEP_CL_token_attention, kernel);

    sep_cl_tensor(&launch, scores);
    sep_cl_tensor(&launch, other);
    add_sizes(&launch, l, first);
    sep_cl_float(&launch, factor);
    sep_cl_tensor(&launch, out);
    return sep_cl_run_columns(&launch, (int64_t)rows * l->dim, l->batch * l->heads);
}

size_t sep_cl_token_attention_workspace(const sep_cl *cl, const sep_call *call)
{
    const layout l = layout_of(call);

    (void)cl;
    return slab_bytes(&l);
}

sep_status sep_cl_token_attention(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    const layout l = layout_of(call);

    (void)step;
    for (int first = 0; first < l.queries; first += l.slab) {
        SEP_TRY(score(cl, call, &l, first));
        SEP_TRY(multiply(cl, "token_mix", &l, first, &call->workspace, &call->input[2], 1.0f, l.slab, &call->output));
    }
    return SEP_OK;
}

/* ---- gradient ---------------------------------------------------------------------------------------------------- */

size_t sep_cl_token_attention_dx_workspace(const sep_cl *cl, const sep_call *call)
{
    const layout l = layout_of(call);

    (void)cl;
    return 2 * slab_bytes(&l);
}

sep_status sep_cl_token_attention_dx(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    const layout l = layout_of(call);
    const float scale = call->attributes.scale;
    const sep_operand *p = &call->workspace, ds = sep_cl_part(p, slab_bytes(&l)), *dq = &call->output;
    const sep_operand dk = sep_cl_part(dq, (size_t)sep_cl_elements(&call->input[0]) * sizeof(float));
    const sep_operand dv = sep_cl_part(&dk, (size_t)sep_cl_elements(&call->input[1]) * sizeof(float));

    (void)step;
    for (int first = 0; first < l.queries; first += l.slab) {
        SEP_TRY(score(cl, call, &l, first));
        SEP_TRY(score_gradients(cl, call, &l, first, &ds));
        SEP_TRY(multiply(cl, "token_mix", &l, first, &ds, &call->input[1], scale, l.slab, dq));
        SEP_TRY(multiply(cl, "token_add", &l, first, &ds, &call->input[0], scale, l.keys, &dk));
        SEP_TRY(multiply(cl, "token_add", &l, first, p, &call->input[3], 1.0f, l.keys, &dv));
    }
    return SEP_OK;
}
