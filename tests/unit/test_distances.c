/* The stream of distances from the boundaries of classes against its definition, by brute force. */
#include "septum/data.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { HEIGHT = 11, WIDTH = 14, PIXELS = HEIGHT * WIDTH, CLASSES = 4, BATCH = 2, BATCHES = 12 };

/* What each slice shows; classes 0 to 3, -1 where nobody annotated. */
static int blobs(int y, int x)
{
    int off = (y - 5) * (y - 5) + (x - 4) * (x - 4);

    return off < 5 ? 2 : off < 14 ? 1 : x > 10 ? 3 : 0;
}

static int without_class_3(int y, int x)
{
    return blobs(y, x) % 3;
}

static int scribbles(int y, int x)
{
    return (5 * y + 3 * x) % 7 == 0 ? blobs(y, x) : -1;
}

static int one_class(int y, int x)
{
    (void)y;
    (void)x;
    return 1;
}

static int one_class_in_places(int y, int x)
{
    return (y + x) % 3 == 0 ? 2 : -1;
}

static int nothing(int y, int x)
{
    (void)y;
    (void)x;
    return -1;
}

static int one_pixel(int y, int x)
{
    return y == 10 && x == 0 ? 3 : 0;
}

typedef int slice(int y, int x);
static slice *const slices[] = {blobs, without_class_3, scribbles, one_class, one_class_in_places, nothing, one_pixel};
enum { SLICES = sizeof slices / sizeof *slices };

static sep_dataset *make_dataset(void)
{
    sep_volume image;
    sep_labels label;
    sep_dataset *dataset;

    assert_int_equal(sep_volume_create(&image, SLICES, HEIGHT, WIDTH), SEP_OK);
    assert_int_equal(sep_labels_create(&label, SLICES, HEIGHT, WIDTH), SEP_OK);
    label.ignores = true;
    for (int i = 0; i < SLICES * PIXELS; i++) {
        int class = slices[i / PIXELS](i % PIXELS / WIDTH, i % WIDTH);
        label.data[i] = class >= 0 ? (uint8_t) class : SEP_IGNORED;
    }
    assert_int_equal(sep_dataset_from_memory(CLASSES, &image, &label, 1, 0, &dataset), SEP_OK);
    return dataset;
}

/* The nearest pixel that has the class, or another one; 0 where there is none. */
static float nearest(const int32_t *label, int from, int class, bool another)
{
    double least = INFINITY;

    for (int i = 0; i < PIXELS; i++) {
        double dy = i / WIDTH - from / WIDTH, dx = i % WIDTH - from % WIDTH;
        if (label[i] >= 0 && (label[i] == class) != another)
            least = fmin(least, sqrt(dy * dy + dx * dx));
    }
    return isinf(least) ? 0.0f : (float)least;
}

static float expected(const int32_t *label, int pixel, int class)
{
    if (label[pixel] < 0)
        return 0.0f;
    return label[pixel] == class ? -nearest(label, pixel, class, true) : nearest(label, pixel, class, false);
}

static void check_sample(const int32_t *label, const float *distances)
{
    for (int i = 0; i < PIXELS; i++)
        for (int c = 0; c < CLASSES; c++)
            if (!(distances[i * CLASSES + c] == expected(label, i, c)))
                fail_msg("pixel %d, %d of label %d, class %d: %g instead of %g", i / WIDTH, i % WIDTH, label[i], c,
                         (double)distances[i * CLASSES + c], (double)expected(label, i, c));
}

/* Of the labels as the batch has them, every slice among them. */
static void check_batches(const char *text)
{
    static const sep_stream_request request = {.stream = &sep_class_distances, .rows = SEP_ROWS_LABELLED};
    sep_dataset *dataset = make_dataset();
    sep_options *options = sep_options_create();
    sep_batch_config config;
    sep_loader *loader;
    bool seen[SLICES] = {false};

    assert_int_equal(sep_options_load_text(options, "test", text), SEP_OK);
    assert_int_equal(sep_batch_config_read(options, 11, &config), SEP_OK);
    sep_options_destroy(options);
    config.height = HEIGHT;
    config.width = WIDTH;
    config.labelled_batch = BATCH;
    config.unlabelled_batch = 0;
    config.stream = &request;
    config.streams = 1;
    assert_int_equal(sep_loader_create(dataset, &config, 0, &loader), SEP_OK);
    for (int i = 0; i < BATCHES; i++) {
        const sep_batch *batch;
        assert_int_equal(sep_loader_next(loader, &batch), SEP_OK);
        for (int k = 0; k < BATCH; k++) {
            check_sample(batch->label + k * PIXELS, (const float *)batch->stream[0] + k * PIXELS * CLASSES);
            seen[dataset->slice[batch->slice_id[k]].z] = true;
        }
    }
    for (int z = 0; z < SLICES; z++)
        assert_true(seen[z]);
    sep_loader_destroy(loader);
    sep_dataset_destroy(dataset);
}

static void test_as_stored(void **state)
{
    (void)state;
    check_batches("[data]\naugmentation = none\n");
}

static void test_augmented(void **state)
{
    (void)state;
    check_batches("[data]\naugmentation = thesis\nimage_zoom = linear\n");
    check_batches("[data]\naugmentation = strong\n");
}

/* Values worked out by hand: a row of 0 0 1, one pixel away and two. */
static void test_by_hand(void **state)
{
    const int32_t label[PIXELS] = {0, 0, 1};

    (void)state;
    assert_true(expected(label, 1, 1) == 1.0f && expected(label, 0, 1) == 2.0f);
    assert_true(expected(label, 2, 1) == -1.0f && expected(label, 1, 0) == -1.0f);
    assert_true(expected(label, 0, 2) == 0.0f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_as_stored),
        cmocka_unit_test(test_augmented),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
