/* Resampling in plane: there and back, the geometry that goes along, and data sets with a spacing. */
#include "septum/data.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { SIZE = 96, SLICES = 3, SCANS = 3 };

static void make_phantom(int index, sep_volume *image, sep_labels *label)
{
    const sep_phantom_config config = {.size = SIZE, .slices = SLICES, .seed = 4};

    assert_int_equal(sep_phantom_cardiac(&config, index, SEP_END_DIASTOLE, image, label), SEP_OK);
    sep_volume_normalise(image);
}

static void world_of(const sep_volume *grid, double x, double y, double z, double world[3])
{
    for (int row = 0; row < 3; row++) {
        const double *a = grid->affine[row];
        world[row] = a[0] * x + a[1] * y + a[2] * z + a[3];
    }
}

/* ---- volumes ----------------------------------------------------------------------------------------------------- */

static void test_pixels_stay_at_their_place(void **state)
{
    const float spacing[2] = {2.0f, 5.0f};
    sep_volume image, was;
    sep_labels label;
    sep_resampling r;
    double before[3], after[3];

    (void)state;
    make_phantom(0, &image, &label);
    was = image;
    assert_int_equal(sep_resampling_of(&image, spacing, &r), SEP_OK);
    assert_false(sep_resampling_is_none(&r));
    assert_int_equal(r.width, (int)lround((double)SIZE * (double)image.spacing[0] / 2.0));
    assert_int_equal(r.height, (int)lround((double)SIZE * (double)image.spacing[1] / 5.0));
    assert_int_equal(sep_volume_resample(&r, &image), SEP_OK);
    assert_true(fabsf(image.spacing[0] - 2.0f) < 1e-6f && fabsf(image.spacing[1] - 5.0f) < 1e-6f);
    assert_true(image.has_geometry && image.depth == SLICES && image.spacing[2] == was.spacing[2]);
    world_of(&was, r.columns.first + 7 * r.columns.step, r.rows.first + 3 * r.rows.step, 1, before);
    world_of(&image, 7, 3, 1, after);
    for (int row = 0; row < 3; row++)
        assert_true(fabs(before[row] - after[row]) < 1e-9);
    sep_volume_centre(&was, before);
    sep_volume_centre(&image, after);
    for (int row = 0; row < 3; row++)
        assert_true(fabs(before[row] - after[row]) < 1e-9);
    sep_volume_free(&image);
    sep_labels_free(&label);
}

static double dice(const sep_labels *a, const sep_labels *b, int class_index)
{
    int both = 0, sum = 0;

    for (int i = 0; i < SLICES * SIZE * SIZE; i++) {
        both += a->data[i] == class_index && b->data[i] == class_index;
        sum += (a->data[i] == class_index) + (b->data[i] == class_index);
    }
    return 2.0 * both / sum;
}

/* To finer pixels and back nothing much is lost, and the grid is what it was. */
static void test_there_and_back(void **state)
{
    sep_volume image, original;
    sep_labels label, was;
    sep_resampling r;

    (void)state;
    make_phantom(1, &image, &label);
    make_phantom(1, &original, &was);
    const float finer[2] = {image.spacing[0] * 0.61f, image.spacing[1] * 0.47f};
    const float stored[2] = {image.spacing[0], image.spacing[1]};
    for (int back = 0; back < 2; back++) {
        assert_int_equal(sep_resampling_of(&image, back ? stored : finer, &r), SEP_OK);
        assert_int_equal(sep_volume_resample(&r, &image), SEP_OK);
        assert_int_equal(sep_labels_resample(&r, &label), SEP_OK);
    }
    assert_true(image.height == SIZE && image.width == SIZE && label.height == SIZE && label.width == SIZE);
    double sum = 0.0;
    for (int i = 0; i < SLICES * SIZE * SIZE; i++)
        sum += fabs((double)(image.data[i] - original.data[i]));
    assert_true(sum / (SLICES * SIZE * SIZE) < 0.02);
    for (int c = 1; c < SEP_PHANTOM_CARDIAC_CLASSES; c++)
        assert_true(dice(&label, &was, c) > 0.95);
    assert_int_equal(sep_space_compare(&original, &image).relation, SEP_SPACE_SAME);
    sep_volume_free(&image);
    sep_volume_free(&original);
    sep_labels_free(&label);
    sep_labels_free(&was);
}

/* A plane that rises evenly, at any places; beyond the border its value goes on. */
static void test_linear_and_nearest(void **state)
{
    const sep_axis_map rows = {-1.0, 0.75}, columns = {0.25, 0.5}, same = {0.0, 1.0};
    float in[5 * 4], out[8 * 9];
    uint8_t bytes[5 * 4], nearest[8 * 9];

    (void)state;
    for (int i = 0; i < 20; i++) {
        in[i] = (float)(10 * (i / 4) + i % 4);
        bytes[i] = (uint8_t)i;
    }
    sep_resample_linear_f32(in, 5, 4, rows, columns, out, 8, 9);
    sep_resample_nearest_u8(bytes, 5, 4, rows, columns, nearest, 8, 9);
    for (int i = 0; i < 72; i++) {
        const double y = fmin(fmax(-1.0 + 0.75 * (i / 9), 0.0), 4.0), x = fmin(0.25 + 0.5 * (i % 9), 3.0);
        assert_true(fabs((double)out[i] - (10.0 * y + x)) < 1e-5);
        assert_int_equal(nearest[i], (int)(y + 0.5) * 4 + (int)(x + 0.5));
    }
    sep_resample_linear_f32(in, 5, 4, same, same, out, 5, 4);
    assert_memory_equal(in, out, sizeof in);
}

static void test_what_cannot_be_resampled(void **state)
{
    const float spacing[2] = {2.0f, 2.0f}, tiny[2] = {0.001f, 0.001f};
    sep_volume image;
    sep_labels label;
    sep_resampling r;

    (void)state;
    make_phantom(0, &image, &label);
    assert_int_equal(sep_resampling_of(&image, tiny, &r), SEP_ERR_FORMAT);
    assert_non_null(strstr(sep_error_text(), "a slice would have"));
    image.has_geometry = false;
    assert_int_equal(sep_resampling_of(&image, spacing, &r), SEP_ERR_FORMAT);
    assert_non_null(strstr(sep_error_text(), "septum convert --spacing"));
    sep_volume_free(&image);
    sep_labels_free(&label);
}

/* ---- data sets --------------------------------------------------------------------------------------------------- */

/* Two that train, of which one is labelled, and one that validates. */
static sep_dataset *make_dataset(void)
{
    sep_volume image[SCANS];
    sep_labels label[SCANS];
    sep_dataset *dataset;

    for (int i = 0; i < SCANS; i++)
        make_phantom(i, &image[i], &label[i]);
    sep_labels_free(&label[1]);
    assert_int_equal(sep_dataset_from_memory(SEP_PHANTOM_CARDIAC_CLASSES, image, label, SCANS - 1, 1, &dataset),
                     SEP_OK);
    return dataset;
}

/* Registered labels, all of which agree. */
static void give_labels(sep_dataset *dataset)
{
    sep_scan *scan = &dataset->scan[1];

    assert_int_equal(sep_labels_create(&scan->label, SLICES, SIZE, SIZE), SEP_OK);
    assert_int_equal(sep_labels_create(&scan->agreement, SLICES, SIZE, SIZE), SEP_OK);
    memset(scan->agreement.data, 200, SLICES * SIZE * SIZE);
}

static void test_training_scans_are_resampled(void **state)
{
    const float spacing[2] = {4.0f, 3.0f}, stored[2] = {0.0f, 0.0f};
    sep_dataset *dataset = make_dataset();

    (void)state;
    give_labels(dataset);
    assert_int_equal(sep_dataset_resample(dataset, stored), SEP_OK);
    assert_int_equal(dataset->scan[0].image.width, SIZE);
    assert_int_equal(dataset->notes.count, 0);
    assert_int_equal(sep_dataset_resample(dataset, spacing), SEP_OK);
    for (int i = 0; i < 2; i++) {
        const sep_scan *scan = &dataset->scan[i];
        assert_true(fabsf(scan->image.spacing[0] - 4.0f) < 1e-6f && fabsf(scan->image.spacing[1] - 3.0f) < 1e-6f);
        assert_true(scan->label.width == scan->image.width && scan->label.height == scan->image.height);
        assert_true(scan->image.width != SIZE && scan->image.depth == SLICES);
    }
    assert_int_equal(dataset->scan[1].agreement.height, dataset->scan[1].image.height);
    assert_int_equal(dataset->scan[1].agreement.data[100], 200);
    assert_int_equal(dataset->scan[2].image.width, SIZE);
    assert_int_equal(dataset->scan[2].label.width, SIZE);
    assert_int_equal(dataset->notes.count, 1);
    assert_non_null(strstr(dataset->notes.item[0], "2 of 2 training scans resampled to pixels of 4 x 3 mm (x, y)"));
    assert_int_equal(sep_dataset_resample(dataset, spacing), SEP_OK); /* nothing is left to do */
    sep_dataset_destroy(dataset);
}

static void test_scans_without_geometry_are_named(void **state)
{
    const float spacing[2] = {4.0f, 3.0f};

    (void)state;
    for (int i = 0; i < SCANS; i++) {
        sep_dataset *dataset = make_dataset();
        dataset->scan[i].image.has_geometry = false;
        assert_int_equal(sep_dataset_resample(dataset, spacing), SEP_ERR_FORMAT);
        assert_non_null(strstr(sep_error_text(), dataset->scan[i].image_path));
        sep_dataset_destroy(dataset);
    }
}

/* ---- registrations ----------------------------------------------------------------------------------------------- */

/* By voxels as they are stored: 6 to the right, 9 down, 1 up. */
static bool find_stored(const void *registrations, int fixed, int moving, const double voxel[3], double place[3])
{
    (void)registrations;
    for (int axis = 0; axis < 3; axis++)
        place[axis] = voxel[axis] + (axis == 0 ? 6.0 : axis == 1 ? 9.0 : 1.0);
    return fixed != moving;
}

static int released;

static void release_stored(const void *registrations)
{
    assert_ptr_equal(registrations, &released);
    released++;
}

static void test_registrations_go_by_the_new_voxels(void **state)
{
    const float spacing[2] = {4.0f, 3.0f};
    sep_dataset *dataset = make_dataset();
    const sep_volume first = dataset->scan[0].image, second = dataset->scan[1].image; /* their geometry */
    const double voxel[3] = {5.0, 6.0, 0.0};
    double place[3], from[3], to[3];

    (void)state;
    dataset->matcher = (sep_matcher){&released, find_stored, release_stored};
    assert_int_equal(sep_dataset_resample(dataset, spacing), SEP_OK);
    assert_false(dataset->matcher.find(dataset->matcher.registrations, 0, 0, voxel, place));
    assert_true(dataset->matcher.find(dataset->matcher.registrations, 0, 1, voxel, place));
    world_of(&dataset->scan[0].image, voxel[0], voxel[1], voxel[2], from);
    world_of(&dataset->scan[1].image, place[0], place[1], place[2], to);
    for (int axis = 0; axis < 3; axis++) { /* phantoms' axes are the world's, but for signs */
        const double there = (from[axis] - first.affine[axis][3]) / first.affine[axis][axis],
                     here = (to[axis] - second.affine[axis][3]) / second.affine[axis][axis];
        assert_true(fabs(here - there - (axis == 0 ? 6.0 : axis == 1 ? 9.0 : 1.0)) < 1e-9);
    }
    sep_dataset_destroy(dataset);
    assert_int_equal(released, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pixels_stay_at_their_place),
        cmocka_unit_test(test_there_and_back),
        cmocka_unit_test(test_linear_and_nearest),
        cmocka_unit_test(test_what_cannot_be_resampled),
        cmocka_unit_test(test_training_scans_are_resampled),
        cmocka_unit_test(test_scans_without_geometry_are_named),
        cmocka_unit_test(test_registrations_go_by_the_new_voxels),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
