/* The linear layer: the last axis times a matrix. Its gradient has the shape of a convolution's (convolution.c). */
#include "septum/ops.h"

#include "ops/rules.h"

#include <math.h>

sep_node *sep_linear(sep_graph *g, const char *name, sep_node *x, int channels, bool bias, float weight_std)
{
    if (x == NULL)
        return NULL;
    int fan_in = sep_shape_last(&x->shape);
    sep_init uniform = {SEP_INIT_UNIFORM, 1.0f / sqrtf((float)fan_in)}, zero = {SEP_INIT_CONSTANT, 0.0f};
    sep_init normal = {SEP_INIT_TRUNCATED_NORMAL, weight_std};
    sep_node *input[3] = {x, NULL, NULL};
    sep_shape output = x->shape;

    sep_scope_push(g, "%s", name);
    input[1] = sep_parameter(g, "weight", SEP_SHAPE(fan_in, channels), weight_std > 0.0f ? normal : uniform);
    if (bias)
        input[2] = sep_parameter(g, "bias", SEP_SHAPE(channels), weight_std > 0.0f ? zero : uniform);
    output.dim[output.rank - 1] = channels;
    sep_node *y = sep_apply(g, SEP_OP_LINEAR, NULL, output, bias ? 3 : 2, input);
    sep_scope_pop(g);
    return y;
}
