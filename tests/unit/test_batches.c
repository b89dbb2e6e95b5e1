/* Batches: what a sample holds, and that the loader's threads change nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config.h"
#include "septum/data.h"
#include "support_scratch.h"

#include <string.h>

/* `labelled` + `unlabelled` scans of 3 slices and differing sizes; each pixel holds its class, plus 1/8 of the scan's
 * number and 1/32 of the slice's. */
static sep_dataset *make_dataset(int labelled, int unlabelled)
{
    sep_volume image[8] = {{0}};
    sep_labels label[8] = {{0}};
    sep_dataset *dataset;

    for (int i = 0; i < labelled + unlabelled; i++) {
        int height = 9 + i, width = 14 - i;

        assert_int_equal(sep_volume_create(&image[i], 3, height, width), SEP_OK);
        if (i < labelled)
            assert_int_equal(sep_labels_create(&label[i], 3, height, width), SEP_OK);
        for (int k = 0; k < 3 * height * width; k++) {
            int class = k * 7 % 11 % 4;

            image[i].data[k] = (float)class + 0.125f * (float)i + 0.03125f * (float)(k / (height * width));
            if (i < labelled)
                label[i].data[k] = (uint8_t) class;
        }
    }
    assert_int_equal(sep_dataset_from_memory(4, image, label, labelled + unlabelled, 0, &dataset), SEP_OK);
    return dataset;
}

static const sep_batch_config CONFIG = {.height = 16,
                                        .width = 12,
                                        .labelled_batch = 2,
                                        .unlabelled_batch = 3,
                                        .augmentation = SEP_AUGMENT_FLIPS,
                                        .seed = 11};

static void samples_show_their_slices(void **state)
{
    sep_dataset *dataset = make_dataset(2, 3);
    const sep_batch *batch;
    sep_loader *loader;

    (void)state;
    assert_int_equal(sep_loader_create(dataset, &CONFIG, 0, &loader), SEP_OK);
    assert_int_equal(sep_loader_epoch_iterations(loader), 3);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(sep_loader_next(loader, &batch), SEP_OK);
        assert_int_equal(batch->iteration, i);
        assert_int_equal(batch->count, 5);
        assert_int_equal(batch->labelled, 2);
        for (int k = 0; k < batch->count * 16 * 12; k++) {
            const sep_slice *slice = &dataset->slice[batch->slice_id[k / (16 * 12)]];
            float own = 0.125f * (float)slice->scan + 0.03125f * (float)slice->z;

            if (k / (16 * 12) < 2)
                assert_true(batch->image[k] == (float)batch->label[k] + own);
            else
                assert_int_equal(batch->label[k], 0);
            assert_true(batch->image[k] - own >= 0.0f && batch->image[k] - own <= 3.0f);
        }
    }
    sep_loader_destroy(loader);
    sep_dataset_destroy(dataset);
}

/* A hash of the batches of iterations first .. first + 11. */
static void hash_batches(const sep_dataset *dataset, sep_batch_config config, int threads, uint32_t first,
                         uint64_t hash[12])
{
    const sep_batch *batch;
    sep_loader *loader;

    config.threads = threads;
    config.augmentation = SEP_AUGMENT_THESIS;
    assert_int_equal(sep_loader_create(dataset, &config, first, &loader), SEP_OK);
    for (int i = 0; i < 12; i++) {
        size_t pixels = (size_t)config.height * (size_t)config.width * 5;

        assert_int_equal(sep_loader_next(loader, &batch), SEP_OK);
        hash[i] = sep_hash(SEP_HASH_START, batch->image, pixels * sizeof *batch->image);
        hash[i] = sep_hash(hash[i], batch->label, pixels * sizeof *batch->label);
    }
    sep_loader_destroy(loader);
}

static void threads_and_resuming_change_nothing(void **state)
{
    sep_dataset *dataset = make_dataset(2, 3);
    sep_batch_config config = CONFIG;
    uint64_t expected[12], got[12];

    (void)state;
    for (int zoom = SEP_ZOOM_NEAREST; zoom <= SEP_ZOOM_CUBIC; zoom++) {
        config.image_zoom = (sep_zoom)zoom;
        hash_batches(dataset, config, 0, 40, expected);
        for (int threads = 1; threads <= 4; threads++) {
            hash_batches(dataset, config, threads, 40, got);
            assert_memory_equal(got, expected, sizeof got);
        }
        hash_batches(dataset, config, 2, 46, got);
        assert_memory_equal(got, expected + 6, sizeof got / 2);
    }
    sep_dataset_destroy(dataset);
}

static void a_loader_may_end_early(void **state)
{
    sep_dataset *dataset = make_dataset(2, 3);
    sep_batch_config config = CONFIG;
    sep_loader *loader;

    (void)state;
    config.threads = 3;
    for (int i = 0; i < 20; i++) {
        const sep_batch *batch;

        assert_int_equal(sep_loader_create(dataset, &config, 7, &loader), SEP_OK);
        for (int k = 0; k < i % 4; k++)
            assert_int_equal(sep_loader_next(loader, &batch), SEP_OK);
        sep_loader_destroy(loader);
    }
    sep_dataset_destroy(dataset);
}

static void last_iteration_has_a_batch(void **state)
{
    sep_dataset *dataset = make_dataset(2, 3);
    const sep_batch *batch;
    sep_loader *loader;

    (void)state;
    assert_int_equal(sep_loader_create(dataset, &CONFIG, UINT32_MAX, &loader), SEP_OK);
    assert_int_equal(sep_loader_next(loader, &batch), SEP_OK);
    assert_true(batch->iteration == UINT32_MAX);
    sep_loader_destroy(loader);
    sep_dataset_destroy(dataset);
}

static void bad_configurations_are_errors(void **state)
{
    sep_dataset *dataset = make_dataset(2, 0);
    sep_batch_config config = CONFIG;
    sep_loader *loader;

    (void)state;
    assert_int_equal(sep_loader_create(dataset, &config, 0, &loader), SEP_ERR_ARGUMENT);
    assert_null(loader);
    config.unlabelled_batch = 0;
    config.height = 0;
    assert_int_equal(sep_loader_create(dataset, &config, 0, &loader), SEP_ERR_ARGUMENT);
    config.height = 8;
    config.threads = -1;
    assert_int_equal(sep_loader_create(dataset, &config, 0, &loader), SEP_ERR_ARGUMENT);
    sep_dataset_destroy(dataset);
}

/* Resizing to the patch and back keeps a label map where both scales are whole. */
static void patches_go_there_and_back(void **state)
{
    sep_volume image;
    sep_labels back;
    float patch[5 * 7];
    uint8_t classes[5 * 7];

    (void)state;
    assert_int_equal(sep_volume_create(&image, 2, 5, 7), SEP_OK);
    assert_int_equal(sep_labels_create(&back, 2, 5, 7), SEP_OK);
    for (int i = 0; i < 70; i++)
        image.data[i] = (float)(i % 9);
    assert_int_equal(sep_patch_from_slice(&image, 1, SEP_ZOOM_NEAREST, 5, 7, patch), SEP_OK);
    for (int i = 0; i < 35; i++)
        classes[i] = (uint8_t)patch[i];
    sep_slice_from_patch(classes, 5, 7, &back, 1);
    for (int i = 0; i < 35; i++) {
        assert_int_equal(back.data[i], 0);
        assert_int_equal(back.data[35 + i], (35 + i) % 9);
    }
    sep_volume_free(&image);
    sep_labels_free(&back);
}

/* ---- registered labels ------------------------------------------------------------------------------------------- */

#if SEP_HAVE_HDF5

/* What make_dataset would have drawn on scan i. */
static void write_registered(const char *name, const sep_dataset *dataset, int i, const char *source, uint64_t inputs)
{
    const sep_volume *image = &dataset->scan[i].image;
    char *sources = sep_strdup(source);
    const sep_derivation from = {.sources = sources, .inputs = inputs};
    sep_labels label;

    assert_int_equal(sep_labels_create(&label, image->depth, image->height, image->width), SEP_OK);
    for (int k = 0; k < image->depth * image->height * image->width; k++)
        label.data[k] = (uint8_t)image->data[k];
    assert_int_equal(sep_hdf5_write_derived(scratch_path(name), &label, NULL, &from), SEP_OK);
    sep_free(sources);
    sep_labels_free(&label);
}

static void fails(const char *text)
{
    sep_dataset *dataset = make_dataset(1, 2);

    assert_int_not_equal(sep_dataset_take_registered(dataset, scratch_path(".")), SEP_OK);
    if (strstr(sep_error_text(), text) == NULL)
        fail_msg("'%s' does not say '%s'", sep_error_text(), text);
    sep_dataset_destroy(dataset);
}

static void registered_labels_go_with_their_slices(void **state)
{
    sep_dataset *dataset = make_dataset(1, 2);
    sep_batch_config config = CONFIG;
    const sep_batch *batch;
    sep_loader *loader;

    (void)state;
    config.augmentation = SEP_AUGMENT_THESIS;
    write_registered("scan 1.h5", dataset, 1, "scan 0", 0);
    fails("scan 2.h5: is missing");
    write_registered("scan 2.h5", dataset, 2, "scan 1", 0);
    fails("which is no labelled training scan");
    write_registered("scan 2.h5", dataset, 1, "scan 0", 0);
    fails("the label map is");
    write_registered("scan 2.h5", dataset, 2, "scan 0", 99);
    fails("scan 2.h5: was made of another image of scan 2, or of other label maps");
    write_registered("scan 2.h5", dataset, 2, "scan 0\nscan 1", 0);
    fails("made from the labels of scan 1, which is no labelled training scan");
    write_registered("scan 2.h5", dataset, 2, "scan 0", sep_registered_inputs(dataset, 2, "scan 0"));
    assert_int_equal(sep_dataset_take_registered(dataset, scratch_path(".")), SEP_OK);
    assert_string_equal(dataset->scan[2].label_source, "scan 0");
    assert_false(dataset->scan[2].labelled);
    assert_int_equal(sep_loader_create(dataset, &config, 0, &loader), SEP_OK);
    for (int i = 0; i < 8; i++) {
        assert_int_equal(sep_loader_next(loader, &batch), SEP_OK);
        for (int k = 0; k < batch->count * 16 * 12; k++)
            assert_int_equal(batch->label[k], (int)batch->image[k]);
    }
    sep_loader_destroy(loader);
    sep_dataset_destroy(dataset);
}

#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_show_their_slices),
        cmocka_unit_test(threads_and_resuming_change_nothing),
        cmocka_unit_test(a_loader_may_end_early),
        cmocka_unit_test(last_iteration_has_a_batch),
        cmocka_unit_test(bad_configurations_are_errors),
        cmocka_unit_test(patches_go_there_and_back),
#if SEP_HAVE_HDF5
        cmocka_unit_test(registered_labels_go_with_their_slices),
#endif
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
