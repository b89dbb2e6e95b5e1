/* Going there and back, the choice of the best registration, and the vote of label maps. */
#include "support.h"

#include "septum/data.h"
#include "septum/registration_pairs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static sep_volume heart(int index)
{
    const sep_phantom_config config = {.size = 48, .slices = 6, .seed = 3};
    sep_volume v;
    sep_labels labels;

    assert_int_equal(sep_phantom_cardiac(&config, index, SEP_END_DIASTOLE, &v, &labels), SEP_OK);
    sep_labels_free(&labels);
    return v;
}

static sep_spatial_transform shift(double x, double y)
{
    sep_spatial_transform t;

    sep_spatial_identity(&t);
    t.matrix[0][3] = x;
    t.matrix[1][3] = y;
    return t;
}

/* ---- there and back ---------------------------------------------------------------------------------------------- */

static void a_cycle_of_inverses_leaves_the_volume(void **state)
{
    sep_volume v = heart(0);
    sep_pair there = {.transform = shift(5.25, -3.0)}, back = {.transform = shift(-5.25, 3.0)}, self = {.rank = -1};

    (void)state;
    sep_spatial_identity(&self.transform);
    assert_int_equal(sep_pair_cycle(&v, &back, &there), SEP_OK);
    assert_int_equal(sep_pair_cycle(&v, &self, &self), SEP_OK);
    assert_true(there.has_cycle);
    assert_true(there.cycle_error < 1e-9);
    assert_true(there.cycle_rmse < 1e-4);
    assert_true(self.cycle_rmse < 1e-6 && self.cycle_mi > 0.5);
    assert_true(fabs(there.cycle_mi - self.cycle_mi) < 1e-2);
    sep_volume_free(&v);
}

static void a_cycle_that_misses_says_by_how_much(void **state)
{
    sep_volume v = heart(0);
    sep_pair exact = {.transform = shift(1.0, 0.0)}, there = {.transform = shift(6.0, 0.0)},
             far = {.transform = shift(31.0, 0.0)};
    const sep_pair back = {.transform = shift(-1.0, 4.0)}, opposite = {.transform = shift(-1.0, 0.0)};

    (void)state;
    assert_int_equal(sep_pair_cycle(&v, &opposite, &exact), SEP_OK);
    assert_int_equal(sep_pair_cycle(&v, &back, &there), SEP_OK);
    assert_int_equal(sep_pair_cycle(&v, &opposite, &far), SEP_OK);
    assert_true(fabs(there.cycle_error - sqrt(25.0 + 16.0)) < 1e-9);
    assert_true(exact.cycle_rmse < there.cycle_rmse && there.cycle_rmse < far.cycle_rmse);
    assert_true(exact.cycle_mi > there.cycle_mi && there.cycle_mi > far.cycle_mi);
    sep_volume_free(&v);
}

static void similarity_grows_with_alignment(void **state)
{
    sep_volume v = heart(0), moved;
    const sep_warp_options plain = {0};
    const sep_spatial_transform away = shift(12.0, 0.0);
    sep_pair good = {.transform = shift(-12.0, 0.0)}, bad = {.transform = shift(12.0, 0.0)}, none = {.rank = -1};

    (void)state;
    sep_spatial_identity(&none.transform);
    assert_int_equal(sep_warp_volume(&v, &away, &v, &plain, &moved), SEP_OK);
    assert_int_equal(sep_pair_similarity(&v, &moved, &good), SEP_OK);
    assert_int_equal(sep_pair_similarity(&v, &moved, &bad), SEP_OK);
    assert_int_equal(sep_pair_similarity(&v, &moved, &none), SEP_OK);
    assert_true(good.mi_after > good.mi_identity);
    assert_true(bad.mi_after < bad.mi_identity);
    assert_true(none.mi_after == none.mi_identity && none.mi_identity == good.mi_identity);
    sep_volume_free(&moved);
    sep_volume_free(&v);
}

/* ---- the choice -------------------------------------------------------------------------------------------------- */

enum { TARGET, FIRST, CANDIDATES = 4 };

/* A target and four labelled candidates, whose pairs are as good as each other until a test says otherwise. */
static sep_pairs *make_set(sep_volume *v)
{
    const sep_registration_options options = {.kind = SEP_AFFINE};
    sep_pairs *set;
    char name[2] = "t";
    int index;

    assert_int_equal(sep_pairs_open(NULL, &options, &set), SEP_OK);
    for (int i = 0; i <= CANDIDATES; i++, name[0]++)
        assert_int_equal(sep_pairs_add_volume(set, name, v, i > TARGET, -1, &index), SEP_OK);
    for (int i = FIRST; i <= CANDIDATES; i++) {
        assert_int_equal(sep_pairs_want(set, TARGET, i), SEP_OK);
        sep_pair *pair = sep_pairs_find(set, TARGET, i);
        pair->state = SEP_PAIR_DONE;
        pair->report.after = 1.0;
        pair->mi_after = 1.0;
        pair->has_cycle = true;
    }
    return set;
}

static void assert_ranks(sep_pairs *set, bool published, const int rank[CANDIDATES])
{
    const sep_selection selection = {.published = published, .shortlist = CANDIDATES};

    assert_int_equal(sep_pairs_select(set, &selection), SEP_OK);
    for (int i = 0; i < CANDIDATES; i++)
        assert_int_equal(sep_pairs_find(set, TARGET, FIRST + i)->rank, rank[i]);
}

/* z(RMSE) - z(MI): by hand, (-1.34, -0.45, 0.45, 1.34) - (0, 0, -1.41, 1.41). */
static void the_smallest_difference_of_z_scores_is_best(void **state)
{
    static const double rmse[CANDIDATES] = {0.1, 0.2, 0.3, 0.4}, mi[CANDIDATES] = {1.0, 1.0, 0.5, 1.5};
    sep_volume v = heart(0);
    sep_pairs *set = make_set(&v);
    const sep_pair *ranked[CANDIDATES];

    (void)state;
    for (int i = 0; i < CANDIDATES; i++) {
        sep_pairs_find(set, TARGET, FIRST + i)->cycle_rmse = rmse[i];
        sep_pairs_find(set, TARGET, FIRST + i)->cycle_mi = mi[i];
    }
    assert_ranks(set, false, (int[]){0, 1, 3, 2});
    assert_true(fabs(sep_pairs_find(set, TARGET, FIRST)->score + 3.0 / sqrt(5.0)) < 1e-6);
    assert_int_equal(sep_pairs_ranked(set, TARGET, ranked, 2), 2);
    assert_int_equal(ranked[0]->moving, FIRST);
    assert_int_equal(ranked[1]->moving, FIRST + 1);
    assert_ranks(set, true, (int[]){1, 2, 0, 3});
    sep_pairs_free(set);
    sep_volume_free(&v);
}

/* Two of four go on to be compared by their cycles, the others follow as similar as they are. */
static void the_directly_similar_are_compared(void **state)
{
    static const double after[CANDIDATES] = {0.4, 0.9, 0.5, 0.8}, rmse[CANDIDATES] = {0.1, 0.4, 0.2, 0.3};
    static const int rank[CANDIDATES] = {3, 1, 2, 0};
    sep_volume v = heart(0);
    sep_pairs *set = make_set(&v);
    const sep_selection selection = {0};

    (void)state;
    for (int i = 0; i < CANDIDATES; i++) {
        sep_pairs_find(set, TARGET, FIRST + i)->report.after = after[i];
        sep_pairs_find(set, TARGET, FIRST + i)->cycle_rmse = rmse[i];
    }
    assert_int_equal(sep_pairs_select(set, &selection), SEP_OK);
    for (int i = 0; i < CANDIDATES; i++)
        assert_int_equal(sep_pairs_find(set, TARGET, FIRST + i)->rank, rank[i]);
    sep_pairs_free(set);
    sep_volume_free(&v);
}

static int first_of_random(sep_pairs *set, uint64_t seed)
{
    const sep_selection selection = {.random = true, .seed = seed};
    const sep_pair *ranked[CANDIDATES];

    assert_int_equal(sep_pairs_select(set, &selection), SEP_OK);
    assert_int_equal(sep_pairs_ranked(set, TARGET, ranked, CANDIDATES), CANDIDATES - 1);
    return ranked[0]->moving;
}

/* Whoever is not rejected is first as often as others, whatever it is like, with a way back or without. */
static void a_random_one_is_chosen_by_the_seed(void **state)
{
    enum { SEEDS = 300 };
    sep_volume v = heart(0);
    sep_pairs *set = make_set(&v);
    int chosen[CANDIDATES] = {0};

    (void)state;
    for (int i = 0; i < CANDIDATES; i++)
        sep_pairs_find(set, TARGET, FIRST + i)->report.after = 0.9 - 0.1 * i;
    sep_pairs_find(set, TARGET, FIRST + 1)->has_cycle = false;
    sep_pairs_find(set, TARGET, FIRST + 2)->state = SEP_PAIR_FAILED;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        const int first = first_of_random(set, seed);
        assert_int_equal(first_of_random(set, seed), first);
        chosen[first - FIRST]++;
    }
    assert_int_equal(chosen[2], 0);
    for (int i = 0; i < CANDIDATES; i++)
        assert_true(i == 2 || abs(chosen[i] - SEEDS / 3) < SEEDS / 10); /* 3.7 deviations */
    sep_pairs_free(set);
    sep_volume_free(&v);
}

static void equal_scores_go_by_direct_similarity(void **state)
{
    sep_volume v = heart(0);
    sep_pairs *set = make_set(&v);

    (void)state;
    sep_pairs_find(set, TARGET, FIRST + 2)->mi_after = 3.0;
    sep_pairs_find(set, TARGET, FIRST + 1)->mi_after = 2.0;
    assert_ranks(set, false, (int[]){2, 1, 0, 3});
    sep_pairs_free(set);
    sep_volume_free(&v);
}

/* An identity goes there and back without any error. It is no registration. */
static void an_identity_is_rejected(void **state)
{
    sep_volume v = heart(0), other = heart(1);
    sep_pairs *set = make_set(&v);
    sep_pair *identity = sep_pairs_find(set, TARGET, FIRST);

    (void)state;
    for (int i = 0; i < CANDIDATES; i++)
        sep_pairs_find(set, TARGET, FIRST + i)->cycle_rmse = 0.2;
    assert_int_equal(sep_pair_similarity(&v, &other, identity), SEP_OK);
    assert_int_equal(sep_pair_cycle(&v, identity, identity), SEP_OK);
    assert_true(identity->cycle_rmse < 1e-6 && identity->mi_after > 0.0);
    assert_ranks(set, false, (int[]){-1, 0, 1, 2});
    sep_pairs_free(set);
    sep_volume_free(&v);
    sep_volume_free(&other);
}

static void what_failed_or_is_of_the_same_case_is_rejected(void **state)
{
    sep_volume v = heart(0);
    sep_pairs *set = make_set(&v);

    (void)state;
    sep_pairs_find(set, TARGET, FIRST)->state = SEP_PAIR_FAILED;
    sep_pairs_find(set, TARGET, FIRST + 1)->report.before = 1.0;
    sep_pairs_find(set, TARGET, FIRST + 2)->mi_after = 0.0;
    set->volume[FIRST + 3].of_case = set->volume[TARGET].of_case;
    assert_ranks(set, false, (int[]){-1, -1, -1, -1});
    set->volume[FIRST + 3].of_case = FIRST + 3;
    set->volume[FIRST + 3].labelled = false;
    assert_ranks(set, false, (int[]){-1, -1, -1, -1});
    set->volume[FIRST + 3].labelled = true;
    assert_ranks(set, false, (int[]){-1, -1, -1, 0});
    sep_pairs_free(set);
    sep_volume_free(&v);
}

static void what_has_no_way_back_comes_last(void **state)
{
    sep_volume v = heart(0);
    sep_pairs *set = make_set(&v);

    (void)state;
    for (int i = 0; i < 2; i++) {
        sep_pair *pair = sep_pairs_find(set, TARGET, FIRST + i);

        pair->has_cycle = false;
        pair->mi_after = 5.0 + i;
    }
    sep_pairs_find(set, TARGET, FIRST + 2)->cycle_rmse = 0.5;
    assert_ranks(set, false, (int[]){3, 2, 1, 0});
    sep_pairs_free(set);
    sep_volume_free(&v);
}

/* ---- the vote ---------------------------------------------------------------------------------------------------- */

static void labels_vote_with_their_weights(void **state)
{
    static const uint8_t voxels[3][4] = {{1, 1, 2, 0}, {2, 1, 0, 3}, {2, 0, 1, 3}};
    const double equal[3] = {1.0, 1.0, 1.0}, heavy[3] = {3.0, 1.0, 1.0};
    sep_labels map[3], out, agreement;

    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(sep_labels_create(&map[i], 1, 2, 2), SEP_OK);
        memcpy(map[i].data, voxels[i], 4);
    }
    assert_int_equal(sep_labels_vote(map, equal, 3, &out, &agreement), SEP_OK);
    assert_memory_equal(agreement.data, ((const uint8_t[]){170, 170, 85, 170}), 4); /* thirds */
    sep_labels_free(&agreement);
    assert_memory_equal(out.data, ((const uint8_t[]){2, 1, 2, 3}), 4); /* third: one each, the first map's wins */
    sep_labels_free(&out);
    assert_int_equal(sep_labels_vote(map, heavy, 3, &out, &agreement), SEP_OK);
    assert_memory_equal(out.data, voxels[0], 4);
    assert_memory_equal(agreement.data, ((const uint8_t[]){153, 204, 153, 153}), 4); /* three or four fifths */
    sep_labels_free(&agreement);
    sep_labels_free(&out);
    assert_int_equal(sep_labels_vote(map, heavy, 1, &out, &agreement), SEP_OK);
    assert_memory_equal(out.data, voxels[0], 4);
    assert_memory_equal(agreement.data, ((const uint8_t[]){255, 255, 255, 255}), 4);
    sep_labels_free(&agreement);
    sep_labels_free(&out);
    sep_labels_free(&map[2]);
    assert_int_equal(sep_labels_create(&map[2], 1, 1, 4), SEP_OK);
    assert_int_equal(sep_labels_vote(map, equal, 3, &out, NULL), SEP_ERR_SHAPE);
    for (int i = 0; i < 3; i++)
        sep_labels_free(&map[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cycle_of_inverses_leaves_the_volume),
        cmocka_unit_test(a_cycle_that_misses_says_by_how_much),
        cmocka_unit_test(similarity_grows_with_alignment),
        cmocka_unit_test(the_smallest_difference_of_z_scores_is_best),
        cmocka_unit_test(the_directly_similar_are_compared),
        cmocka_unit_test(a_random_one_is_chosen_by_the_seed),
        cmocka_unit_test(equal_scores_go_by_direct_similarity),
        cmocka_unit_test(an_identity_is_rejected),
        cmocka_unit_test(what_failed_or_is_of_the_same_case_is_rejected),
        cmocka_unit_test(what_has_no_way_back_comes_last),
        cmocka_unit_test(labels_vote_with_their_weights),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
