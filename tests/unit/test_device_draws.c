/* Operations that choose rows: every table and every OpenCL device against generic, and generic against the definition
 * read literally. */
#include "support.h"

#include <string.h>

#define COUNT(array) ((int)(sizeof(array) / sizeof(array)[0]))

/* floor(u * n), cut to [0, n). */
static int cut(float u, int n)
{
    float place = u * (float)n;

    return place <= 0.0f ? 0 : place >= (float)n ? n - 1 : (int)place;
}

/* ---- rows of a mask ---------------------------------------------------------------------------------------------- */

/* Uniform numbers, the ends of their range among them. */
static support_array uniform_numbers(sep_shape shape, uint32_t seed)
{
    support_array u = support_random_between(shape, seed, 0.0f, 1.0f);

    u.f32[0] = 0.0f;
    u.f32[support_count(&u) - 1] = 0x1.fffffep-1f;
    return u;
}

/* A mask of which about `percent` of the rows of a class are set: none of the last class, all of the first of several.
 */
static support_array mask_of(int rows, int classes, int percent)
{
    support_array mask = support_random_between(SEP_SHAPE(rows, 1, classes), 3, 0.0f, 100.0f);

    for (int i = 0; i < rows * classes; i++) {
        int c = i % classes;
        bool all = c == 0 && classes > 1, none = c == classes - 1 && classes > 2;
        mask.f32[i] = all || (!none && mask.f32[i] < (float)percent) ? 1.0f : 0.0f;
    }
    return mask;
}

static int chosen(int n, int entries, int i, float u, bool once)
{
    if (!once)
        return n > 0 ? cut(u, n) : -1;
    if (n <= entries)
        return i < n ? i : -1;
    int64_t begin = (int64_t)i * n / entries, end = (int64_t)(i + 1) * n / entries;
    return (int)begin + cut(u, (int)(end - begin));
}

static void draw_literally(const support_case *c, int rows, int classes, int entries, int32_t *wanted)
{
    int32_t *marked = sep_calloc((size_t)rows, sizeof *marked);

    for (int k = 0; k < classes; k++) {
        int n = 0;
        for (int r = 0; r < rows; r++)
            if (c->input[0].f32[r * classes + k] > 0.0f)
                marked[n++] = r;
        for (int i = 0; i < entries; i++) {
            int at = chosen(n, entries, i, c->input[1].f32[k * entries + i], c->attributes.once);
            wanted[k * entries + i] = at < 0 ? -1 : marked[at];
        }
    }
    sep_free(marked);
}

static void check_draw(int rows, int classes, int entries, int percent)
{
    support_case c = {.op = SEP_OP_DRAW, .inputs = 2, .output = SEP_SHAPE(classes, entries), .output_dtype = SEP_I32};
    int32_t *wanted = sep_calloc((size_t)(classes * entries), sizeof *wanted);

    c.input[0] = mask_of(rows, classes, percent);
    c.input[1] = uniform_numbers(c.output, 4);
    for (int once = 0; once < 2; once++) {
        c.attributes.once = once;
        draw_literally(&c, rows, classes, entries, wanted);
        support_check_integers(&c, wanted);
    }
    sep_free(wanted);
    support_case_free(&c);
}

static void draws(void **state)
{
    static const int rows[] = {1, 31, 32, 33, 1000, 20011}, classes[] = {1, 4, 17}, entries[] = {1, 7, 300};

    (void)state;
    for (int i = 0; i < COUNT(rows); i++)
        for (int j = 0; j < COUNT(classes); j++)
            for (int k = 0; k < COUNT(entries); k++)
                check_draw(rows[i], classes[j], entries[k], i % 2 ? 50 : 3);
}

/* Equal parts of so many rows that i * n does not fit 32 bits. */
static void draws_of_many_rows(void **state)
{
    (void)state;
    check_draw(800000, 1, 20000, 90);
}

/* ---- patches ----------------------------------------------------------------------------------------------------- */

/* The patch that `group` others of the map come before. */
static int patch_of(const float *u, int count, int group)
{
    for (int q = 0; q < count; q++) {
        int before = 0;
        for (int other = 0; other < count; other++)
            before += other < q ? u[other] <= u[q] : u[other] < u[q];
        if (before == group)
            return q;
    }
    fail_msg("no patch for group %d", group);
    return -1;
}

/* As the definition says, over the places of the result in their order. */
static void patches_literally(const support_case *c, int maps, int across, int32_t *wanted)
{
    const sep_attributes *a = &c->attributes;
    int side = a->block, lines = maps * side;

    for (int i = 0; i < a->groups * lines * side; i++) {
        int group = i / side / lines, line = i / side % lines, column = i % side;
        int m = a->by_row ? line % maps : line / side, row = a->by_row ? line / maps : line % side;
        int q = patch_of(c->input[0].f32 + m * across * across, across * across, group);
        wanted[i] = (m * a->grid_height + q / across * side + row) * a->grid_width + q % across * side + column;
    }
}

static void check_patches(int maps, int across, int side, int groups)
{
    support_case c = {.op = SEP_OP_PATCH_ROWS,
                      .attributes = {.grid_height = across * side + 1,
                                     .grid_width = across * side + 2,
                                     .block = side,
                                     .groups = groups},
                      .inputs = 1,
                      .output = SEP_SHAPE(groups, maps * side * side),
                      .output_dtype = SEP_I32};
    int32_t *wanted = sep_calloc((size_t)(groups * maps * side * side), sizeof *wanted);

    c.input[0] = support_random_between(SEP_SHAPE(maps, across * across), 15, 0.0f, 1.0f);
    c.input[0].f32[maps * across * across - 1] = c.input[0].f32[maps * across * across / 2]; /* equals */
    for (int by_row = 0; by_row < 2; by_row++) {
        c.attributes.by_row = by_row;
        patches_literally(&c, maps, across, wanted);
        support_check_integers(&c, wanted);
    }
    sep_free(wanted);
    support_case_free(&c);
}

static void patch_groups(void **state)
{
    (void)state;
    check_patches(1, 1, 1, 1);
    check_patches(3, 1, 14, 1);
    check_patches(2, 3, 1, 9);
    check_patches(5, 4, 3, 7);
    check_patches(8, 10, 5, 100);
}

/* ---- slots of a ring --------------------------------------------------------------------------------------------- */

#define CLASSES 5

/* Empty, some, all but one, full and at its start, full and at its end. */
static void states_of(int capacity, int32_t state[CLASSES])
{
    const int32_t values[CLASSES] = {0, (capacity + 1) / 2, capacity - 1, capacity, 2 * capacity - 1};

    memcpy(state, values, sizeof values);
}

static support_case ring_case(sep_op op, int capacity, int entries)
{
    support_case c = {.op = op,
                      .attributes = {.capacity = capacity},
                      .inputs = 2,
                      .output = SEP_SHAPE(CLASSES, entries),
                      .output_dtype = SEP_I32};

    c.input[0] = support_array_create(SEP_SHAPE(CLASSES), SEP_I32);
    states_of(capacity, c.input[0].i32);
    return c;
}

static void check_ring_draw(int capacity, int entries)
{
    support_case c = ring_case(SEP_OP_RING_DRAW, capacity, entries);
    int32_t *wanted = sep_calloc((size_t)(CLASSES * entries), sizeof *wanted);

    c.input[1] = uniform_numbers(c.output, 5);
    for (int i = 0; i < CLASSES * entries; i++) {
        int k = i / entries, v = c.input[0].i32[k], filled = v < capacity ? v : capacity;
        wanted[i] = filled > 0 ? k * capacity + cut(c.input[1].f32[i], filled) : -1;
    }
    support_check_integers(&c, wanted);
    sep_free(wanted);
    support_case_free(&c);
}

/* A ring that is filled entry by entry. */
static void check_ring_filling(int capacity, int entries)
{
    support_case c = ring_case(SEP_OP_RING_SLOTS, capacity, entries);
    int32_t *wanted = sep_calloc((size_t)(CLASSES * entries), sizeof *wanted), after[CLASSES];

    c.input[1] = support_labels(c.output, 6, 4);
    for (int k = 0; k < CLASSES; k++) {
        int v = c.input[0].i32[k];
        for (int i = k * entries; i < (k + 1) * entries; i++) {
            c.input[1].i32[i] -= 1; /* a quarter is nowhere */
            wanted[i] = c.input[1].i32[i] < 0 ? -1 : k * capacity + v % capacity;
            v += c.input[1].i32[i] >= 0;
            v = v == 2 * capacity ? capacity : v;
        }
        after[k] = v;
    }
    support_check_integers(&c, wanted);
    c.op = SEP_OP_RING_NEXT;
    c.output = SEP_SHAPE(CLASSES);
    support_check_integers(&c, after);
    sep_free(wanted);
    support_case_free(&c);
}

static void rings(void **state)
{
    static const int capacities[] = {1, 2, 63, 64, 65, 1000}, entries[] = {1, 2, 64, 65, 1000};

    (void)state;
    for (int i = 0; i < COUNT(capacities); i++)
        for (int j = 0; j < COUNT(entries); j++) {
            check_ring_draw(capacities[i], entries[j]);
            if (entries[j] <= capacities[i])
                check_ring_filling(capacities[i], entries[j]);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(draws),
        cmocka_unit_test(draws_of_many_rows),
        cmocka_unit_test(rings),
        cmocka_unit_test(patch_groups),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
