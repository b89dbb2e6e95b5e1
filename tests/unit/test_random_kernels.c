/* The kernels of random numbers: every table gives what the scalar definition gives, bit for bit. */
#include "support.h"

#include "simd/choose.h"

enum { MOST = 5003 };

/* Counters of a run, at an odd place, and where their lower word runs over. */
static const uint64_t firsts[] = {0, 7, ((uint64_t)3 << 32) - 100, UINT64_MAX - 50};
static const sep_random generators[] = {{0}, {.seed = 0x123456789ABCDEFU, .stream = 0xFFFFFFFFU, .iteration = 77}};

static void tables_agree(void **state)
{
    static float wanted[MOST], got[MOST + 1];
    const int64_t counts[] = {1, 31, MOST};
    const char *names[4];
    const int tables = sep_simd_names(names);

    (void)state;
    for (size_t g = 0; g < sizeof generators / sizeof *generators; g++)
        for (size_t f = 0; f < sizeof firsts / sizeof *firsts; f++) {
            for (int i = 0; i < MOST; i++)
                wanted[i] = sep_random_normal(&generators[g], firsts[f] + (uint64_t)i);
            for (int t = 0; t < tables; t++)
                for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
                    const sep_simd *simd;

                    assert_int_equal(sep_simd_choose(names[t], &simd), SEP_OK);
                    got[counts[c]] = 17.0f;
                    simd->random->normals(&generators[g], firsts[f], counts[c], got);
                    assert_memory_equal(wanted, got, (size_t)counts[c] * sizeof *got);
                    assert_true(got[counts[c]] == 17.0f);
                }
        }
}

static void the_best_table_agrees(void **state)
{
    static float values[MOST];

    (void)state;
    sep_random_normals(&generators[1], 5, MOST, values);
    for (int i = 0; i < MOST; i++)
        assert_true(values[i] == sep_random_normal(&generators[1], 5 + (uint64_t)i));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(tables_agree), cmocka_unit_test(the_best_table_agrees)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
