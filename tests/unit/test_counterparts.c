/* Counterparts of samples: at the same height of another scan that is labelled, image and labels of one slice, at the
 * same places; and that threads and where a run begins change nothing. */
#include "septum/data.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { SIDE = 16, PIXELS = SIDE * SIDE, LABELLED = 2, UNLABELLED = 3, ALL = LABELLED + UNLABELLED, BATCHES = 12 };
enum { SCANS = 5 };

static const int depths[SCANS] = {3, 5, 1, 9, 1};

static bool is_labelled(int scan)
{
    return scan < 3;
}

/* Pixels and labels say scan and plane: 16 * scan + plane + 1; or, `placed`, the share of rows and columns. */
static void make_scan(int number, bool placed, sep_volume *image, sep_labels *label)
{
    const int height = 30 + 4 * number, width = 40 - 3 * number;

    assert_int_equal(sep_volume_create(image, depths[number], height, width), SEP_OK);
    if (is_labelled(number))
        assert_int_equal(sep_labels_create(label, depths[number], height, width), SEP_OK);
    for (int i = 0; i < depths[number] * height * width; i++) {
        const int z = i / (height * width), y = i / width % height, x = i % width;
        image->data[i] = placed ? (float)y / (float)(height - 1) + 4.0f * (float)x / (float)(width - 1)
                                : (float)(16 * number + z + 1);
        if (is_labelled(number))
            label->data[i] = (uint8_t)(16 * number + z + 1);
    }
}

static sep_dataset *make_dataset(bool placed)
{
    sep_volume image[SCANS] = {{0}};
    sep_labels label[SCANS] = {{0}};
    sep_dataset *dataset;

    for (int i = 0; i < SCANS; i++)
        make_scan(i, placed, &image[i], &label[i]);
    assert_int_equal(sep_dataset_from_memory(64, image, label, SCANS, 0, &dataset), SEP_OK);
    return dataset;
}

static const sep_stream_request requests[] = {{.stream = &sep_counterpart_images}, {.stream = &sep_counterpart_labels}};

static sep_loader *open_loader(const sep_dataset *dataset, const char *settings, uint32_t first, int threads)
{
    sep_options *options = sep_options_create();
    sep_batch_config config;
    sep_loader *loader;

    assert_int_equal(sep_options_load_text(options, "test", settings), SEP_OK);
    assert_int_equal(sep_batch_config_read(options, 11, &config), SEP_OK);
    sep_options_destroy(options);
    config.height = config.width = SIDE;
    config.labelled_batch = LABELLED;
    config.unlabelled_batch = UNLABELLED;
    config.threads = threads;
    config.stream = requests;
    config.streams = 2;
    if (sep_loader_create(dataset, &config, first, &loader) != SEP_OK)
        fail_msg("%s", sep_error_text());
    return loader;
}

/* As the batch brings it: the plane of `scan` that stands where plane z of `own` does, halves up. */
static int plane_beside(int own, int z, int scan)
{
    if (depths[own] == 1)
        return depths[scan] / 2;
    return (int)lround(floor((double)z / (depths[own] - 1) * (depths[scan] - 1) + 0.5));
}

static void check_sample(const sep_dataset *dataset, const sep_batch *batch, int i, int seen[SCANS][SCANS])
{
    const sep_slice slice = dataset->slice[batch->slice_id[i]];
    const float *image = (const float *)batch->stream[0] + (ptrdiff_t)i * PIXELS;
    const int32_t *label = (const int32_t *)batch->stream[1] + (ptrdiff_t)i * PIXELS;
    const int scan = (label[0] - 1) / 16;

    assert_true(is_labelled(scan));
    assert_int_not_equal(scan, slice.scan);
    assert_int_equal(label[0], 16 * scan + plane_beside(slice.scan, slice.z, scan) + 1);
    for (int k = 0; k < PIXELS; k++) {
        assert_int_equal(label[k], label[0]);
        assert_true(image[k] == (float)label[0]);
    }
    seen[slice.scan][scan]++;
}

/* Each labelled scan meets each other one. */
static void test_other_scans_at_the_same_height(void **state)
{
    sep_dataset *dataset = make_dataset(false);
    sep_loader *loader = open_loader(dataset, "[data]\naugmentation = none\n", 0, 0);
    int seen[SCANS][SCANS] = {{0}};

    (void)state;
    for (int t = 0; t < 10 * BATCHES; t++) {
        const sep_batch *batch;
        assert_int_equal(sep_loader_next(loader, &batch), SEP_OK);
        for (int i = 0; i < ALL; i++)
            check_sample(dataset, batch, i, seen);
    }
    for (int own = 0; own < SCANS; own++)
        for (int scan = 0; scan < SCANS; scan++)
            assert_true((seen[own][scan] > 0) == (is_labelled(scan) && scan != own));
    sep_loader_destroy(loader);
    sep_dataset_destroy(dataset);
}

/* Whether the place lies between pixels of the slice: beyond, images fade into nothing. */
static bool is_within(float place, int size)
{
    return place >= 0.0f && place <= (float)(size - 1);
}

static void check_same_place(const sep_batch *batch, int i, float tolerance)
{
    const sep_sample *sample = &batch->sample[i];
    const sep_volume *slice = &sample->dataset->scan[sample->dataset->slice[sample->slice_id].scan].image;
    const float *image = batch->image + (ptrdiff_t)i * PIXELS;
    const float *counterpart = (const float *)batch->stream[0] + (ptrdiff_t)i * PIXELS;
    float at[2][PIXELS];

    sep_geometry_places(&sample->placement.geometry, SIDE, SIDE, at[0]);
    for (int k = 0; k < PIXELS; k++)
        if (is_within(at[0][k], slice->height) && is_within(at[1][k], slice->width) &&
            fabsf(image[k] - counterpart[k]) > tolerance)
            fail_msg("sample %d, pixel %d: %g beside %g", i, k, (double)image[k], (double)counterpart[k]);
}

/* Where both slices show how far down and right each place is, image and counterpart are the same. */
static void check_places(const char *settings, float tolerance)
{
    sep_dataset *dataset = make_dataset(true);
    sep_loader *loader = open_loader(dataset, settings, 0, 0);

    for (int t = 0; t < BATCHES; t++) {
        const sep_batch *batch;
        assert_int_equal(sep_loader_next(loader, &batch), SEP_OK);
        for (int i = 0; i < ALL; i++)
            check_same_place(batch, i, tolerance);
    }
    sep_loader_destroy(loader);
    sep_dataset_destroy(dataset);
}

static void test_same_places(void **state)
{
    (void)state;
    check_places("[data]\naugmentation = none\nimage_zoom = linear\n", 1e-5f);
    check_places("[data]\naugmentation = flips\nimage_zoom = linear\n", 1e-5f);
    check_places("[data]\naugmentation = strong\n[augmentation]\nelastic_probability = 1\nbias_probability = 0\n"
                 "noise_probability = 0\nblur_probability = 0\nbrightness_probability = 0\ncontrast_probability = 0\n"
                 "resolution_probability = 0\ngamma_probability = 0\ngamma_inverted_probability = 0\n",
                 1e-4f);
}

static void test_threads_and_beginnings_change_nothing(void **state)
{
    static float images[BATCHES][ALL * PIXELS];
    static int32_t labels[BATCHES][ALL * PIXELS];
    sep_dataset *dataset = make_dataset(false);
    sep_loader *loader = open_loader(dataset, "[data]\naugmentation = thesis\n", 0, 0);
    const sep_batch *batch;

    (void)state;
    for (int t = 0; t < BATCHES; t++) {
        assert_int_equal(sep_loader_next(loader, &batch), SEP_OK);
        memcpy(images[t], batch->stream[0], sizeof images[t]);
        memcpy(labels[t], batch->stream[1], sizeof labels[t]);
    }
    sep_loader_destroy(loader);
    loader = open_loader(dataset, "[data]\naugmentation = thesis\n", 5, 3);
    for (int t = 5; t < BATCHES; t++) {
        assert_int_equal(sep_loader_next(loader, &batch), SEP_OK);
        assert_memory_equal(images[t], batch->stream[0], sizeof images[t]);
        assert_memory_equal(labels[t], batch->stream[1], sizeof labels[t]);
    }
    sep_loader_destroy(loader);
    sep_dataset_destroy(dataset);
}

/* Nobody else is labelled: a labelled sample is its own counterpart. */
static void test_alone(void **state)
{
    sep_volume image[2] = {{0}};
    sep_labels label[2] = {{0}};
    sep_dataset *dataset;
    const sep_batch *batch;

    (void)state;
    make_scan(1, false, &image[0], &label[0]);
    make_scan(3, false, &image[1], &label[1]);
    assert_int_equal(sep_dataset_from_memory(64, image, label, 2, 0, &dataset), SEP_OK);
    sep_loader *loader = open_loader(dataset, "[data]\naugmentation = thesis\n", 0, 0);
    for (int t = 0; t < BATCHES; t++) {
        assert_int_equal(sep_loader_next(loader, &batch), SEP_OK);
        assert_memory_equal(batch->image, batch->stream[0], LABELLED * PIXELS * sizeof(float));
        assert_memory_equal(batch->label, batch->stream[1], LABELLED * PIXELS * sizeof(int32_t));
    }
    sep_loader_destroy(loader);
    sep_dataset_destroy(dataset);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_other_scans_at_the_same_height),
        cmocka_unit_test(test_same_places),
        cmocka_unit_test(test_threads_and_beginnings_change_nothing),
        cmocka_unit_test(test_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
