/* What the letters of a family's problems imply, and what a call says of them. */
#include "bench/family_letters.h"

#include <limits.h>

static void fill_default(int *value, char letter, int fallback)
{
    if (value[(int)letter] < 0)
        value[(int)letter] = fallback;
}

/* ---- what follows from the letters --------------------------------------------------------------------------------
 */

bool bench_derive_conv(int *v)
{
    fill_default(v, 's', 1);
    fill_default(v, 'p', (v['k'] - 1) / 2);
    if (v['s'] < 1 || v['h'] + 2 * v['p'] < v['k'] || v['w'] + 2 * v['p'] < v['k'])
        return false;
    v['P'] = (v['h'] + 2 * v['p'] - v['k']) / v['s'] + 1;
    v['Q'] = (v['w'] + 2 * v['p'] - v['k']) / v['s'] + 1;
    return true;
}

bool bench_derive_transposed(int *v)
{
    v['S'] = v['k'];
    v['P'] = v['h'] * v['k'];
    v['Q'] = v['w'] * v['k'];
    return true;
}

bool bench_derive_depthwise(int *v)
{
    fill_default(v, 'm', 1);
    v['S'] = 1;
    v['R'] = v['k'] / 2;
    v['M'] = v['m'] * v['c'];
    return v['k'] % 2 == 1 && v['m'] > 0;
}

bool bench_derive_linear(int *v)
{
    fill_default(v, 'a', SEP_LINEAR_ACTIVATION);
    return v['a'] <= SEP_GELU;
}

/* Words that hold a bit for each of so many elements. */
static int keep_words(int64_t elements)
{
    return (int)(elements / 32 + 2);
}

bool bench_derive_batch_norm(int *v)
{
    fill_default(v, 'a', SEP_LINEAR_ACTIVATION);
    v['K'] = keep_words((int64_t)v['r'] * v['c']);
    return v['a'] <= SEP_GELU && (!v['d'] || (int64_t)v['r'] * v['c'] <= INT_MAX);
}

bool bench_derive_bits(int *v)
{
    v['K'] = keep_words(v['e']);
    return true;
}

bool bench_derive_group_norm(int *v)
{
    fill_default(v, 'a', SEP_LINEAR_ACTIVATION);
    return v['g'] > 0 && v['c'] % v['g'] == 0 && v['a'] <= SEP_GELU;
}

bool bench_derive_window_pool(int *v)
{
    fill_default(v, 's', v['k']);
    if (v['k'] > SEP_LARGEST_POOL || v['p'] >= v['k'] || v['h'] + v['p'] < v['k'] || v['w'] + v['p'] < v['k'])
        return false;
    v['P'] = (v['h'] + 2 * v['p'] - v['k']) / v['s'] + 1;
    v['Q'] = (v['w'] + 2 * v['p'] - v['k']) / v['s'] + 1;
    return true;
}

bool bench_derive_layer_norm(int *v)
{
    fill_default(v, 'g', 1);
    return v['g'] > 0 && v['r'] % v['g'] == 0;
}

bool bench_derive_binary(int *v)
{
    v['B'] = v['v'] ? 1 : v['r'];
    return true;
}

bool bench_derive_unary(int *v)
{
    return v['f'] < SEP_PLUS;
}

/* b is whole, one row for all (v), or one number a row (i); both: one number. */
bool bench_derive_function(int *v)
{
    v['B'] = v['v'] ? 1 : v['r'];
    v['C'] = v['i'] ? 1 : v['c'];
    return v['f'] >= SEP_PLUS && v['f'] < SEP_FUNCTION_COUNT;
}

bool bench_derive_pool(int *v)
{
    v['P'] = v['h'] / 2;
    v['Q'] = v['w'] / 2;
    return v['h'] % 2 == 0 && v['w'] % 2 == 0;
}

bool bench_derive_doubled(int *v)
{
    v['P'] = 2 * v['h'];
    v['Q'] = 2 * v['w'];
    return true;
}

bool bench_derive_upsample(int *v)
{
    fill_default(v, 'k', 2);
    v['P'] = v['k'] * v['h'];
    v['Q'] = v['k'] * v['w'];
    return v['k'] > 1;
}

bool bench_derive_concat(int *v)
{
    v['C'] = v['c'] + v['o'];
    return true;
}

bool bench_derive_batches(int *v)
{
    v['C'] = v['e'] + v['o'];
    return true;
}

bool bench_derive_slice(int *v)
{
    fill_default(v, 'p', 0);
    return v['p'] + v['o'] <= v['c'];
}

bool bench_derive_window(int *v)
{
    fill_default(v, 's', 0);
    if (v['h'] % v['k'] != 0 || v['w'] % v['k'] != 0 || v['s'] >= v['k'])
        return false;
    v['B'] = v['n'] * (v['h'] / v['k']) * (v['w'] / v['k']);
    return true;
}

bool bench_derive_blocks(int *v)
{
    v['P'] = v['h'] / v['k'];
    v['Q'] = v['w'] / v['k'];
    v['C'] = v['k'] * v['k'] * v['c'];
    return v['h'] % v['k'] == 0 && v['w'] % v['k'] == 0;
}

bool bench_derive_gather(int *v)
{
    fill_default(v, 'g', 1);
    return v['g'] > 0;
}

bool bench_derive_attention(int *v)
{
    if (!bench_derive_window(v) || v['c'] % v['m'] != 0)
        return false;
    v['L'] = v['k'] * v['k'];
    v['T'] = 3 * v['c'];
    v['U'] = (2 * v['k'] - 1) * (2 * v['k'] - 1);
    v['D'] = v['B'] * v['L'] * v['T'] + (v['b'] ? v['U'] * v['m'] : 0);
    return true;
}

/* m x m patches a map. */
bool bench_derive_patches(int *v)
{
    int64_t pixels = (int64_t)v['n'] * v['k'] * v['k'];

    v['P'] = v['m'] * v['m'];
    v['Q'] = (int)pixels;
    return (int64_t)v['m'] * v['k'] <= v['h'] && (int64_t)v['m'] * v['k'] <= v['w'] && v['o'] <= v['P'] &&
           pixels <= INT_MAX;
}

bool bench_derive_places(int *v)
{
    fill_default(v, 'm', 0);
    return v['k'] <= v['h'] && v['k'] <= v['w'];
}

/* Windows begin in rows where they end within the map. */
bool bench_derive_windows(int *v)
{
    const int64_t windows = (int64_t)v['n'] * v['o'];

    v['B'] = (int)windows;
    v['p'] = (v['h'] - v['k'] + 1) * v['w'];
    return v['k'] <= v['h'] && v['k'] <= v['w'] && windows <= INT_MAX;
}

/* ---- what a call shows --------------------------------------------------------------------------------------------
 */

bool bench_observe_batch_norm(const sep_call *call, int *v)
{
    return !call->attributes.frozen && v['d'] == (call->attributes.probability > 0.0f);
}

/* The rows of a sample are all axes between the first and the last. */
bool bench_observe_group_norm(const sep_call *call, int *v)
{
    const sep_shape *x = &call->input[0].shape;

    v['n'] = x->dim[0];
    v['r'] = (int)(sep_shape_rows(x) / v['n']);
    return true;
}

bool bench_observe_whole(const sep_call *call, int *v)
{
    (void)v;
    return !call->attributes.per_sample;
}

bool bench_observe_binary(const sep_call *call, int *v)
{
    int64_t second = sep_shape_count(&call->input[1].shape);

    v['v'] = second != sep_shape_count(&call->input[0].shape);
    return !v['v'] || second == v['c'];
}

bool bench_observe_function(const sep_call *call, int *v)
{
    const sep_shape *a = &call->input[0].shape, *b = &call->input[1].shape;
    int64_t count = sep_shape_count(a), others = sep_shape_count(b);
    bool number = others == 1 && count > 1,
         each = others < count && others == sep_shape_rows(a) && b->dim[b->rank - 1] == 1;

    v['i'] = number || each;
    v['v'] = number || (others < count && !each);
    return !v['v'] || number || others == v['c'];
}

bool bench_observe_window(const sep_call *call, int *v)
{
    (void)call;
    return v['h'] % v['k'] == 0 && v['w'] % v['k'] == 0;
}

bool bench_observe_blocks(const sep_call *call, int *v)
{
    v['j'] = call->attributes.column_major;
    return true;
}

bool bench_observe_upsample(const sep_call *call, int *v)
{
    v['k'] = call->output.shape.dim[1] / call->input[0].shape.dim[1];
    return true;
}

bool bench_observe_draw(const sep_call *call, int *v)
{
    v['u'] = call->attributes.once;
    return true;
}

bool bench_observe_patches(const sep_call *call, int *v)
{
    v['j'] = call->attributes.by_row;
    v['m'] = 1;
    while (v['m'] * v['m'] < call->input[0].shape.dim[1])
        v['m']++;
    return true;
}

/* q, k and v, a gradient each. */
bool bench_derive_token_attention(int *v)
{
    int64_t all = (int64_t)v['n'] * v['c'] * (v['q'] + 2 * (int64_t)v['k']);

    v['D'] = (int)all;
    return all <= INT_MAX && v['m'] > 0 && v['c'] % v['m'] == 0;
}

bool bench_observe_attention(const sep_call *call, int *v)
{
    int windows = (v['h'] / v['k']) * (v['w'] / v['k']);

    v['c'] = sep_shape_last(&call->input[0].shape) / 3;
    v['n'] = windows > 0 ? call->input[0].shape.dim[0] / windows : 0;
    return v['n'] > 0;
}

bool bench_observe_batches(const sep_call *call, int *v)
{
    v['o'] = (int)sep_shape_count(&call->input[1].shape);
    return true;
}

bool bench_observe_turn(const sep_call *call, int *v)
{
    v['z'] = call->attributes.back;
    return true;
}

bool bench_observe_put(const sep_call *call, int *v)
{
    v['s'] = call->output.shape.dim[0];
    v['r'] = (int)sep_shape_count(&call->input[1].shape);
    v['c'] = (int)sep_shape_count(&call->output.shape) / v['s'];
    return true;
}

/* Labels are maps of one channel. */
bool bench_observe_resizing(const sep_call *call, int *v)
{
    const sep_shape *x = &call->input[0].shape, *y = &call->output.shape;

    v['n'] = x->dim[0];
    v['h'] = x->dim[1];
    v['w'] = x->dim[2];
    v['c'] = x->rank == 4 ? x->dim[3] : 1;
    v['p'] = y->dim[1];
    v['q'] = y->dim[2];
    return true;
}

bool bench_observe_gather(const sep_call *call, int *v)
{
    bool gathers = call->op == SEP_OP_GATHER;
    int64_t indices = sep_shape_count(&call->input[1].shape), groups = call->attributes.groups;
    int64_t taken = sep_shape_count(gathers ? &call->output.shape : &call->input[0].shape);
    int64_t from = sep_shape_count(gathers ? &call->input[0].shape : &call->output.shape);

    v['r'] = (int)(indices / groups);
    v['c'] = (int)(taken / indices);
    v['s'] = (int)(from / (groups * v['c']));
    return true;
}

bool bench_observe_contrast(const sep_call *call, int *v)
{
    const sep_attributes *a = &call->attributes;
    bool itself = v['s'] > 0;

    return a->balanced && a->own_class == itself && a->skip_self == itself &&
           (call->op == SEP_OP_CONTRAST || a->part == (itself ? SEP_OF_BOTH : SEP_OF_ANCHORS));
}
