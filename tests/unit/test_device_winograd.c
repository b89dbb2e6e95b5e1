/* Convolution by Winograd's algorithm, all three passes: `generic` against naive loops that spell out the definition,
 * every other table against `generic`, bit for bit; both algorithms against double precision; the choice by shape. */
#include "simd/winograd.h"
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct layer {
    int images, height, width, in, out;
} layer;

/* 1, primes, tails on either side of a vector's width, maps that are no multiple of a tile, tiles without an interior,
 * channels that need several panels or groups, more than one block of tiles (257 or more) in the weight gradient. */
static const layer layers[] = {
    {1, 1, 1, 1, 1},    {1, 2, 3, 2, 5},     {2, 4, 4, 16, 16},  {1, 5, 7, 17, 31},  {3, 8, 9, 31, 17},
    {1, 13, 6, 48, 33}, {2, 16, 16, 32, 16}, {1, 3, 31, 1, 65},  {1, 9, 10, 65, 3},  {2, 11, 8, 5, 130},
    {1, 7, 7, 129, 2},  {1, 12, 12, 7, 7},   {2, 48, 50, 3, 18}, {5, 36, 29, 17, 4},
};
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const sep_op passes[] = {SEP_OP_CONV2D, SEP_OP_CONV2D_DX, SEP_OP_CONV2D_DW};

typedef support_array make_array(sep_shape shape, uint32_t seed);

static support_case make_case(sep_op op, const layer *l, bool bias, make_array *make)
{
    sep_shape x = SEP_SHAPE(l->images, l->height, l->width, l->in);
    sep_shape y = SEP_SHAPE(l->images, l->height, l->width, l->out), w = SEP_SHAPE(3, 3, l->in, l->out);
    support_case c = {.op = op, .inputs = 2};

    c.attributes = (sep_attributes){.kernel = 3, .stride = 1, .padding = 1, .algorithm = SEP_WINOGRAD};
    c.input[0] = make(op == SEP_OP_CONV2D_DX ? y : x, 1);
    c.input[1] = make(op == SEP_OP_CONV2D_DW ? y : w, 2);
    if (bias)
        c.input[c.inputs++] = make(SEP_SHAPE(l->out), 3);
    c.output = op == SEP_OP_CONV2D ? y : op == SEP_OP_CONV2D_DX ? x : w;
    return c;
}

/* ---- the definition, one element at a time ----------------------------------------------------------------------- */

static const sep_winograd_planes alone = {.plane = 1, .row = 1};

typedef struct place {
    int image, row, column; /* of a tile */
} place;

static sep_winograd_tiles tile_at(const support_array *map, place at)
{
    return (sep_winograd_tiles){
        .height = map->shape.dim[1],
        .width = map->shape.dim[2],
        .pixel = map->shape.dim[3],
        .row = at.row,
        .column = at.column,
        .count = 1,
    };
}

static float *first_pixel(const support_array *map, int image, int channel)
{
    const int *d = map->shape.dim;

    return map->f32 + (ptrdiff_t)image * d[1] * d[2] * d[3] + channel;
}

/* Weights of input channel i (of this pass) and output channel o, transformed; in the data gradient they are turned. */
static void naive_weights(const support_case *c, int i, int o, float u[36])
{
    const support_array *w = &c->input[1];
    bool turned = c->op == SEP_OP_CONV2D_DX;
    float taps[9];

    for (int k = 0; k < 9; k++)
        taps[k] =
            w->f32[((turned ? 8 - k : k) * w->shape.dim[2] + (turned ? o : i)) * w->shape.dim[3] + (turned ? i : o)];
    sep_winograd_generic.weights(taps, 1, 1, 1, 1, u, &alone);
}

/* One channel of one tile of the forward pass or of the data gradient, into `y`. */
static void naive_tile(const support_case *c, place at, int o, support_array *y)
{
    const support_array *x = &c->input[0];
    sep_winograd_tiles from = tile_at(x, at), to = tile_at(y, at);
    float m[36] = {0.0f}, u[36], v[36];

    for (int i = 0; i < x->shape.dim[3]; i++) {
        naive_weights(c, i, o, u);
        sep_winograd_generic.input(&from, first_pixel(x, at.image, i), 1, v, &alone);
        for (int e = 0; e < 36; e++)
            m[e] = fmaf(v[e], u[e], m[e]);
    }
    sep_winograd_generic.output(&to, m, &alone, 1, c->inputs > 2 ? c->input[2].f32 + o : NULL,
                                first_pixel(y, at.image, o));
}

static place place_of(const support_array *map, int tile)
{
    int rows = (map->shape.dim[1] + 3) / 4, columns = (map->shape.dim[2] + 3) / 4;

    return (place){tile / columns / rows, tile / columns % rows, tile % columns};
}

static int tiles_of(const support_array *map)
{
    return map->shape.dim[0] * ((map->shape.dim[1] + 3) / 4) * ((map->shape.dim[2] + 3) / 4);
}

/* All nine taps of the weight gradient's element (i, o) over tiles [first, end). */
static void naive_block(const support_case *c, int i, int o, int first, int end, float taps[9])
{
    const support_array *x = &c->input[0], *dy = &c->input[1];
    float sum[36] = {0.0f}, v[36], m[36];

    for (int tile = first; tile < end; tile++) {
        place at = place_of(x, tile);
        sep_winograd_tiles from = tile_at(x, at), to = tile_at(dy, at);

        sep_winograd_generic.input(&from, first_pixel(x, at.image, i), 1, v, &alone);
        sep_winograd_generic.gradient(&to, first_pixel(dy, at.image, o), 1, m, &alone);
        for (int e = 0; e < 36; e++)
            sum[e] = fmaf(v[e], m[e], sum[e]);
    }
    sep_winograd_generic.weight_gradient(sum, &alone, 1, 1, taps, 1, 1);
}

static void naive_weight_gradient(const support_case *c, int i, int o, float *dw)
{
    int tiles = tiles_of(&c->input[0]), in = c->output.dim[2], out = c->output.dim[3];
    int block = sep_image_block_rows(tiles, 1, (int64_t)9 * in * out), blocks = (tiles + block - 1) / block;
    float(*taps)[9] = calloc((size_t)blocks, sizeof *taps);

    assert_non_null(taps);
    for (int b = 0; b < blocks; b++)
        naive_block(c, i, o, b * block, (b + 1) * block < tiles ? (b + 1) * block : tiles, taps[b]);
    for (int gap = 1; gap < blocks; gap *= 2)
        for (int b = 0; b + gap < blocks; b += 2 * gap)
            for (int k = 0; k < 9; k++)
                taps[b][k] += taps[b + gap][k];
    for (int k = 0; k < 9; k++)
        dw[(k * in + i) * out + o] = taps[0][k];
    free(taps);
}

static support_array naive(const support_case *c)
{
    support_array result = support_array_create(c->output, SEP_F32);

    for (int o = 0; o < c->output.dim[3]; o++) {
        if (c->op == SEP_OP_CONV2D_DW)
            for (int i = 0; i < c->output.dim[2]; i++)
                naive_weight_gradient(c, i, o, result.f32);
        else
            for (int tile = 0; tile < tiles_of(&result); tile++)
                naive_tile(c, place_of(&result, tile), o, &result);
    }
    return result;
}

static void check_against_naive(const support_case *c)
{
    support_array wanted = naive(c);
    support_result got = support_run_generic(c);

    for (int64_t i = 0; i < support_count(&wanted); i++)
        if (got.output.i32[i] != wanted.i32[i])
            fail_msg("%s, element %lld: %.9g, expected %.9g", sep_op_name(c->op), (long long)i,
                     (double)got.output.f32[i], (double)wanted.f32[i]);
    support_result_free(&got);
    support_array_free(&wanted);
}

static void check_pass(sep_op op)
{
    for (size_t l = 0; l < COUNT(layers); l++) {
        support_case c = make_case(op, &layers[l], op == SEP_OP_CONV2D && l % 2 == 1, support_random);

        check_against_naive(&c);
        support_check_tables(&c);
        support_case_free(&c);
    }
}

static void test_forward(void **state)
{
    (void)state;
    check_pass(SEP_OP_CONV2D);
}

static void test_data_gradient(void **state)
{
    (void)state;
    check_pass(SEP_OP_CONV2D_DX);
}

static void test_weight_gradient(void **state)
{
    (void)state;
    check_pass(SEP_OP_CONV2D_DW);
}

/* ---- the transforms ---------------------------------------------------------------------------------------------- */

/* Winograd's matrices at the points 0, +-5/8, +-3/2 and infinity. */
static const double BT[6][6] = {
    {225.0 / 256, 0, -169.0 / 64, 0, 1, 0},      {0, -45.0 / 32, -9.0 / 4, 5.0 / 8, 1, 0},
    {0, 45.0 / 32, -9.0 / 4, -5.0 / 8, 1, 0},    {0, -75.0 / 128, -25.0 / 64, 3.0 / 2, 1, 0},
    {0, 75.0 / 128, -25.0 / 64, -3.0 / 2, 1, 0}, {0, 225.0 / 256, 0, -169.0 / 64, 0, 1},
};
static const double AT[4][6] = {
    {1, 1, 1, 1, 1, 0},
    {0, 5.0 / 8, -5.0 / 8, 3.0 / 2, -3.0 / 2, 0},
    {0, 25.0 / 64, 25.0 / 64, 9.0 / 4, 9.0 / 4, 0},
    {0, 125.0 / 512, -125.0 / 512, 27.0 / 8, -27.0 / 8, 1},
};

/* Element (i, j) of L x transposed(L) for rows of L that are `step` apart, its elements `along` apart. */
static double both_axes(const double *l, int step, int along, int size, const float *x, int i, int j)
{
    double sum = 0.0;

    for (int a = 0; a < size; a++)
        for (int b = 0; b < size; b++)
            sum += l[i * step + a * along] * (double)x[a * size + b] * l[j * step + b * along];
    return sum;
}

/* The three transforms whose numbers are binary fractions return whole numbers' transforms exactly. */
static void test_transforms_are_exact(void **state)
{
    support_array x = support_integers(SEP_SHAPE(36), 1);
    sep_winograd_tiles tile = {.height = 4, .width = 4, .pixel = 1, .count = 1};
    sep_winograd_tiles inner = {.height = 12, .width = 12, .pixel = 1, .row = 1, .column = 1, .count = 1};
    float image[144] = {0.0f}, v[36], y[16];

    (void)state;
    for (int k = 0; k < 36; k++)
        image[(3 + k / 6) * 12 + 3 + k % 6] = x.f32[k];
    sep_winograd_generic.input(&inner, image, 1, v, &alone);
    for (int e = 0; e < 36; e++)
        assert_true((double)v[e] == both_axes(BT[0], 6, 1, 6, x.f32, e / 6, e % 6));
    sep_winograd_generic.output(&tile, x.f32, &alone, 1, NULL, y);
    for (int k = 0; k < 16; k++)
        assert_true((double)y[k] == both_axes(AT[0], 6, 1, 6, x.f32, k / 4, k % 4));
    sep_winograd_generic.gradient(&tile, x.f32, 1, v, &alone);
    for (int e = 0; e < 36; e++)
        assert_true((double)v[e] == both_axes(AT[0], 1, 6, 4, x.f32, e / 6, e % 6));
    support_array_free(&x);
}

/* ---- accuracy ---------------------------------------------------------------------------------------------------- */

static double pixel(const support_array *map, int n, int y, int x, int c)
{
    const int *d = map->shape.dim;

    if (y < 0 || y >= d[1] || x < 0 || x >= d[2])
        return 0.0;
    return (double)map->f32[(((ptrdiff_t)n * d[1] + y) * d[2] + x) * d[3] + c];
}

static double exact_pixel(const support_case *c, int n, int y, int x, int channel)
{
    const support_array *in = &c->input[0], *w = &c->input[1];
    bool turned = c->op == SEP_OP_CONV2D_DX;
    double sum = 0.0;

    for (int ky = 0; ky < 3; ky++)
        for (int kx = 0; kx < 3; kx++)
            for (int k = 0; k < in->shape.dim[3]; k++) {
                double weight = turned ? pixel(w, 2 - ky, 2 - kx, channel, k) : pixel(w, ky, kx, k, channel);
                sum += pixel(in, n, y + ky - 1, x + kx - 1, k) * weight;
            }
    return sum;
}

static double exact_weight(const support_case *c, int ky, int kx, int i, int o)
{
    const int *d = c->input[0].shape.dim;
    double sum = 0.0;

    for (int n = 0; n < d[0]; n++)
        for (int y = 0; y < d[1]; y++)
            for (int x = 0; x < d[2]; x++)
                sum += pixel(&c->input[0], n, y + ky - 1, x + kx - 1, i) * pixel(&c->input[1], n, y, x, o);
    return sum;
}

/* The largest error over every 53rd element, of outputs whose size is brought to 1: a product of two numbers uniform in
 * [-1, 1) has size 1/3. */
static double largest_error(const support_case *c, const support_array *got)
{
    const int *d = c->output.dim, *in = c->input[0].shape.dim;
    bool weights = c->op == SEP_OP_CONV2D_DW;
    double size = sqrt(weights ? (double)in[0] * in[1] * in[2] : 9.0 * in[3]) / 3.0, largest = 0.0;

    for (int e = 0; e < (int)support_count(got); e += 53) {
        int a = e / d[3] / d[2] / d[1], b = e / d[3] / d[2] % d[1], k = e / d[3] % d[2];
        double exact = weights ? exact_weight(c, a, b, k, e % d[3]) : exact_pixel(c, a, b, k, e % d[3]);

        largest = fmax(largest, fabs((double)got->f32[e] - exact) / size);
    }
    return largest;
}

/* docs/arithmetic.md states what was measured; these are bounds a little above, of forward, dx and dw. */
static const struct {
    layer layer;
    double direct[3], winograd[3];
} accuracies[] = {
    {{2, 16, 20, 16, 16}, {2e-6, 2e-6, 2e-6}, {4e-6, 4e-6, 3e-6}},
    {{1, 12, 16, 64, 64}, {3e-6, 3e-6, 2e-6}, {6e-6, 8e-6, 3e-6}},
    {{1, 8, 8, 256, 256}, {8e-6, 9e-6, 3e-6}, {11e-6, 15e-6, 5e-6}},
    {{2, 48, 64, 16, 16}, {3e-6, 2e-6, 2e-6}, {5e-6, 5e-6, 7e-6}},
};

static void check_accuracy(support_case *c, sep_algorithm algorithm, double bound)
{
    support_result got;
    double error;

    c->attributes.algorithm = algorithm;
    got = support_run_generic(c);
    error = largest_error(c, &got.output);
    if (!(error <= bound))
        fail_msg("%s, %s: the largest error is %.1e, %.1e allowed", sep_op_name(c->op),
                 algorithm == SEP_DIRECT ? "direct" : "Winograd", error, bound);
    support_result_free(&got);
}

static void test_accuracy(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(accuracies); i++)
        for (size_t p = 0; p < COUNT(passes); p++) {
            support_case c = make_case(passes[p], &accuracies[i].layer, false, support_random);

            check_accuracy(&c, SEP_DIRECT, accuracies[i].direct[p]);
            check_accuracy(&c, SEP_WINOGRAD, accuracies[i].winograd[p]);
            support_case_free(&c);
        }
}

/* ---- the choice -------------------------------------------------------------------------------------------------- */

static bool is_winograd(sep_attributes a, int height, int width, int in, int out)
{
    return sep_conv_is_winograd(&a, height, width, in, out);
}

static void test_choice(void **state)
{
    sep_attributes plain = {.kernel = 3, .stride = 1, .padding = 1}, strided = plain, wide = plain, direct = plain;

    (void)state;
    strided.stride = 2;
    wide.kernel = 5;
    direct.algorithm = SEP_DIRECT;
    assert_true(is_winograd(plain, 64, 64, 64, 64));
    assert_false(is_winograd(direct, 64, 64, 64, 64));
    assert_false(is_winograd(strided, 64, 64, 64, 64));
    assert_false(is_winograd(wide, 64, 64, 64, 64));
    assert_false(is_winograd(plain, 64, 64, 1, 16));
    assert_false(is_winograd(plain, 64, 64, 16, 4));
    assert_true(is_winograd(plain, 5, 8, 16, 16));
    assert_false(is_winograd(plain, 4, 12, 16, 16));
}

/* What is left to the shape gives the bits of the algorithm that the rule names. */
static void test_by_shape(void **state)
{
    static const layer shapes[] = {{1, 16, 16, 16, 32}, {1, 16, 16, 16, 8}};

    (void)state;
    for (size_t i = 0; i < COUNT(shapes) * COUNT(passes); i++) {
        const layer *l = &shapes[i / COUNT(passes)];
        support_case c = make_case(passes[i % COUNT(passes)], l, false, support_random);
        support_result named, chosen;

        c.attributes.algorithm = SEP_BY_SHAPE;
        chosen = support_run_generic(&c);
        c.attributes.algorithm =
            is_winograd(c.attributes, l->height, l->width, l->in, l->out) ? SEP_WINOGRAD : SEP_DIRECT;
        named = support_run_generic(&c);
        assert_memory_equal(chosen.output.f32, named.output.f32, (size_t)support_count(&named.output) * sizeof(float));
        support_result_free(&named);
        support_result_free(&chosen);
        support_case_free(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forward),         cmocka_unit_test(test_data_gradient),
        cmocka_unit_test(test_weight_gradient), cmocka_unit_test(test_transforms_are_exact),
        cmocka_unit_test(test_accuracy),        cmocka_unit_test(test_choice),
        cmocka_unit_test(test_by_shape),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
