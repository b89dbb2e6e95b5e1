/* Operations that only move data: against index arithmetic, and there and back again. */
#include "support.h"

#include <string.h>

/* All tables agree; where is the element of input 0 (or of 1: count of input 0 + its element) that output i holds,
 * -1 for a zero. */
typedef int64_t origin(const support_case *c, int64_t i);

static void check(const support_case *c, origin *from)
{
    support_result r = support_run_generic(c);
    int64_t first = support_count(&c->input[0]);

    support_check_tables(c);
    for (int64_t i = 0; i < support_count(&r.output); i++) {
        int64_t at = from(c, i);
        float wanted = at < 0 ? 0.0f : at < first ? c->input[0].f32[at] : c->input[1].f32[at - first];

        if (r.output.f32[i] != wanted)
            fail_msg("%s: element %lld is %.9g, expected %.9g", sep_op_name(c->op), (long long)i,
                     (double)r.output.f32[i], (double)wanted);
    }
    support_result_free(&r);
}

/* Moving back what was moved gives x again. */
static void check_return(const support_case *c, sep_op back)
{
    support_result there = support_run_generic(c), returned;
    support_case b = {.op = back, .attributes = c->attributes, .inputs = 1, .output = c->input[0].shape};

    b.input[0] = there.output;
    support_check_tables(&b);
    returned = support_run_generic(&b);
    assert_memory_equal(returned.output.f32, c->input[0].f32, (size_t)support_count(&c->input[0]) * sizeof(float));
    support_result_free(&there);
    support_result_free(&returned);
}

/* ---- channels and stretches -------------------------------------------------------------------------------------- */

static int64_t concat_origin(const support_case *c, int64_t i)
{
    int a = sep_shape_last(&c->input[0].shape), b = sep_shape_last(&c->input[1].shape);
    int64_t row = i / (a + b), channel = i % (a + b);

    return channel < a ? row * a + channel : support_count(&c->input[0]) + row * b + channel - a;
}

static int64_t slice_origin(const support_case *c, int64_t i)
{
    int count = c->attributes.count;

    return i / count * sep_shape_last(&c->input[0].shape) + c->attributes.begin + i % count;
}

static int64_t place_origin(const support_case *c, int64_t i)
{
    int64_t at = i - c->attributes.begin;

    return at >= 0 && at < support_count(&c->input[0]) ? at : -1;
}

static void concatenation(void **state)
{
    static const int pairs[][2] = {{1, 1}, {3, 5}, {16, 16}, {7, 33}};

    (void)state;
    for (int i = 0; i < 4; i++) {
        int a = pairs[i][0], b = pairs[i][1];
        support_case c = {.op = SEP_OP_CONCAT, .inputs = 2, .output = SEP_SHAPE(2, 11, 37, a + b)};

        c.input[0] = support_random(SEP_SHAPE(2, 11, 37, a), 1);
        c.input[1] = support_random(SEP_SHAPE(2, 11, 37, b), 2);
        check(&c, concat_origin);
        support_case_free(&c);
    }
}

static void slices(void **state)
{
    static const int parts[][2] = {{0, 1}, {0, 21}, {5, 7}, {20, 1}};

    (void)state;
    for (int i = 0; i < 4; i++) {
        support_case c = {.op = SEP_OP_SLICE,
                          .attributes = {.begin = parts[i][0], .count = parts[i][1]},
                          .inputs = 1,
                          .output = SEP_SHAPE(5, 301, parts[i][1])};

        c.input[0] = support_random(SEP_SHAPE(5, 301, 21), 3);
        check(&c, slice_origin);
        support_case_free(&c);
    }
}

static void places(void **state)
{
    static const int begins[] = {0, 1, 16383, 17000, 40000 - 23};

    (void)state;
    for (int i = 0; i < 5; i++) {
        support_case c = {
            .op = SEP_OP_PLACE, .attributes.begin = begins[i], .inputs = 1, .output = SEP_SHAPE(400, 100)};

        c.input[0] = support_random(SEP_SHAPE(23), 4);
        check(&c, place_origin);
        support_case_free(&c);
    }
}

/* ---- samples ----------------------------------------------------------------------------------------------------- */

static int64_t same_origin(const support_case *c, int64_t i)
{
    (void)c;
    return i;
}

static void batches(void **state)
{
    static const int sides[][3] = {{1, 1, 1}, {2, 1, 7}, {1, 3, 17}, {3, 2, 61}}; /* samples of a, of b, and the side */

    (void)state;
    for (int i = 0; i < 4; i++) {
        int a = sides[i][0], b = sides[i][1], side = sides[i][2];
        support_case c = {.op = SEP_OP_CONCAT_BATCH, .inputs = 2, .output = SEP_SHAPE(a + b, side, side, 3)};

        c.input[0] = support_random(SEP_SHAPE(a, side, side, 3), 9);
        c.input[1] = support_random(SEP_SHAPE(b, side, side, 3), 10);
        check(&c, same_origin);
        support_case_free(&c);
    }
}

/* One quarter against the clock at a time: the top row comes from the right column. */
static int64_t turn_origin(const support_case *c, int64_t i)
{
    const int *d = c->input[0].shape.dim, side = d[1];
    int64_t channel = i % d[3], x = i / d[3] % side, y = i / d[3] / side % side, n = i / d[3] / side / side;
    int quarters = (int)c->input[1].f32[0];

    for (int q = c->attributes.back ? 4 - quarters : quarters; q > 0; q--) {
        int64_t from_y = x;

        x = side - 1 - y;
        y = from_y;
    }
    return ((n * side + y) * side + x) * d[3] + channel;
}

static void check_turned_back(const support_case *c)
{
    support_result there = support_run_generic(c), returned;
    support_case b = *c;

    b.attributes.back = !c->attributes.back;
    b.input[0] = there.output;
    returned = support_run_generic(&b);
    assert_memory_equal(returned.output.f32, c->input[0].f32, (size_t)support_count(&c->input[0]) * sizeof(float));
    support_result_free(&there);
    support_result_free(&returned);
}

static void turns(void **state)
{
    static const int shapes[][3] = {
        {1, 1, 1}, {2, 2, 3}, {3, 7, 1}, {2, 33, 5}, {1, 64, 17}}; /* samples, side, channels */

    (void)state;
    for (int i = 0; i < 5 * 8; i++) {
        const int *s = shapes[i / 8];
        support_case c = {
            .op = SEP_OP_TURN, .attributes.back = i / 4 % 2, .inputs = 2, .output = SEP_SHAPE(s[0], s[1], s[1], s[2])};

        c.input[0] = support_random(c.output, 11);
        c.input[1] = support_copy(&(float){(float)(i % 4)}, SEP_SHAPE(1));
        check(&c, turn_origin);
        check_turned_back(&c);
        support_case_free(&c);
    }
}

/* ---- windows and blocks ------------------------------------------------------------------------------------------ */

static int64_t window_origin(const support_case *c, int64_t i)
{
    const int *d = c->input[0].shape.dim;
    int w = c->attributes.window, shift = c->attributes.shift;
    int64_t channel = i % d[3], tx = i / d[3] % w, ty = i / d[3] / w % w, window = i / d[3] / w / w;
    int64_t wx = window % (d[2] / w), wy = window / (d[2] / w) % (d[1] / w), n = window / (d[2] / w) / (d[1] / w);
    int64_t y = (wy * w + ty + shift) % d[1], x = (wx * w + tx + shift) % d[2];

    return ((n * d[1] + y) * d[2] + x) * d[3] + channel;
}

static void windows(void **state)
{
    static const int shapes[][6] = {
        {1, 7, 7, 3, 7, 0}, {2, 14, 21, 5, 7, 3}, {1, 8, 4, 1, 4, 2}, {3, 6, 6, 16, 2, 1}, {1, 3, 3, 2, 1, 0}};

    (void)state;
    for (int i = 0; i < 5; i++) {
        const int *s = shapes[i];
        support_case c = {.op = SEP_OP_WINDOW_PARTITION,
                          .attributes = {.window = s[4], .shift = s[5]},
                          .inputs = 1,
                          .output = SEP_SHAPE(s[0] * (s[1] / s[4]) * (s[2] / s[4]), s[4], s[4], s[3])};

        c.input[0] = support_random(SEP_SHAPE(s[0], s[1], s[2], s[3]), 5);
        check(&c, window_origin);
        check_return(&c, SEP_OP_WINDOW_REVERSE);
        support_case_free(&c);
    }
}

static int64_t block_origin(const support_case *c, int64_t i)
{
    const int *d = c->input[0].shape.dim;
    int p = c->attributes.block;
    int64_t channel = i % d[3], place = i / d[3] % (p * p), block = i / d[3] / (p * p);
    int64_t row = c->attributes.column_major ? place % p : place / p;
    int64_t column = c->attributes.column_major ? place / p : place % p;
    int64_t by = block / (d[2] / p), bx = block % (d[2] / p);

    return ((by * p + row) * d[2] + bx * p + column) * d[3] + channel;
}

static void blocks(void **state)
{
    static const int shapes[][5] = {
        {1, 2, 2, 1, 2}, {2, 4, 6, 5, 2}, {1, 8, 4, 16, 4}, {1, 9, 3, 3, 3}, {2, 3, 5, 2, 1}};

    (void)state;
    for (int i = 0; i < 10; i++) {
        const int *s = shapes[i / 2];
        support_case c = {.op = SEP_OP_SPACE_TO_DEPTH,
                          .attributes = {.block = s[4], .column_major = i % 2},
                          .inputs = 1,
                          .output = SEP_SHAPE(s[0], s[1] / s[4], s[2] / s[4], s[4] * s[4] * s[3])};

        c.input[0] = support_random(SEP_SHAPE(s[0], s[1], s[2], s[3]), 6);
        check(&c, block_origin);
        check_return(&c, SEP_OP_DEPTH_TO_SPACE);
        support_case_free(&c);
    }
}

static int64_t transposed_origin(const support_case *c, int64_t i)
{
    const int *d = c->input[0].shape.dim;
    int64_t channel = i % d[3], row = i / d[3] % d[1], column = i / d[3] / d[1] % d[2], n = i / d[3] / d[1] / d[2];

    return ((n * d[1] + row) * d[2] + column) * d[3] + channel;
}

static void transposed(void **state)
{
    static const int shapes[][4] = {{1, 1, 1, 1}, {2, 5, 3, 1}, {1, 40, 19, 1}, {3, 4, 7, 2}, {1, 3, 17, 33}};

    (void)state;
    for (int i = 0; i < 5; i++) {
        const int *s = shapes[i];
        support_case c = {.op = SEP_OP_TRANSPOSE_MAP, .inputs = 1, .output = SEP_SHAPE(s[0], s[2], s[1], s[3])};

        c.input[0] = support_random(SEP_SHAPE(s[0], s[1], s[2], s[3]), 11);
        check(&c, transposed_origin);
        check_return(&c, SEP_OP_TRANSPOSE_MAP);
        support_case_free(&c);
    }
}

/* ---- into a memory ----------------------------------------------------------------------------------------------- */

/* Two rows for one slot, one for none, one beyond the last; floats and whole numbers, which are moved as they are. */
static void memories(void **state)
{
    static const int32_t slots[7] = {3, -1, 0, 3, 5, INT32_MIN, 1}, wanted[5] = {2, 6, -1, 3, -1};
    static const int columns[] = {1, 3, 16, 40000};

    (void)state;
    for (int i = 0; i < 8; i++) {
        int width = columns[i / 2];
        support_case c = {.op = SEP_OP_PUT, .inputs = 3, .output = SEP_SHAPE(5, width), .in_place = true};

        c.input[0] = i % 2 ? support_labels(c.output, 7, 9) : support_random(c.output, 7);
        c.input[1] = support_array_create(SEP_SHAPE(7), SEP_I32);
        memcpy(c.input[1].i32, slots, sizeof slots);
        c.input[2] = i % 2 ? support_labels(SEP_SHAPE(7, width), 8, 9) : support_random(SEP_SHAPE(7, width), 8);
        c.output_dtype = c.input[0].dtype;
        support_check_tables(&c);
        support_result r = support_run_generic(&c);
        for (int slot = 0; slot < 5; slot++)
            assert_memory_equal(r.output.i32 + slot * width,
                                wanted[slot] < 0 ? c.input[0].i32 + slot * width
                                                 : c.input[2].i32 + wanted[slot] * width,
                                (size_t)width * sizeof(int32_t));
        support_result_free(&r);
        support_case_free(&c);
    }
}

/* Whole numbers that are subnormal floats, or none: they are moved as they are. */
static void overwritten_memories(void **state)
{
    static const int counts[] = {1, 17, 16384, 40001};

    (void)state;
    for (int i = 0; i < 4; i++) {
        support_case c = {.op = SEP_OP_OVERWRITE,
                          .inputs = 2,
                          .output = SEP_SHAPE(counts[i]),
                          .in_place = true,
                          .output_dtype = SEP_I32};

        c.input[0] = support_labels(c.output, 9, 9);
        c.input[1] = support_labels(c.output, 10, 9);
        c.input[1].i32[0] = -1;
        support_check_tables(&c);
        support_result r = support_run_generic(&c);
        assert_memory_equal(r.output.i32, c.input[1].i32, (size_t)counts[i] * sizeof(int32_t));
        support_result_free(&r);
        support_case_free(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(concatenation), cmocka_unit_test(slices),
        cmocka_unit_test(places),        cmocka_unit_test(batches),
        cmocka_unit_test(turns),         cmocka_unit_test(windows),
        cmocka_unit_test(blocks),        cmocka_unit_test(transposed),
        cmocka_unit_test(memories),      cmocka_unit_test(overwritten_memories),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
