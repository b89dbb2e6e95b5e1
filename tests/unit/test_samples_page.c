/* The page of a batch: what streams bring is shown beside the image, and labels go into views by their maps. */
#include "report/samples.h"
#include "support_scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { SIDE = 32, LABELLED = 2, UNLABELLED = 2 };

static const sep_stream_request streams[] = {
    {.stream = &sep_view_images, .rows = SEP_ROWS_ALL, .view = {.number = 2, .own_geometry = true}},
    {.stream = &sep_view_maps, .rows = SEP_ROWS_ALL, .view = {.number = 2, .own_geometry = true}},
    {.stream = &sep_view_images, .rows = SEP_ROWS_UNLABELLED, .view = {.number = 1, .strong = true}},
    {.stream = &sep_registered_labels, .rows = SEP_ROWS_UNLABELLED},
};

/* A labelled scan, and one that has registered labels; names that HTML must not take for tags. */
static sep_dataset *make_dataset(void)
{
    const sep_phantom_config phantom = {.size = SIDE, .slices = 3, .seed = 3};
    sep_volume image[2] = {{0}};
    sep_labels label[2] = {{0}}, registered;
    sep_dataset *dataset;

    for (int i = 0; i < 2; i++)
        assert_int_equal(sep_phantom_cardiac(&phantom, i, SEP_END_DIASTOLE, &image[i], &label[i]), SEP_OK);
    registered = label[1];
    label[1] = (sep_labels){0};
    assert_int_equal(sep_dataset_from_memory(SEP_PHANTOM_CARDIAC_CLASSES, image, label, 2, 0, &dataset), SEP_OK);
    dataset->scan[1].label = registered;
    for (int i = 0; i < 2; i++) {
        sep_free(dataset->scan[i].name);
        dataset->scan[i].name = sep_strdup("<i>&\"");
    }
    return dataset;
}

static char *page_of(sep_augmentation augmentation)
{
    sep_dataset *dataset = make_dataset();
    const sep_batch_config config = {.height = SIDE,
                                     .width = SIDE,
                                     .labelled_batch = LABELLED,
                                     .unlabelled_batch = UNLABELLED,
                                     .augmentation = augmentation,
                                     .seed = 1,
                                     .streams = sizeof streams / sizeof *streams,
                                     .stream = streams};
    const char *path = scratch_path("samples.html");
    sep_samples_page page = {"run.ini", "mean-teacher", dataset, &config, NULL};
    sep_loader *loader;
    void *bytes;
    size_t count;

    assert_int_equal(sep_loader_create(dataset, &config, 0, &loader), SEP_OK);
    assert_int_equal(sep_loader_next(loader, &page.batch), SEP_OK);
    assert_int_equal(sep_samples_page_write(&page, path), SEP_OK);
    sep_loader_destroy(loader);
    sep_dataset_destroy(dataset);
    assert_int_equal(sep_file_read(path, &bytes, &count), SEP_OK);
    char *text = sep_calloc(count + 1, 1);
    memcpy(text, bytes, count);
    sep_free(bytes);
    return text;
}

static int count_of(const char *text, const char *what)
{
    int count = 0;

    for (text = strstr(text, what); text != NULL; text = strstr(text + 1, what))
        count++;
    return count;
}

/* The first picture with that caption from `text` on, and how long it is. */
static const char *picture_of(const char *text, const char *caption, size_t *length)
{
    char alt[128];

    snprintf(alt, sizeof alt, "alt=\"%s\" src=\"", caption);
    const char *found = strstr(text, alt);
    assert_non_null(found);
    found += strlen(alt);
    *length = strcspn(found, "\"");
    return found;
}

static bool same_picture(const char *text, const char *first, const char *second)
{
    size_t length, other;
    const char *a = picture_of(text, first, &length), *b = picture_of(text, second, &other);

    return length == other && memcmp(a, b, length) == 0;
}

static void shows_what_streams_bring(void **state)
{
    char *text = page_of(SEP_AUGMENT_FLIPS);

    (void)state;
    assert_int_equal(count_of(text, "<section"), LABELLED + UNLABELLED);
    assert_int_equal(count_of(text, "alt=\"image\""), LABELLED + UNLABELLED);
    assert_int_equal(count_of(text, "alt=\"label\""), LABELLED);
    assert_int_equal(count_of(text, "alt=\"view 2, weak, a geometry of its own\""), LABELLED + UNLABELLED);
    assert_int_equal(count_of(text, "alt=\"view 1, strong\""), UNLABELLED);
    assert_int_equal(count_of(text, "alt=\"registered labels\""), UNLABELLED);
    assert_int_equal(count_of(text, "alt=\"registered labels, as the method gets them\""), UNLABELLED);
    assert_true(same_picture(text, "registered labels", "registered labels, as the method gets them"));
    assert_false(same_picture(text, "image", "label"));
    sep_free(text);
}

/* Without augmentation a view lies as the image does, and its map says so: the outlines are the same. */
static void carries_labels_into_views(void **state)
{
    char *text = page_of(SEP_AUGMENT_NONE);

    (void)state;
    assert_true(same_picture(text, "label", "view 2, weak, a geometry of its own"));
    sep_free(text);
    text = page_of(SEP_AUGMENT_FLIPS);
    assert_false(same_picture(text, "label", "view 2, weak, a geometry of its own"));
    sep_free(text);
}

static void escapes_names(void **state)
{
    char *text = page_of(SEP_AUGMENT_NONE);

    (void)state;
    assert_null(strstr(text, "<i>&"));
    assert_int_equal(count_of(text, "&lt;i&gt;&amp;&quot;"), LABELLED + UNLABELLED);
    sep_free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shows_what_streams_bring),
        cmocka_unit_test(carries_labels_into_views),
        cmocka_unit_test(escapes_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
