/* Batches of images of several channels: whatever moves an image moves all its channels alike, each shows what a
 * dataset of that channel alone shows, and what is changed of values is drawn for each by itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "septum/data.h"
#include "train/augmented_scans.h"

#include <string.h>

enum { SCANS = 4, LABELLED_SCANS = 2, DEPTH = 3, ROWS = 40, COLUMNS = 36, VOXELS = DEPTH * ROWS * COLUMNS };
enum { PATCH = 32, PIXELS = PATCH * PATCH, SAMPLES = 4, CHANNELS = 3, BATCHES = 10 };

/* Smooth, and of no two channels alike. */
static float content(int scan, int channel, int voxel)
{
    const int x = voxel % COLUMNS, y = voxel / COLUMNS % ROWS, z = voxel / COLUMNS / ROWS;
    const int along = channel == 0 ? x : channel == 1 ? y : (x * y) % 47;

    return (float)(along + 5 * z + 3 * scan) / 60.0f;
}

/* Scans are moved against each other by a voxel. */
static bool find(const void *registrations, int fixed, int moving, const double voxel[3], double place[3])
{
    (void)registrations;
    for (int axis = 0; axis < 3; axis++)
        place[axis] = voxel[axis] + (axis < 2 ? moving - fixed : 0);
    return true;
}

/* Of the contents of these channels, in this order. */
static sep_dataset *make_dataset(const int *channel, int channels)
{
    sep_volume image[SCANS] = {{0}};
    sep_labels label[SCANS] = {{0}};
    sep_dataset *dataset;

    for (int i = 0; i < SCANS; i++) {
        assert_int_equal(sep_volume_create_channels(&image[i], channels, DEPTH, ROWS, COLUMNS), SEP_OK);
        for (int k = 0; k < channels * VOXELS; k++)
            image[i].data[k] = content(i, channel[k / VOXELS], k % VOXELS);
        if (i < LABELLED_SCANS)
            assert_int_equal(sep_labels_create(&label[i], DEPTH, ROWS, COLUMNS), SEP_OK);
        for (int k = 0; i < LABELLED_SCANS && k < VOXELS; k++)
            label[i].data[k] = content(i, 0, k) > 0.5f;
    }
    assert_int_equal(sep_dataset_from_memory(2, image, label, SCANS, 0, &dataset), SEP_OK);
    dataset->matcher = (sep_matcher){.registrations = dataset, .find = find};
    return dataset;
}

/* ---- loaders ----------------------------------------------------------------------------------------------------- */

static const sep_stream_request requests[] = {
    {.stream = &sep_view_images},
    {.stream = &sep_view_images, .view = {.number = 2, .own_geometry = true}},
    {.stream = &sep_counterpart_images},
};
enum { STREAMS = sizeof requests / sizeof *requests };

static sep_loader *open_loader(const sep_dataset *dataset, const char *settings, const sep_stream_request *asked,
                               int count)
{
    sep_options *options = sep_options_create();
    sep_batch_config config;
    sep_loader *loader;

    assert_int_equal(sep_options_load_text(options, "test", settings), SEP_OK);
    assert_int_equal(sep_batch_config_read(options, 11, &config), SEP_OK);
    sep_options_destroy(options);
    config.height = config.width = PATCH;
    config.labelled_batch = config.unlabelled_batch = SAMPLES / 2;
    config.channels = dataset->channels;
    config.stream = asked;
    config.streams = count;
    if (sep_loader_create(dataset, &config, 0, &loader) != SEP_OK)
        fail_msg("%s", sep_error_text());
    return loader;
}

static const sep_batch *next(sep_loader *loader)
{
    const sep_batch *batch;

    assert_int_equal(sep_loader_next(loader, &batch), SEP_OK);
    return batch;
}

/* The image itself is number STREAMS. */
static const float *image_of(const sep_batch *batch, int number)
{
    return number == STREAMS ? batch->image : batch->stream[number];
}

static bool channel_is(const float *images, int channels, int channel, const float *alone)
{
    for (int i = 0; i < SAMPLES * PIXELS; i++)
        if (images[i * channels + channel] != alone[i])
            return false;
    return true;
}

/* ---- geometry ---------------------------------------------------------------------------------------------------- */

#define GEOMETRY                                                                                                       \
    "[data]\naugmentation = strong\n[augmentation]\nrotation_probability = 0.8\nscale_probability = 0.8\n"             \
    "elastic_probability = 0.5\nshift_probability = 0.5\nquarter_turns = yes\nbias_probability = 0\n"                  \
    "noise_probability = 0\nblur_probability = 0\nbrightness_probability = 0\ncontrast_probability = 0\n"              \
    "resolution_probability = 0\ngamma_probability = 0\ngamma_inverted_probability = 0\n"

static const char *const geometries[] = {
    GEOMETRY,
    GEOMETRY "registered_probability = 0.7\nregistered_style = no\n",
    GEOMETRY "registered_probability = 0.7\nregistered_style = yes\n",
    GEOMETRY "foreground = 0.5\n[data]\nview = window\n",
    "[data]\naugmentation = flips\n",
    "[data]\naugmentation = thesis\nimage_zoom = cubic\n",
    "[data]\naugmentation = none\n",
};

/* Of channels in any order. */
static void compare_with_each_alone(const char *settings, const int order[CHANNELS])
{
    sep_dataset *all = make_dataset(order, CHANNELS), *alone[CHANNELS];
    sep_loader *loader = open_loader(all, settings, requests, STREAMS), *one[CHANNELS];

    for (int c = 0; c < CHANNELS; c++) {
        alone[c] = make_dataset(&order[c], 1);
        one[c] = open_loader(alone[c], settings, requests, STREAMS);
    }
    for (int t = 0; t < BATCHES; t++) {
        const sep_batch *batch = next(loader);

        for (int c = 0; c < CHANNELS; c++) {
            const sep_batch *other = next(one[c]);
            for (int s = 0; s <= STREAMS; s++)
                if (!channel_is(image_of(batch, s), CHANNELS, c, image_of(other, s)))
                    fail_msg("channel %d of stream %d is another:\n%s", c, s, settings);
            assert_memory_equal(batch->label, other->label, SAMPLES / 2 * PIXELS * sizeof *batch->label);
        }
    }
    for (int c = 0; c < CHANNELS; c++) {
        sep_loader_destroy(one[c]);
        sep_dataset_destroy(alone[c]);
    }
    sep_loader_destroy(loader);
    sep_dataset_destroy(all);
}

static void each_channel_moves_as_if_it_were_alone(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof geometries / sizeof *geometries; i++) {
        compare_with_each_alone(geometries[i], (const int[]){0, 1, 2});
        compare_with_each_alone(geometries[i], (const int[]){2, 0, 1});
    }
}

/* ---- photometry -------------------------------------------------------------------------------------------------- */

/* The first as if it were alone, and another that shows the same is changed otherwise. */
static void values_are_drawn_for_each_channel(void **state)
{
    static const char settings[] = "[data]\naugmentation = strong\n[augmentation]\nnoise_probability = 1\n"
                                   "brightness_probability = 1\nbias_probability = 1\n";
    static const sep_stream_request strong = {.stream = &sep_view_images, .view = {.number = 1, .strong = true}};
    sep_dataset *all = make_dataset((const int[]){1, 1, 0}, CHANNELS), *alone = make_dataset((const int[]){1}, 1);
    sep_loader *loader = open_loader(all, settings, &strong, 1), *one = open_loader(alone, settings, &strong, 1);

    (void)state;
    for (int t = 0; t < BATCHES; t++) {
        const sep_batch *batch = next(loader), *other = next(one);

        assert_true(channel_is(batch->image, CHANNELS, 0, other->image));
        assert_false(channel_is(batch->image, CHANNELS, 1, other->image));
        assert_true(channel_is(batch->stream[0], CHANNELS, 0, other->stream[0]));
        assert_false(channel_is(batch->stream[0], CHANNELS, 1, other->stream[0]));
    }
    sep_loader_destroy(loader);
    sep_loader_destroy(one);
    sep_dataset_destroy(all);
    sep_dataset_destroy(alone);
}

/* ---- scans as strangers might have made them --------------------------------------------------------------------- */

static void augmented_scans_have_all_channels(void **state)
{
    sep_dataset *all = make_dataset((const int[]){2, 0, 1}, CHANNELS), *alone = make_dataset((const int[]){2}, 1);
    sep_options *none = sep_options_create();
    sep_augmented_scans of_all, of_one;
    sep_strong_settings strong;

    (void)state;
    assert_int_equal(sep_settings_read(none, "augmentation", sep_strong_table, &strong), SEP_OK);
    assert_int_equal(sep_augmented_scans_make(all, &strong, 3, &of_all), SEP_OK);
    assert_int_equal(sep_augmented_scans_make(alone, &strong, 3, &of_one), SEP_OK);
    assert_int_equal(of_all.count, of_one.count);
    for (int i = 0; i < of_all.count; i++) {
        const sep_volume *image = &of_all.scan[i].image;

        assert_int_equal(sep_volume_channels(image), CHANNELS);
        assert_memory_equal(image->data, of_one.scan[i].image.data, VOXELS * sizeof(float));
        assert_memory_equal(of_all.scan[i].label.data, of_one.scan[i].label.data, VOXELS);
        for (int c = 1; c < CHANNELS; c++) {
            const sep_volume channel = sep_volume_channel(image, c);
            float low, high;

            sep_volume_range(&channel, &low, &high);
            assert_true(low < high && memcmp(channel.data, image->data, VOXELS * sizeof(float)) != 0);
        }
    }
    sep_augmented_scans_free(&of_all);
    sep_augmented_scans_free(&of_one);
    sep_options_destroy(none);
    sep_dataset_destroy(all);
    sep_dataset_destroy(alone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_channel_moves_as_if_it_were_alone),
        cmocka_unit_test(values_are_drawn_for_each_channel),
        cmocka_unit_test(augmented_scans_have_all_channels),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
