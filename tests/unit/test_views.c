/* Views of samples and the other streams: what they show, where they lie, that threads and resuming change
 * nothing. */
#include "septum/data.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SIDE = 32, PIXELS = SIDE * SIDE, LABELLED = 2, UNLABELLED = 3, ALL = LABELLED + UNLABELLED, BATCHES = 12 };

/* Smooth, so that sampling twice differs little from sampling once; zero towards the borders. */
static void make_scan(int number, sep_volume *image, sep_labels *label)
{
    int height = 40 + number, width = 44 - number;

    assert_int_equal(sep_volume_create(image, 3, height, width), SEP_OK);
    assert_int_equal(sep_labels_create(label, 3, height, width), SEP_OK);
    for (int k = 0; k < 3 * height * width; k++) {
        float y = (float)(k / width % height) / (float)height, x = (float)(k % width) / (float)width;
        float hill = 16.0f * y * (1.0f - y) * x * (1.0f - x);
        image->data[k] = hill * (1.0f + 0.5f * y - 0.25f * x) + 0.01f * (float)(k / (height * width));
        label->data[k] = (uint8_t)(hill > 0.5f);
    }
}

/* Two labelled scans and two unlabelled ones, which registration may have given labels. */
static sep_dataset *make_dataset(bool registered)
{
    sep_volume image[4] = {{0}};
    sep_labels label[4] = {{0}}, given[4] = {{0}};
    sep_dataset *dataset;

    for (int i = 0; i < 4; i++)
        make_scan(i, &image[i], i < 2 ? &label[i] : &given[i]);
    assert_int_equal(sep_dataset_from_memory(2, image, label, 4, 0, &dataset), SEP_OK);
    for (int i = 2; i < 4; i++)
        if (registered)
            dataset->scan[i].label = given[i];
        else
            sep_labels_free(&given[i]);
    return dataset;
}

static sep_batch_config configure(const char *text)
{
    sep_options *options = sep_options_create();
    sep_batch_config config;

    assert_int_equal(sep_options_load_text(options, "test", text), SEP_OK);
    assert_int_equal(sep_batch_config_read(options, 11, &config), SEP_OK);
    sep_options_destroy(options);
    config.height = config.width = SIDE;
    config.labelled_batch = LABELLED;
    config.unlabelled_batch = UNLABELLED;
    config.threads = 0;
    return config;
}

static const char *const STRONG = "[data]\naugmentation = strong\n[augmentation]\nelastic_probability = 0.5\n"
                                  "noise_probability = 1\nrotation_probability = 0.5\nscale_probability = 0.5\n";
static const char *const THESIS = "[data]\naugmentation = thesis\nimage_zoom = linear\n";
static const char *const FLIPS = "[data]\naugmentation = flips\n";

static sep_loader *open_loader(const sep_dataset *dataset, sep_batch_config *config, uint32_t first, int threads,
                               const sep_stream_request *requests, int count)
{
    sep_loader *loader;

    config->stream = requests;
    config->streams = count;
    config->threads = threads;
    if (sep_loader_create(dataset, config, first, &loader) != SEP_OK)
        fail_msg("%s", sep_error_text());
    return loader;
}

static const sep_batch *next(sep_loader *loader)
{
    const sep_batch *batch;

    assert_int_equal(sep_loader_next(loader, &batch), SEP_OK);
    return batch;
}

/* ---- what views show --------------------------------------------------------------------------------------------- */

/* What a sep_stream_request holds. */
#define VIEW(...)    .stream = &sep_view_images, .view = {__VA_ARGS__}
#define MAP_OF(...)  .stream = &sep_view_maps, .view = {__VA_ARGS__}
#define WEAK         .number = 0
#define OWN(n)       .number = (n), .own_geometry = true
#define STRONG_OF(n) .number = (n), .strong = true

static bool same(const float *a, const void *b)
{
    return memcmp(a, b, ALL * PIXELS * sizeof *a) == 0;
}

static void test_requests_leave_the_batch_alone(void **state)
{
    static const sep_stream_request all[] = {{VIEW(WEAK)}, {VIEW(STRONG_OF(1))}, {VIEW(OWN(2))}, {MAP_OF(OWN(2))}};
    const char *const texts[] = {STRONG, THESIS, FLIPS};
    sep_dataset *dataset = make_dataset(false);

    (void)state;
    for (int t = 0; t < 3; t++) {
        sep_batch_config config = configure(texts[t]);
        sep_loader *bare = open_loader(dataset, &config, 0, 0, NULL, 0);
        sep_loader *asked = open_loader(dataset, &config, 0, 0, all, 4);
        for (int i = 0; i < BATCHES; i++) {
            const sep_batch *a = next(bare), *b = next(asked);
            assert_true(same(a->image, b->image));
            assert_memory_equal(a->label, b->label, ALL * PIXELS * sizeof *a->label);
        }
        sep_loader_destroy(bare);
        sep_loader_destroy(asked);
    }
    sep_dataset_destroy(dataset);
}

/* View 0 of strong augmentation is the image; the weak one is what geometry alone makes. */
static void test_weak_and_strong_of_strong_augmentation(void **state)
{
    static const sep_stream_request views[] = {
        {VIEW(WEAK)}, {VIEW(STRONG_OF(0))}, {VIEW(STRONG_OF(1))}, {VIEW(STRONG_OF(2))}};
    sep_dataset *dataset = make_dataset(false);
    sep_batch_config config = configure(STRONG), plain = config;

    (void)state;
    plain.strong.bias_probability = plain.strong.noise_probability = plain.strong.blur_probability = 0;
    plain.strong.brightness_probability = plain.strong.contrast_probability = plain.strong.resolution_probability = 0;
    plain.strong.gamma_probability = plain.strong.gamma_inverted_probability = 0;
    sep_loader *loader = open_loader(dataset, &config, 0, 0, views, 4);
    sep_loader *geometry = open_loader(dataset, &plain, 0, 0, NULL, 0);
    for (int i = 0; i < BATCHES; i++) {
        const sep_batch *batch = next(loader);
        assert_true(same(next(geometry)->image, batch->stream[0]));
        assert_true(same(batch->image, batch->stream[1]));
        assert_false(same(batch->image, batch->stream[2]));
        assert_false(same(batch->stream[2], batch->stream[3]));
    }
    sep_loader_destroy(loader);
    sep_loader_destroy(geometry);
    sep_dataset_destroy(dataset);
}

/* Where the image goes through no photometry, it is the weak view, and strong ones differ in value only. */
static void test_weak_and_strong_of_flips(void **state)
{
    static const sep_stream_request views[] = {{VIEW(WEAK)}, {VIEW(STRONG_OF(1))}};
    sep_dataset *dataset = make_dataset(false);
    sep_batch_config config = configure("[data]\naugmentation = flips\n[augmentation]\nbrightness_probability = 1\n"
                                        "brightness_low = 2\nbrightness_high = 2\nbias_probability = 0\n"
                                        "noise_probability = 0\nblur_probability = 0\ncontrast_probability = 0\n"
                                        "resolution_probability = 0\ngamma_probability = 0\n"
                                        "gamma_inverted_probability = 0\n");
    sep_loader *loader = open_loader(dataset, &config, 0, 0, views, 2);

    (void)state;
    assert_true(config.strong_given);
    for (int i = 0; i < BATCHES; i++) {
        const sep_batch *batch = next(loader);
        const float *strong = batch->stream[1];
        assert_true(same(batch->image, batch->stream[0]));
        for (int k = 0; k < ALL * PIXELS; k++)
            assert_true(strong[k] == 2.0f * batch->image[k]);
    }
    sep_loader_destroy(loader);
    sep_dataset_destroy(dataset);
}

/* ---- where they lie ---------------------------------------------------------------------------------------------- */

/* The weak image, sampled where the map says, is the view: the mean and largest difference of pixels that lie within
 * both. */
static void compare_through_map(const sep_batch *batch, double *mean, double *largest)
{
    const float *weak = batch->stream[0], *own = batch->stream[1], *map = batch->stream[2];
    double sum = 0.0;
    int count = 0;

    for (int i = 0; i < ALL * PIXELS; i++) {
        const float *place = map + 2 * (size_t)i;
        float at[2] = {place[0], place[1]}, value;
        bool inside = at[0] >= 0.0f && at[1] >= 0.0f && at[0] <= SIDE - 1 && at[1] <= SIDE - 1;
        if (!inside)
            continue;
        sep_sample_image(weak + (size_t)(i / PIXELS) * PIXELS, SIDE, SIDE, at, 1, &value);
        double difference = fabs((double)(value - own[i]));
        sum += difference;
        *largest = difference > *largest ? difference : *largest;
        count++;
    }
    assert_true(count > ALL * PIXELS / 4);
    *mean += sum / count;
}

static void check_maps(const char *text, double mean_bound, double bound)
{
    static const sep_stream_request views[] = {{VIEW(WEAK)}, {VIEW(OWN(3))}, {MAP_OF(OWN(3))}};
    sep_dataset *dataset = make_dataset(false);
    sep_batch_config config = configure(text);
    sep_loader *loader = open_loader(dataset, &config, 0, 0, views, 3);
    double mean = 0.0, largest = 0.0;
    bool differ = false;

    for (int i = 0; i < BATCHES; i++) {
        const sep_batch *batch = next(loader);
        differ = differ || !same(batch->stream[0], batch->stream[1]);
        compare_through_map(batch, &mean, &largest);
    }
    assert_true(differ);
    if (mean / BATCHES > mean_bound || largest > bound)
        fail_msg("%s: mean difference %g, largest %g", text, mean / BATCHES, largest);
    sep_loader_destroy(loader);
    sep_dataset_destroy(dataset);
}

static void test_maps_lead_from_view_to_image(void **state)
{
    (void)state;
    check_maps("[data]\naugmentation = flips\nimage_zoom = linear\n", 1e-5, 1e-4);
    check_maps(THESIS, 0.01, 0.2);  /* rotations take the nearest pixel */
    check_maps(STRONG, 0.003, 0.4); /* a slice ends within a patch, and linear sampling smooths its end */
    check_maps("[data]\nview = window\naugmentation = flips\n", 1e-5, 1e-4);
    check_maps("[data]\nview = window\naugmentation = thesis\n", 0.003, 0.4);
    check_maps("[data]\nview = window\naugmentation = strong\n[augmentation]\nelastic_probability = 0.5\n", 0.003, 0.4);
}

/* The map of geometry against geometry, both bent. */
static void test_map_undoes_a_bend(void **state)
{
    sep_strong_settings settings = configure(STRONG).strong;
    static float at[2 * PIXELS], wanted[2 * PIXELS], scratch[4 * PIXELS], map[2 * PIXELS];
    int bent = 0;

    (void)state;
    settings.elastic_probability = 1;
    for (int position = 0; position < 20; position++) {
        sep_view_id one = {.seed = 1, .position = position}, two = {.seed = 1, .position = position, .view = 1};
        sep_geometry first = sep_geometry_draw(&settings, &one, 40, 44, SIDE, SIDE, NULL);
        sep_geometry second = sep_geometry_draw(&settings, &two, 40, 44, SIDE, SIDE, NULL);
        bent += first.bends && second.bends;
        sep_geometry_places(&first, SIDE, SIDE, at);
        sep_geometry_places(&second, SIDE, SIDE, wanted);
        sep_geometry_between(&first, &second, SIDE, SIDE, map, scratch);
        for (int i = 0; i < PIXELS; i++) {
            float place[2] = {map[2 * i], map[2 * i + 1]}, got[2];
            if (!(place[0] >= 0.0f && place[1] >= 0.0f && place[0] <= SIDE - 1 && place[1] <= SIDE - 1))
                continue;
            sep_sample_image(at, SIDE, SIDE, place, 1, &got[0]);
            sep_sample_image(at + PIXELS, SIDE, SIDE, place, 1, &got[1]);
            assert_true(fabsf(got[0] - wanted[i]) < 0.02f && fabsf(got[1] - wanted[PIXELS + i]) < 0.02f);
        }
    }
    assert_int_equal(bent, 20);
}

/* ---- threads, rows, registered labels ---------------------------------------------------------------------------- */

static void hash_streams(const sep_dataset *dataset, const char *text, int threads, uint32_t first,
                         uint64_t hash[BATCHES])
{
    static const sep_stream_request all[] = {{VIEW(WEAK)}, {VIEW(STRONG_OF(1))}, {VIEW(OWN(2))}, {MAP_OF(OWN(2))}};
    sep_batch_config config = configure(text);
    sep_loader *loader = open_loader(dataset, &config, first, threads, all, 4);

    for (int i = 0; i < BATCHES; i++) {
        const sep_batch *batch = next(loader);
        hash[i] = SEP_HASH_START;
        for (int k = 0; k < 4; k++)
            hash[i] = sep_hash(hash[i], batch->stream[k], (size_t)(k < 3 ? 1 : 2) * ALL * PIXELS * sizeof(float));
    }
    sep_loader_destroy(loader);
}

static void test_threads_and_resuming_change_nothing(void **state)
{
    sep_dataset *dataset = make_dataset(false);
    const char *const texts[] = {STRONG, THESIS};
    uint64_t expected[BATCHES], got[BATCHES];

    (void)state;
    for (int t = 0; t < 2; t++) {
        hash_streams(dataset, texts[t], 0, 40, expected);
        for (int threads = 1; threads <= 3; threads++) {
            hash_streams(dataset, texts[t], threads, 40, got);
            assert_memory_equal(got, expected, sizeof got);
        }
        hash_streams(dataset, texts[t], 2, 46, got);
        assert_memory_equal(got, expected + 6, sizeof got / 2);
    }
    sep_dataset_destroy(dataset);
}

static void test_rows(void **state)
{
    static const sep_stream_request views[] = {
        {.stream = &sep_view_images, .rows = SEP_ROWS_LABELLED, .view = {.strong = true}},
        {.stream = &sep_view_images, .rows = SEP_ROWS_UNLABELLED, .view = {.strong = true}}};
    sep_dataset *dataset = make_dataset(false);
    sep_batch_config config = configure(STRONG);
    sep_loader *loader = open_loader(dataset, &config, 0, 0, views, 2);
    const sep_batch *batch = next(loader);

    (void)state;
    assert_memory_equal(batch->stream[0], batch->image, LABELLED * PIXELS * sizeof(float));
    assert_memory_equal(batch->stream[1], batch->image + LABELLED * PIXELS, UNLABELLED * PIXELS * sizeof(float));
    for (int i = 0; i < ALL; i++) {
        assert_int_equal(batch->sample[i].slice_id, batch->slice_id[i]);
        assert_true(batch->sample[i].image == batch->image + (size_t)i * PIXELS);
    }
    sep_loader_destroy(loader);
    sep_dataset_destroy(dataset);
}

static const sep_stream_request registered[] = {{.stream = &sep_registered_labels, .rows = SEP_ROWS_UNLABELLED}};

static void test_registered_labels_are_asked_for(void **state)
{
    sep_dataset *dataset = make_dataset(false);
    sep_batch_config config = configure(STRONG);
    sep_loader *loader;

    (void)state;
    config.stream = registered;
    config.streams = 1;
    assert_int_equal(sep_loader_create(dataset, &config, 0, &loader), SEP_ERR_ARGUMENT);
    assert_non_null(strstr(sep_error_text(), "scan 2 has no registered labels"));
    sep_dataset_destroy(dataset);
}

static void test_registered_labels_are_streamed(void **state)
{
    sep_dataset *dataset = make_dataset(true);
    sep_batch_config config = configure(STRONG);
    int shown = 0;

    (void)state;
    sep_loader *loader = open_loader(dataset, &config, 0, 0, registered, 1);
    for (int i = 0; i < BATCHES; i++) {
        const sep_batch *batch = next(loader);
        const int32_t *label = batch->stream[0];
        assert_memory_equal(label, batch->label + LABELLED * PIXELS, UNLABELLED * PIXELS * sizeof *label);
        for (int k = 0; k < UNLABELLED * PIXELS; k++)
            shown += label[k];
    }
    assert_true(shown > BATCHES * UNLABELLED * PIXELS / 10);
    sep_loader_destroy(loader);
    sep_dataset_destroy(dataset);
}

/* Agreement that says which class a voxel has. */
static void code_agreement(sep_scan *scan)
{
    const sep_labels *label = &scan->label;

    assert_int_equal(sep_labels_create(&scan->agreement, label->depth, label->height, label->width), SEP_OK);
    for (int k = 0; k < label->depth * label->height * label->width; k++)
        scan->agreement.data[k] = label->data[k] == 1 ? 200 : 100;
}

static const sep_stream_request agreement[] = {{.stream = &sep_registered_labels, .rows = SEP_ROWS_ALL},
                                               {.stream = &sep_registered_agreement, .rows = SEP_ROWS_ALL}};

/* Of labelled samples the agreement is whole, of the others as coded; 0 beyond the slice, where the label is too. */
static void compare_streams(const sep_batch *batch, int seen[3])
{
    const int32_t *label = batch->stream[0];
    const float *agrees = batch->stream[1];

    for (int k = 0; k < ALL * PIXELS; k++) {
        const float coded = k < LABELLED * PIXELS ? 1.0f : (label[k] == 1 ? 200.0f : 100.0f) / 255.0f;
        const bool outside = agrees[k] == 0.0f;

        if (!outside)
            assert_memory_equal(&agrees[k], &coded, sizeof coded);
        else
            assert_int_equal(label[k], 0);
        seen[outside ? 2 : label[k]]++;
    }
}

static void test_agreement_lies_as_its_labels(void **state)
{
    const char *const texts[] = {STRONG, THESIS, FLIPS};
    sep_dataset *dataset = make_dataset(true);

    (void)state;
    for (int i = 2; i < 4; i++)
        code_agreement(&dataset->scan[i]);
    for (int t = 0; t < 3; t++) {
        sep_batch_config config = configure(texts[t]);
        sep_loader *loader = open_loader(dataset, &config, 0, 0, agreement, 2);
        int seen[3] = {0};

        for (int i = 0; i < BATCHES; i++)
            compare_streams(next(loader), seen);
        assert_true(seen[0] > PIXELS && seen[1] > PIXELS);
        assert_true((seen[2] > 0) == (t < 2)); /* flips show the whole slice */
        sep_loader_destroy(loader);
    }
    sep_dataset_destroy(dataset);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests_leave_the_batch_alone),
        cmocka_unit_test(test_weak_and_strong_of_strong_augmentation),
        cmocka_unit_test(test_weak_and_strong_of_flips),
        cmocka_unit_test(test_maps_lead_from_view_to_image),
        cmocka_unit_test(test_map_undoes_a_bend),
        cmocka_unit_test(test_threads_and_resuming_change_nothing),
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_registered_labels_are_asked_for),
        cmocka_unit_test(test_registered_labels_are_streamed),
        cmocka_unit_test(test_agreement_lies_as_its_labels),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
