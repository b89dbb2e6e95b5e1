/* Matrix products through CLBlast. What our kernel does as it reads and writes (activation, bias, slope) are launches
 * of their own here. */
#include "device/opencl/blas.h"

#include "config.h"

bool sep_cl_has_blas(const sep_cl *cl)
{
    return cl->gemm != NULL;
}

size_t sep_cl_blas_room(const sep_cl *cl, const sep_call *call)
{
    bool activates = call->attributes.activation != SEP_LINEAR_ACTIVATION;

    return sep_cl_has_blas(cl) && activates ? (size_t)sep_cl_elements(&call->input[0]) * sizeof(float) : 0;
}

#if SEP_HAVE_CLBLAST

#include <clblast_c.h>

void sep_cl_blas_open(sep_cl *cl)
{
    if (sep_late_find(SEP_CLBLAST_FILE, "CLBlastSgemm", &cl->gemm) != SEP_OK)
        sep_log(SEP_LOG_WARNING, "CLBlast: %s", sep_error_text());
}

#define NOTICED_SECONDS 0.2 /* a call that takes as long has compiled kernels */

typedef __typeof__(CLBlastSgemm) gemm_function;

/* A matrix in a buffer, its rows (as it is stored) `step` floats apart. */
typedef struct matrix {
    const sep_operand *operand;
    bool transposed;
    int step;
} matrix;

static size_t first_float(const matrix *m)
{
    return m->operand->offset / sizeof(float);
}

static CLBlastTranspose turn(const matrix *m)
{
    return m->transposed ? CLBlastTransposeYes : CLBlastTransposeNo;
}

/* c[rows][columns] = a[rows][depth] b[depth][columns]. */
static sep_status run_gemm(sep_cl *cl, int rows, int columns, int depth, const matrix *a, const matrix *b,
                           const matrix *c)
{
    double start = sep_seconds(), seconds;
    CLBlastStatusCode code = ((gemm_function *)cl->gemm)(
        CLBlastLayoutRowMajor, turn(a), turn(b), (size_t)rows, (size_t)columns, (size_t)depth, 1.0f,
        a->operand->buffer->memory, first_float(a), (size_t)a->step, b->operand->buffer->memory, first_float(b),
        (size_t)b->step, 0.0f, c->operand->buffer->memory, first_float(c), (size_t)c->step, &cl->queue, NULL);

    seconds = sep_seconds() - start;
    if (seconds > NOTICED_SECONDS && code == CLBlastSuccess)
        sep_log(SEP_LOG_INFO, "OpenCL: CLBlast compiled a product in %.1f s", seconds);
    return sep_cl_check((cl_int)code, "CLBlast"); /* its codes continue OpenCL's */
}

/* ---- what surrounds a product ------------------------------------------------------------------------------------ */

static sep_operand shaped(const sep_operand *operand, int64_t rows, int columns)
{
    sep_operand o = *operand;

    o.shape = SEP_SHAPE((int)rows, columns);
    return o;
}

static sep_status activate(sep_cl *cl, sep_activation activation, float slope, const sep_operand *x,
                           const sep_operand *y)
{
    const sep_call call = {.op = SEP_OP_ACTIVATE,
                           .attributes = {.activation = activation, .slope = slope},
                           .inputs = 1,
                           .input = {*x},
                           .output = *y};

    return sep_cl_activate(cl, &call, NULL);
}

static sep_status add_bias(sep_cl *cl, const sep_operand *c, const sep_operand *bias)
{
    const sep_call call = {.op = SEP_OP_ADD, .inputs = 2, .input = {*c, *bias}, .output = *c};

    return sep_cl_add(cl, &call, NULL);
}

static sep_status multiply_slope(sep_cl *cl, const sep_cl_product *p, const sep_operand *c)
{
    const sep_call call = {.op = SEP_OP_ACTIVATE_DX,
                           .attributes = {.activation = p->activation, .slope = p->slope},
                           .inputs = 2,
                           .input = {shaped(p->gate, p->rows, p->columns), *c},
                           .output = *c};

    return sep_cl_activate_dx(cl, &call, NULL);
}

/* ---- products ---------------------------------------------------------------------------------------------------- */

sep_status sep_cl_blas_multiply(sep_cl *cl, const sep_cl_product *p)
{
    sep_operand c = shaped(p->c, p->rows, p->columns), a = shaped(p->a, p->rows, p->depth);
    bool turned = p->b_column != 1;

    if (p->activation != SEP_LINEAR_ACTIVATION && p->gate == NULL) {
        sep_operand room = shaped(p->room, p->rows, p->depth);
        SEP_TRY(activate(cl, p->activation, p->slope, &a, &room));
        a = room;
    }
    SEP_TRY(run_gemm(cl, p->rows, p->columns, p->depth, &(matrix){&a, false, p->depth},
                     &(matrix){p->b, turned, turned ? p->b_column : p->b_step}, &(matrix){&c, false, p->columns}));
    if (p->bias)
        SEP_TRY(add_bias(cl, &c, p->bias));
    return p->gate ? multiply_slope(cl, p, &c) : SEP_OK;
}

sep_status sep_cl_blas_linear_dw(sep_cl *cl, const sep_call *call)
{
    int in = sep_shape_last(&call->input[0].shape), out = sep_shape_last(&call->input[1].shape);
    int rows = (int)sep_shape_rows(&call->input[0].shape);
    sep_operand x = call->input[0];

    if (call->attributes.activation != SEP_LINEAR_ACTIVATION) {
        sep_operand room = shaped(&call->workspace, rows, in);
        SEP_TRY(activate(cl, call->attributes.activation, call->attributes.slope, &x, &room));
        x = room;
    }
    return run_gemm(cl, in, out, rows, &(matrix){&x, true, in}, &(matrix){&call->input[1], false, out},
                    &(matrix){&call->output, false, out});
}

#else

void sep_cl_blas_open(sep_cl *cl)
{
    (void)cl;
}

sep_status sep_cl_blas_multiply(sep_cl *cl, const sep_cl_product *product)
{
    (void)cl;
    (void)product;
    return sep_fail(SEP_ERR_UNSUPPORTED, "this septum was built without CLBlast");
}

sep_status sep_cl_blas_linear_dw(sep_cl *cl, const sep_call *call)
{
    (void)cl;
    (void)call;
    return sep_fail(SEP_ERR_UNSUPPORTED, "this septum was built without CLBlast");
}

#endif
