/* Phantoms: the same bits as when they were made, every class there, a heart that beats. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "septum/data.h"

#include <string.h>

#define CASES 12

enum { RIGHT_VENTRICLE = 1, MYOCARDIUM, LEFT_VENTRICLE };

static const sep_phantom_config SMALL = {.size = 64, .slices = 8, .seed = 3};

typedef struct scan {
    sep_volume image;
    sep_labels label;
} scan;

static scan cardiac(const sep_phantom_config *config, int index, sep_phase phase)
{
    scan s;

    assert_int_equal(sep_phantom_cardiac(config, index, phase, &s.image, &s.label), SEP_OK);
    return s;
}

static scan abdomen(const sep_phantom_config *config, int index)
{
    scan s;

    assert_int_equal(sep_phantom_abdomen(config, index, &s.image, &s.label), SEP_OK);
    return s;
}

static void scan_free(scan *s)
{
    sep_volume_free(&s->image);
    sep_labels_free(&s->label);
}

static size_t voxels(const scan *s)
{
    return (size_t)s->image.depth * (size_t)s->image.height * (size_t)s->image.width;
}

static uint64_t scan_hash(const scan *s)
{
    uint64_t hash = sep_hash(SEP_HASH_START, s->image.data, voxels(s) * sizeof *s->image.data);

    return sep_hash(hash, s->label.data, voxels(s));
}

static void count_classes(const scan *s, int classes, double *count)
{
    memset(count, 0, (size_t)classes * sizeof *count);
    for (size_t i = 0; i < voxels(s); i++) {
        assert_true(s->label.data[i] < classes);
        count[s->label.data[i]]++;
    }
}

/* These hashes hold on every machine. A change of the phantoms changes them, and every figure made with phantoms. */
static void bits_are_the_same_everywhere(void **state)
{
    scan scans[3] = {cardiac(&SMALL, 0, SEP_END_DIASTOLE), cardiac(&SMALL, 0, SEP_END_SYSTOLE), abdomen(&SMALL, 0)};
    static const uint64_t hashes[3] = {0x33f319e99eadd610, 0x2b36de736355a1de, 0xb01f35dd07131376};

    (void)state;
    for (int i = 0; i < 3; i++) {
        uint64_t hash = scan_hash(&scans[i]);

        if (hash != hashes[i])
            fail_msg("scan %d hashes to 0x%016llx", i, (unsigned long long)hash);
        scan_free(&scans[i]);
    }
}

static void hearts_have_all_classes_and_beat(void **state)
{
    (void)state;
    for (int index = 0; index < CASES; index++) {
        scan diastole = cardiac(&SMALL, index, SEP_END_DIASTOLE), systole = cardiac(&SMALL, index, SEP_END_SYSTOLE);
        double large[SEP_PHANTOM_CARDIAC_CLASSES], small[SEP_PHANTOM_CARDIAC_CLASSES];

        count_classes(&diastole, SEP_PHANTOM_CARDIAC_CLASSES, large);
        count_classes(&systole, SEP_PHANTOM_CARDIAC_CLASSES, small);
        for (int c = 1; c < SEP_PHANTOM_CARDIAC_CLASSES; c++)
            assert_true(small[c] > 20.0);
        assert_true(small[LEFT_VENTRICLE] < 0.9 * large[LEFT_VENTRICLE]);
        assert_true(small[RIGHT_VENTRICLE] < 0.95 * large[RIGHT_VENTRICLE]);
        /* relative to the cavity the wall thickens */
        assert_true(small[MYOCARDIUM] / small[LEFT_VENTRICLE] > large[MYOCARDIUM] / large[LEFT_VENTRICLE]);
        assert_memory_equal(diastole.image.affine, systole.image.affine, sizeof systole.image.affine);
        scan_free(&diastole);
        scan_free(&systole);
    }
}

static void bellies_have_all_organs(void **state)
{
    const sep_phantom_config config = {.size = 96, .seed = 3};

    (void)state;
    for (int index = 0; index < 6; index++) {
        scan s = abdomen(&config, index);
        double count[SEP_PHANTOM_ABDOMEN_CLASSES];

        assert_int_equal(s.image.depth, 36);
        count_classes(&s, SEP_PHANTOM_ABDOMEN_CLASSES, count);
        for (int c = 1; c < SEP_PHANTOM_ABDOMEN_CLASSES; c++)
            assert_true(count[c] > 30.0);
        scan_free(&s);
    }
}

/* Blood is brighter than muscle, but the classes overlap with their surroundings: no threshold segments a heart. */
static void hearts_are_not_trivial(void **state)
{
    const sep_phantom_config config = {.size = 128, .slices = 8, .seed = 9};
    scan s = cardiac(&config, 1, SEP_END_DIASTOLE);
    double sum[SEP_PHANTOM_CARDIAC_CLASSES] = {0}, count[SEP_PHANTOM_CARDIAC_CLASSES], like_blood = 0.0;

    (void)state;
    count_classes(&s, SEP_PHANTOM_CARDIAC_CLASSES, count);
    for (size_t i = 0; i < voxels(&s); i++)
        sum[s.label.data[i]] += (double)s.image.data[i];
    assert_true(sum[LEFT_VENTRICLE] / count[LEFT_VENTRICLE] > 1.7 * sum[MYOCARDIUM] / count[MYOCARDIUM]);
    for (size_t i = 0; i < voxels(&s); i++)
        like_blood +=
            s.label.data[i] == 0 && (double)s.image.data[i] > 0.9 * sum[LEFT_VENTRICLE] / count[LEFT_VENTRICLE];
    assert_true(like_blood > count[LEFT_VENTRICLE]);
    scan_free(&s);
}

static void cases_and_seeds_differ(void **state)
{
    sep_phantom_config other = SMALL;
    scan scans[3];

    (void)state;
    other.seed = 4;
    scans[0] = cardiac(&SMALL, 0, SEP_END_DIASTOLE);
    scans[1] = cardiac(&SMALL, 1, SEP_END_DIASTOLE);
    scans[2] = cardiac(&other, 0, SEP_END_DIASTOLE);
    assert_true(scan_hash(&scans[0]) != scan_hash(&scans[1]));
    assert_true(scan_hash(&scans[0]) != scan_hash(&scans[2]));
    for (int i = 0; i < 3; i++)
        scan_free(&scans[i]);
}

static void geometry_is_as_promised(void **state)
{
    const sep_phantom_config config = {.size = 224, .slices = 0, .seed = 5};

    (void)state;
    for (int index = 0; index < 2; index++) {
        scan s = cardiac(&config, index, SEP_END_DIASTOLE);

        assert_true(s.image.has_geometry && s.label.has_geometry);
        assert_in_range(s.image.depth, 8, 12);
        assert_true(s.image.spacing[0] >= 1.25f && s.image.spacing[0] <= 1.6f);
        assert_true(s.image.spacing[2] >= 8.0f && s.image.spacing[2] <= 10.0f);
        assert_true(s.image.affine[2][2] == (double)s.image.spacing[2]);
        scan_free(&s);
    }
}

static void bad_sizes_are_errors(void **state)
{
    sep_phantom_config config = {.size = 8};
    scan s;

    (void)state;
    assert_int_equal(sep_phantom_cardiac(&config, 0, SEP_END_DIASTOLE, &s.image, &s.label), SEP_ERR_ARGUMENT);
    config.size = 64;
    assert_int_equal(sep_phantom_abdomen(&config, -1, &s.image, &s.label), SEP_ERR_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bits_are_the_same_everywhere), cmocka_unit_test(hearts_have_all_classes_and_beat),
        cmocka_unit_test(bellies_have_all_organs),      cmocka_unit_test(hearts_are_not_trivial),
        cmocka_unit_test(cases_and_seeds_differ),       cmocka_unit_test(geometry_is_as_promised),
        cmocka_unit_test(bad_sizes_are_errors),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
