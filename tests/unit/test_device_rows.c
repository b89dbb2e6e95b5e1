/* Rows of maps, taken and summed by indices: against loops that say the definition. */
#include "support.h"

#include <math.h>
#include <string.h>

/* Indices below `rows`; every fifth is none, and what lies outside counts as none too. */
static support_array indices(sep_shape shape, uint32_t seed, int rows)
{
    static const int32_t none[] = {-1, INT32_MIN, INT32_MAX};
    support_array index = support_labels(shape, seed, rows);

    for (int64_t i = 4; i < support_count(&index); i += 5)
        index.i32[i] = i % 2 ? -1 : none[i % 3];
    return index;
}

static void check_equal(const support_case *c, const int32_t *wanted)
{
    support_result r = support_run_generic(c);

    support_check_tables(c);
    assert_memory_equal(r.output.i32, wanted, (size_t)support_count(&r.output) * sizeof *wanted);
    support_result_free(&r);
}

/* ---- gather ------------------------------------------------------------------------------------------------------ */

static const int gathered[][4] = {/* groups, rows, chosen, columns */
                                  {1, 1, 1, 1},   {1, 7, 5, 3},   {1, 211, 1000, 16}, {1, 3000, 40, 97},
                                  {3, 5, 11, 17}, {4, 1, 700, 8}, {2, 1, 1, 20000}};

static void gather(support_case *c, const int *s)
{
    int64_t columns = s[3];
    support_array wanted = support_array_create(c->output, SEP_I32);

    for (int64_t r = 0; r < s[0] * s[2]; r++) {
        int64_t at = c->input[1].i32[r], from = r / s[2] * s[1] + at;

        for (int64_t k = 0; k < columns; k++)
            wanted.i32[r * columns + k] = at >= 0 && at < s[1]         ? c->input[0].i32[from * columns + k]
                                          : c->output_dtype == SEP_I32 ? -1
                                                                       : 0;
    }
    check_equal(c, wanted.i32);
    support_array_free(&wanted);
    support_case_free(c);
}

static void rows_taken(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof gathered / sizeof *gathered; i++) {
        const int *s = gathered[i];
        support_case c = {
            .op = SEP_OP_GATHER, .attributes.groups = s[0], .inputs = 2, .output = SEP_SHAPE(s[0], s[2], s[3])};

        c.input[0] = support_random(SEP_SHAPE(s[0], s[1], s[3]), 1);
        c.input[1] = indices(SEP_SHAPE(s[0], s[2]), 2, s[1]);
        gather(&c, s);
    }
}

/* The same rows with a map's axes, and indices with axes of their own. */
static void pixels_taken(void **state)
{
    support_case c = {.op = SEP_OP_GATHER, .attributes.groups = 1, .inputs = 2, .output = SEP_SHAPE(2, 3, 4, 7)};

    (void)state;
    c.input[0] = support_random(SEP_SHAPE(2, 5, 9, 7), 3);
    c.input[1] = indices(SEP_SHAPE(2, 3, 4), 4, 2 * 5 * 9);
    gather(&c, (int[]){1, 2 * 5 * 9, 2 * 3 * 4, 7});
}

static void labels_taken(void **state)
{
    support_case c = {
        .op = SEP_OP_GATHER, .attributes.groups = 1, .inputs = 2, .output = SEP_SHAPE(3, 401), .output_dtype = SEP_I32};

    (void)state;
    c.input[0] = support_labels(SEP_SHAPE(2, 31, 17), 5, 9);
    c.input[1] = indices(c.output, 6, 2 * 31 * 17);
    gather(&c, (int[]){1, 2 * 31 * 17, 3 * 401, 1});
}

/* What is moved keeps its bits, whatever number they are. */
static void bits_taken(void **state)
{
    static const uint32_t strange[] = {0x80000000, 0x00000001, 0x7f800000, 0x7fc00123, 0xff812345, 0x807fffff};
    support_case c = {.op = SEP_OP_GATHER, .attributes.groups = 1, .inputs = 2, .output = SEP_SHAPE(3, 2)};

    (void)state;
    c.input[0] = support_array_create(SEP_SHAPE(3, 2), SEP_F32);
    memcpy(c.input[0].i32, strange, sizeof strange);
    c.input[1] = support_array_create(SEP_SHAPE(3), SEP_I32);
    memcpy(c.input[1].i32, (int32_t[]){2, 0, 1}, 3 * sizeof(int32_t));
    gather(&c, (int[]){1, 3, 3, 2});
}

/* ---- scatter ----------------------------------------------------------------------------------------------------- */

static void scatter(support_case *c, const int *s)
{
    int64_t columns = s[3];
    support_array wanted = support_array_create(c->output, SEP_F32);

    for (int64_t r = 0; r < s[0] * s[2]; r++) {
        int64_t at = c->input[1].i32[r], to = r / s[2] * s[1] + at;

        for (int64_t k = 0; at >= 0 && at < s[1] && k < columns; k++)
            wanted.f32[to * columns + k] += c->input[0].f32[r * columns + k];
    }
    check_equal(c, wanted.i32);
    support_array_free(&wanted);
    support_case_free(c);
}

/* Few rows and many, fewer and more than threads, each many times or hardly ever. */
static void rows_summed(void **state)
{
    static const int shapes[][4] = {/* groups, rows, chosen, columns */
                                    {1, 1, 1, 1},    {1, 4, 301, 17},  {3, 2, 90, 33},   {10, 4, 77, 128},
                                    {1, 64, 500, 3}, {1, 65, 500, 3},  {2, 65, 130, 16}, {1, 40000, 97, 5},
                                    {1, 300, 1, 40}, {5, 100, 211, 1}, {1, 2, 2, 20000}};

    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        const int *s = shapes[i];
        support_case c = {
            .op = SEP_OP_SCATTER, .attributes.groups = s[0], .inputs = 2, .output = SEP_SHAPE(s[0], s[1], s[3])};

        c.input[0] = support_random(SEP_SHAPE(s[0], s[2], s[3]), 7);
        c.input[1] = indices(SEP_SHAPE(s[0], s[2]), 8, s[1]);
        scatter(&c, s);
    }
}

/* All into one row, among few and among many: the order of the sum shows in its bits. */
static void order_of_sums(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        int s[] = {1, i == 0 ? 3 : 1000, 777, 9};
        support_case c = {.op = SEP_OP_SCATTER, .attributes.groups = 1, .inputs = 2, .output = SEP_SHAPE(s[1], s[3])};

        c.input[0] = support_random(SEP_SHAPE(s[2], s[3]), 9);
        c.input[1] = support_array_create(SEP_SHAPE(s[2]), SEP_I32);
        for (int r = 0; r < s[2]; r++)
            c.input[1].i32[r] = 2;
        scatter(&c, s);
    }
}

/* From +0: what a single -0 sums up to; and no row at all. */
static void sums_start_from_zero(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        int s[] = {1, i == 0 ? 3 : 100, 2, 1};
        support_case c = {.op = SEP_OP_SCATTER, .attributes.groups = 1, .inputs = 2, .output = SEP_SHAPE(s[1], s[3])};

        c.input[0] = support_copy((float[]){-0.0f, INFINITY}, SEP_SHAPE(2, 1));
        c.input[1] = support_array_create(SEP_SHAPE(2), SEP_I32);
        memcpy(c.input[1].i32, (int32_t[]){1, -1}, 2 * sizeof(int32_t));
        scatter(&c, s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_taken),           cmocka_unit_test(pixels_taken), cmocka_unit_test(labels_taken),
        cmocka_unit_test(bits_taken),           cmocka_unit_test(rows_summed),  cmocka_unit_test(order_of_sums),
        cmocka_unit_test(sums_start_from_zero),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
