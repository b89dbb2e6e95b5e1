/* Whether a program with tuned parameters gives the bits that it gives with its defaults: calls of each family, small
 * and of awkward shapes. */
#include "device/opencl/backend.h"
#include "device/opencl/tuning.h"

#include <string.h>

#define MAX_INPUTS 3

typedef struct trial {
    sep_cl_program program;
    sep_op op;
    sep_attributes attributes;
    int inputs;
    sep_shape input[MAX_INPUTS], output;
} trial;

#define LINEAR(program, out)                                                                                           \
    {                                                                                                                  \
        program, SEP_OP_LINEAR, {.activation = SEP_GELU}, 3,                                                           \
            {SEP_SHAPE(131, 300), SEP_SHAPE(300, out), SEP_SHAPE(out)}, SEP_SHAPE(131, out)                            \
    }
#define LINEAR_DX(program, out)                                                                                        \
    {                                                                                                                  \
        program, SEP_OP_LINEAR_DX, {0}, 2, {SEP_SHAPE(131, 300), SEP_SHAPE(out, 300)}, SEP_SHAPE(131, out)             \
    }
#define LINEAR_DW(program, out)                                                                                        \
    {                                                                                                                  \
        program, SEP_OP_LINEAR_DW, {0}, 2, {SEP_SHAPE(300, 131), SEP_SHAPE(300, out)}, SEP_SHAPE(131, out)             \
    }
#define DIRECT                                                                                                         \
    {                                                                                                                  \
        .kernel = 3, .stride = 2, .padding = 1, .algorithm = SEP_DIRECT                                                \
    }
#define CONV(program, out)                                                                                             \
    {                                                                                                                  \
        program, SEP_OP_CONV2D, DIRECT, 2, {SEP_SHAPE(2, 17, 15, 21), SEP_SHAPE(3, 3, 21, out)},                       \
            SEP_SHAPE(2, 9, 8, out)                                                                                    \
    }
#define CONV_DX(program, in)                                                                                           \
    {                                                                                                                  \
        program, SEP_OP_CONV2D_DX, DIRECT, 2, {SEP_SHAPE(2, 9, 8, 21), SEP_SHAPE(3, 3, in, 21)},                       \
            SEP_SHAPE(2, 17, 15, in)                                                                                   \
    }
#define CONV_DW(program, out)                                                                                          \
    {                                                                                                                  \
        program, SEP_OP_CONV2D_DW, DIRECT, 2, {SEP_SHAPE(2, 17, 15, 21), SEP_SHAPE(2, 9, 8, out)},                     \
            SEP_SHAPE(3, 3, 21, out)                                                                                   \
    }
#define ATTENTION                                                                                                      \
    {                                                                                                                  \
        .window = 7, .heads = 2, .shift = 3, .grid_height = 14, .grid_width = 14, .scale = 0.25f                       \
    }
#define TABLE SEP_SHAPE(13 * 13, 2)

static const trial trials[] = {
    LINEAR(SEP_CL_product, 133),
    LINEAR_DX(SEP_CL_product, 133),
    LINEAR(SEP_CL_narrow_product, 13),
    LINEAR_DX(SEP_CL_narrow_product, 13),
    CONV(SEP_CL_convolution, 67),
    CONV_DX(SEP_CL_convolution, 67),
    CONV(SEP_CL_narrow_convolution, 13),
    CONV_DX(SEP_CL_narrow_convolution, 13),
    LINEAR_DW(SEP_CL_outer, 133),
    CONV_DW(SEP_CL_outer, 67),
    LINEAR_DW(SEP_CL_narrow_outer, 13),
    CONV_DW(SEP_CL_narrow_outer, 13),
    {SEP_CL_winograd,
     SEP_OP_CONV2D,
     {.kernel = 3, .stride = 1, .padding = 1, .algorithm = SEP_WINOGRAD},
     2,
     {SEP_SHAPE(1, 17, 15, 19), SEP_SHAPE(3, 3, 19, 18)},
     SEP_SHAPE(1, 17, 15, 18)},
    {SEP_CL_winograd,
     SEP_OP_CONV2D_DW,
     {.kernel = 3, .stride = 1, .padding = 1, .algorithm = SEP_WINOGRAD},
     2,
     {SEP_SHAPE(1, 17, 15, 19), SEP_SHAPE(1, 17, 15, 18)},
     SEP_SHAPE(3, 3, 19, 18)},
    {SEP_CL_attention, SEP_OP_WINDOW_ATTENTION, ATTENTION, 2, {SEP_SHAPE(4, 49, 3 * 48), TABLE}, SEP_SHAPE(4, 49, 48)},
    {SEP_CL_attention,
     SEP_OP_WINDOW_ATTENTION_DX,
     ATTENTION,
     3,
     {SEP_SHAPE(4, 49, 3 * 48), TABLE, SEP_SHAPE(4, 49, 48)},
     SEP_SHAPE(4 * 49 * 3 * 48 + 13 * 13 * 2)},
    {SEP_CL_reduction, SEP_OP_ROW_SUM, {0}, 1, {SEP_SHAPE(300001, 3)}, SEP_SHAPE(3)},
};

/* ---- running ----------------------------------------------------------------------------------------------------- */

static sep_status make_operand(sep_cl *cl, sep_shape shape, uint64_t stream, sep_operand *operand)
{
    const sep_random random = {.seed = 1, .stream = (uint32_t)stream};
    size_t count = (size_t)sep_shape_count(&shape);
    float *values = sep_calloc(count, sizeof *values);

    *operand = (sep_operand){.buffer = sep_cl_buffer_create(&cl->base, count * sizeof *values), .shape = shape};
    for (size_t i = 0; values && i < count; i++)
        values[i] = 2.0f * sep_random_uniform(&random, i) - 1.0f;
    sep_status status = values && operand->buffer
                            ? sep_cl_upload(&cl->base, operand->buffer, 0, values, count * sizeof *values)
                            : SEP_ERR_MEMORY;
    sep_free(values);
    return status;
}

/* Makes the operands; the output starts with other numbers than it should end with. */
static sep_status make_call(sep_cl *cl, const trial *t, sep_call *call)
{
    *call = (sep_call){.op = t->op, .attributes = t->attributes, .inputs = t->inputs};
    call->output.shape = t->output;
    for (int i = 0; i < t->inputs; i++)
        SEP_TRY(make_operand(cl, t->input[i], (uint64_t)i, &call->input[i]));
    SEP_TRY(make_operand(cl, t->output, MAX_INPUTS, &call->output));
    size_t bytes = sep_cl_workspace(&cl->base, call);
    return make_operand(cl, SEP_SHAPE((int)(bytes / sizeof(float)) + 1), MAX_INPUTS + 1, &call->workspace);
}

static void drop_call(sep_cl *cl, const sep_call *call)
{
    for (int i = 0; i < call->inputs; i++)
        sep_cl_buffer_destroy(&cl->base, call->input[i].buffer);
    sep_cl_buffer_destroy(&cl->base, call->output.buffer);
    sep_cl_buffer_destroy(&cl->base, call->workspace.buffer);
}

static sep_status hash_of_call(sep_cl *cl, const sep_call *call, uint64_t *hash)
{
    const sep_step_info step = {0};
    size_t bytes = (size_t)sep_cl_elements(&call->output) * sizeof(float);
    void *values = sep_calloc(bytes, 1);
    sep_status status = values ? sep_cl_run_call(&cl->base, call, &step) : SEP_ERR_MEMORY;

    if (status == SEP_OK)
        status = sep_cl_download(&cl->base, call->output.buffer, 0, values, bytes);
    if (status == SEP_OK)
        *hash = sep_hash(*hash, values, bytes);
    sep_free(values);
    return status;
}

/* The hash of all that the program's trials give. */
static sep_status hash_of_trials(sep_cl *cl, sep_cl_program program, uint64_t *hash)
{
    *hash = SEP_HASH_START;
    for (size_t i = 0; i < sizeof trials / sizeof *trials; i++) {
        sep_call call;
        if (trials[i].program != program)
            continue;
        sep_status status = make_call(cl, &trials[i], &call);
        if (status == SEP_OK)
            status = hash_of_call(cl, &call, hash);
        drop_call(cl, &call);
        SEP_TRY(status);
    }
    return SEP_OK;
}

/* The defaults in place of the tuned program for a while, which is kept aside. */
static sep_status hash_of_defaults(sep_cl *cl, sep_cl_program program, uint64_t *hash)
{
    cl_program tuned = cl->program[program];
    char parameters[SEP_CL_PARAMETERS];

    memcpy(parameters, cl->parameters[program], sizeof parameters);
    clRetainProgram(tuned);
    sep_status status = sep_cl_set_parameters(cl, program, sep_cl_default_parameters(program));
    if (status == SEP_OK)
        status = hash_of_trials(cl, program, hash);
    if (status == SEP_OK)
        status = sep_cl_set_parameters(cl, program, parameters);
    if (status == SEP_OK)
        cl->program[program] = tuned;
    else
        clReleaseProgram(tuned);
    return status;
}

sep_status sep_cl_try_tuned(sep_cl *cl, sep_cl_program program)
{
    uint64_t tuned, wanted;

    SEP_TRY(hash_of_trials(cl, program, &tuned));
    SEP_TRY(hash_of_defaults(cl, program, &wanted));
    return tuned == wanted ? SEP_OK : sep_fail(SEP_ERR_NUMERIC, "it gives other bits than the defaults");
}
