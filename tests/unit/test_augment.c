/* Augmentation: the maps against numpy and scipy, the draws against their probabilities. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "golden/augment.h"
#include "septum/data.h"

#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define MOST_PIXELS  (256 * 256)
#define DRAWS        20000

static int32_t map[MOST_PIXELS];

static uint64_t map_hash(const sep_transform *transform, int height, int width)
{
    sep_transform_map(transform, height, width, map);
    return sep_hash(SEP_HASH_START, map, (size_t)height * (size_t)width * sizeof *map);
}

static void rotations_are_scipys(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rotation_goldens); i++) {
        const rotation_golden *golden = &rotation_goldens[i];
        sep_transform transform = {.flip = -1, .degrees = golden->degrees};

        if (map_hash(&transform, golden->height, golden->width) != golden->hash)
            fail_msg("%d x %d by %d degrees is not scipy's", golden->height, golden->width, golden->degrees);
    }
}

static void shown_rotation_is_scipys(void **state)
{
    sep_transform transform = {.flip = -1, .degrees = shown_rotation.degrees};

    (void)state;
    sep_transform_map(&transform, shown_rotation.height, shown_rotation.width, map);
    assert_memory_equal(map, shown_map, sizeof shown_map);
}

static void turns_and_flips_are_numpys(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(turn_goldens); i++) {
        const turn_golden *golden = &turn_goldens[i];
        sep_transform transform = {.quarter_turns = golden->turns, .flip = golden->flip};
        int height, width;

        sep_transform_size(&transform, golden->height, golden->width, &height, &width);
        assert_int_equal(height, golden->turns % 2 ? golden->width : golden->height);
        assert_int_equal(width, golden->turns % 2 ? golden->height : golden->width);
        if (map_hash(&transform, golden->height, golden->width) != golden->hash)
            fail_msg("%d x %d by %d turns and flip %d is not numpy's", golden->height, golden->width, golden->turns,
                     golden->flip);
    }
}

static sep_transform draw(sep_augmentation augmentation, uint64_t seed, uint32_t iteration, int position)
{
    return sep_transform_draw(augmentation, &(sep_view_id){.seed = seed, .iteration = iteration, .position = position});
}

typedef struct tally {
    int flipped, rotated, kept, turns[4], axes[2], degrees[40];
} tally;

static tally count_draws(sep_augmentation augmentation)
{
    tally t = {0};

    for (int i = 0; i < DRAWS; i++) {
        sep_transform drawn = draw(augmentation, 5, (uint32_t)(i / 16), i % 16);

        if (drawn.flip >= 0) {
            t.flipped++;
            t.turns[drawn.quarter_turns]++;
            t.axes[drawn.flip]++;
            assert_int_equal(drawn.degrees, 0);
        } else if (drawn.degrees != 0) {
            assert_in_range(drawn.degrees + 20, 0, 39);
            t.rotated++;
            t.degrees[drawn.degrees + 20]++;
        } else {
            t.kept++;
        }
    }
    return t;
}

static void assert_share(int count, double share)
{
    double spread = 4.5 * 141.0 * 0.5; /* 4.5 standard deviations of the widest share */

    if (count < share * DRAWS - spread || count > share * DRAWS + spread)
        fail_msg("%d of %d draws, %g of them expected", count, DRAWS, share);
}

static void thesis_preset_draws_half_and_quarter(void **state)
{
    tally t = count_draws(SEP_AUGMENT_THESIS);

    (void)state;
    assert_share(t.flipped, 0.5);
    assert_share(t.rotated, 0.25 * 39 / 40); /* one of the 40 angles is 0 */
    assert_share(t.kept, 0.25 + 0.25 / 40);
    for (int i = 0; i < 4; i++)
        assert_share(t.turns[i], 0.125);
    for (int i = 0; i < 2; i++)
        assert_share(t.axes[i], 0.25);
    for (int i = 0; i < 40; i++)
        assert_share(t.degrees[i], i == 20 ? 0.0 : 0.25 / 40);
}

static void flips_preset_never_rotates(void **state)
{
    tally t = count_draws(SEP_AUGMENT_FLIPS);

    (void)state;
    assert_share(t.flipped, 0.5);
    assert_int_equal(t.rotated, 0);
    assert_int_equal(count_draws(SEP_AUGMENT_NONE).kept, DRAWS);
}

static void draws_depend_on_seed_iteration_and_place(void **state)
{
    int same[3] = {0};

    (void)state;
    for (uint32_t i = 0; i < 1000; i++) {
        sep_transform base = draw(SEP_AUGMENT_THESIS, 1, i, 3);
        sep_transform other[3] = {draw(SEP_AUGMENT_THESIS, 2, i, 3), draw(SEP_AUGMENT_THESIS, 1, i + 5000, 3),
                                  draw(SEP_AUGMENT_THESIS, 1, i, 4)};
        sep_transform again = draw(SEP_AUGMENT_THESIS, 1, i, 3);

        assert_memory_equal(&again, &base, sizeof base);
        for (int k = 0; k < 3; k++)
            same[k] += memcmp(&other[k], &base, sizeof base) == 0;
    }
    for (int k = 0; k < 3; k++)
        assert_in_range(same[k], 40, 200); /* by chance about 1/4 * 1/8 + 1/16 + ... */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rotations_are_scipys),       cmocka_unit_test(shown_rotation_is_scipys),
        cmocka_unit_test(turns_and_flips_are_numpys), cmocka_unit_test(thesis_preset_draws_half_and_quarter),
        cmocka_unit_test(flips_preset_never_rotates), cmocka_unit_test(draws_depend_on_seed_iteration_and_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
