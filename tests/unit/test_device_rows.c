/* Rows of maps, taken and summed by indices, and ranks of their channels: against loops that say the definition; maps
 * of another size: against scipy. */
#include "golden/zoom.h"
#include "support.h"

#include <math.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

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
    for (size_t i = 0; i < COUNT(gathered); i++) {
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
    for (size_t i = 0; i < COUNT(shapes); i++) {
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

/* ---- ranks ------------------------------------------------------------------------------------------------------- */

/* Places of a stable sort in falling order, by insertion. */
static void check_ranks(support_case *c)
{
    int channels = sep_shape_last(&c->output);
    support_array wanted = support_array_create(c->output, SEP_F32);

    for (int64_t r = 0; r < sep_shape_rows(&c->output); r++) {
        const float *x = c->input[0].f32 + r * channels;
        float *rank = wanted.f32 + r * channels;

        for (int i = 0; i < channels; i++)
            for (int j = 0; j < i; j++)
                rank[x[j] < x[i] ? j : i] += 1.0f;
    }
    check_equal(c, wanted.i32);
    support_array_free(&wanted);
    support_case_free(c);
}

/* Whole numbers are equal more often than not, random ones hardly ever. */
static void ranks(void **state)
{
    static const int rows[] = {1, 7, 257, 2003}, channels[] = {1, 2, 4, 15, 16, 17, 33, 130};

    (void)state;
    for (size_t i = 0; i < COUNT(rows) * COUNT(channels) * 2; i++) {
        support_case c = {.op = SEP_OP_CHANNEL_RANK,
                          .inputs = 1,
                          .output = SEP_SHAPE(rows[i / 2 / COUNT(channels)], channels[i / 2 % COUNT(channels)])};

        c.input[0] = i % 2 ? support_integers(c.output, 10) : support_random(c.output, 10);
        check_ranks(&c);
    }
}

/* Zeros of either sign are equal; a NaN comes before none and behind none. */
static void strange_ranks(void **state)
{
    support_case c = {.op = SEP_OP_CHANNEL_RANK, .inputs = 1, .output = SEP_SHAPE(1, 7)};
    static const float wanted[] = {2, 0, 0, 4, 3, 0, 1};

    (void)state;
    c.input[0] = support_copy((float[]){-0.0f, NAN, INFINITY, -INFINITY, 0.0f, NAN, 1e30f}, c.output);
    check_equal(&c, (const int32_t *)(const void *)wanted);
    support_case_free(&c);
}

/* ---- maps of another size ---------------------------------------------------------------------------------------- */

/* The planes that make_zoom_goldens.py took, as maps of one channel. */
static void planes_of_scipy(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(zoom_planes); i++) {
        const zoom_plane p = zoom_planes[i];
        support_case c = {
            .op = SEP_OP_RESIZE_NEAREST, .inputs = 1, .output = SEP_SHAPE(1, p.out_height, p.out_width, 1)};

        c.input[0] = support_array_create(SEP_SHAPE(1, p.in_height, p.in_width, 1), SEP_F32);
        for (int k = 0; k < p.in_height * p.in_width; k++)
            c.input[0].f32[k] = (float)((k * 7919 + 13) % 1009) / 1009.0f;
        check_equal(&c, (const int32_t *)(const void *)(zoom_order_0 + p.offset));
        support_case_free(&c);
    }
}

static int line_pixel(const zoom_line *line, int64_t o)
{
    return zoom_line_pixels[line->offset + o];
}

/* Labels by scipy's lines: each row of the one, each column of the other. */
static void check_labels(const zoom_line *down, const zoom_line *across)
{
    support_case c = {.op = SEP_OP_RESIZE_NEAREST,
                      .inputs = 1,
                      .output = SEP_SHAPE(2, down->out, across->out),
                      .output_dtype = SEP_I32};
    support_array wanted = support_array_create(c.output, SEP_I32);

    c.input[0] = support_labels(SEP_SHAPE(2, down->in, across->in), 11, 1000);
    for (int64_t i = 0; i < support_count(&wanted); i++) {
        int64_t x = i % across->out, y = i / across->out % down->out, n = i / across->out / down->out;

        wanted.i32[i] = c.input[0].i32[(n * down->in + line_pixel(down, y)) * across->in + line_pixel(across, x)];
    }
    check_equal(&c, wanted.i32);
    support_array_free(&wanted);
    support_case_free(&c);
}

static void labels_of_scipy(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(zoom_lines); i++)
        check_labels(&zoom_lines[i], &zoom_lines[(i + 1) % COUNT(zoom_lines)]);
}

/* The same size moves nothing, single pixels are the first; with channels, of several samples. */
static void channels_resized(void **state)
{
    static const int sizes[][4] = {{9, 7, 9, 7}, {9, 7, 1, 1}, {1, 1, 5, 3}, {3, 3, 5, 5}, {40, 50, 20, 25}};
    static const int channels[] = {1, 2, 17, 64};

    (void)state;
    for (size_t i = 0; i < COUNT(sizes) * COUNT(channels); i++) {
        const int *s = sizes[i / COUNT(channels)], k = channels[i % COUNT(channels)];
        support_case c = {.op = SEP_OP_RESIZE_NEAREST, .inputs = 1, .output = SEP_SHAPE(2, s[2], s[3], k)};
        support_array wanted = support_array_create(c.output, SEP_F32);

        c.input[0] = support_random(SEP_SHAPE(2, s[0], s[1], k), 12);
        for (int64_t e = 0; e < support_count(&wanted); e++) {
            int64_t x = e / k % s[3], y = e / k / s[3] % s[2], n = e / k / s[3] / s[2];
            int64_t from_y = s[2] > 1 ? lround(floor((double)(y * (s[0] - 1)) / (s[2] - 1) + 0.5)) : 0;
            int64_t from_x = s[3] > 1 ? lround(floor((double)(x * (s[1] - 1)) / (s[3] - 1) + 0.5)) : 0;

            wanted.f32[e] = c.input[0].f32[((n * s[0] + from_y) * s[1] + from_x) * k + e % k];
        }
        check_equal(&c, wanted.i32);
        support_array_free(&wanted);
        support_case_free(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_taken),           cmocka_unit_test(pixels_taken),    cmocka_unit_test(labels_taken),
        cmocka_unit_test(bits_taken),           cmocka_unit_test(rows_summed),     cmocka_unit_test(order_of_sums),
        cmocka_unit_test(sums_start_from_zero), cmocka_unit_test(ranks),           cmocka_unit_test(strange_ranks),
        cmocka_unit_test(planes_of_scipy),      cmocka_unit_test(labels_of_scipy), cmocka_unit_test(channels_resized),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
