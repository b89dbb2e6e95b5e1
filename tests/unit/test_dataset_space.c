/* Datasets whose files hold one thing in many orders: label maps beside images, scans beside scans. */
#include "support_image.h"
#include "support_scratch.h"

#include "config.h"
#include "image/formats.h"
#include "septum/data.h"

#if SEP_HAVE_NIFTI && SEP_HAVE_HDF5

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { DEPTH = 3, HEIGHT = 9, WIDTH = 10, VOXELS = DEPTH * HEIGHT * WIDTH };

static const sep_order RAS = {.axis = {0, 1, 2}};
static const sep_order LAS = {.axis = {0, 1, 2}, .flipped = {true, false, false}};
static const sep_order SPL = {.axis = {2, 1, 0}, .flipped = {false, true, true}};
static const sep_order ARI = {.axis = {1, 0, 2}, .flipped = {false, false, true}};

/* ---- making folders ---------------------------------------------------------------------------------------------- */

static void turn_about_x(double affine[3][4], double degrees)
{
    const double c = cos(degrees / 57.295779513082321), s = sin(degrees / 57.295779513082321);

    for (int k = 0; k < 4; k++) {
        const double y = affine[1][k], z = affine[2][k];

        affine[1][k] = c * y - s * z;
        affine[2][k] = s * y + c * z;
    }
}

/* How a case is stored; zero orders stand for RAS. */
typedef struct stored {
    const sep_order *image, *label;
    double degrees;     /* image and label map turned about the body's R */
    double label_shift; /* mm along x */
    bool without_geometry, without_label;
} stored;

/* Case `number`: 10 x 9 x 3 voxels of 1 x 1.25 x 6 mm. */
static void make_case(int number, const stored *how, sep_volume *image, sep_labels *label)
{
    assert_int_equal(sep_volume_create(image, DEPTH, HEIGHT, WIDTH), SEP_OK);
    assert_int_equal(sep_labels_create(label, DEPTH, HEIGHT, WIDTH), SEP_OK);
    for (int k = 0; k < VOXELS; k++) {
        image->data[k] = (float)((k * 37 + number * 11) % 101);
        label->data[k] = (uint8_t)(k * 7 % 11 % 3);
    }
    if (!how->without_geometry) {
        static const double affine[3][4] = {{1.0, 0, 0, 0}, {0, 1.25, 0, 0}, {0, 0, 6.0, 0}};

        sep_volume_set_affine(image, affine, NULL);
        turn_about_x(image->affine, how->degrees);
    }
    sep_labels_take_geometry(label, image);
    label->affine[0][3] += how->label_shift;
    assert_int_equal(sep_volume_reorder(image, how->image != NULL ? how->image : &RAS), SEP_OK);
    assert_int_equal(sep_labels_reorder(label, how->label != NULL ? how->label : &RAS), SEP_OK);
}

static void write_case(const char *folder, int number, const stored *how)
{
    char *image_path = sep_format("%s/imagesTr/%c_0000.nii", folder, 'a' + number);
    char *label_path = sep_format("%s/labelsTr/%c.nii", folder, 'a' + number);
    sep_volume image;
    sep_labels label;

    make_case(number, how, &image, &label);
    assert_int_equal(sep_volume_write(image_path, &image), SEP_OK);
    if (!how->without_label)
        assert_int_equal(sep_labels_write(label_path, &label), SEP_OK);
    sep_volume_free(&image);
    sep_labels_free(&label);
    sep_free(image_path);
    sep_free(label_path);
}

static char *make_folder(const char *name, const stored *how, int cases)
{
    char *description = sep_format("{\"channel_names\": {\"0\": \"MRI\"}, \"labels\": {\"background\": 0, \"front\": "
                                   "1, \"back\": 2}, \"numTraining\": %d, \"file_ending\": \".nii\"}",
                                   cases);
    char *folder = sep_strdup(scratch_path(name));
    static const char *const inner[] = {"imagesTr", "labelsTr"};

    for (int i = 0; i < 2; i++) {
        char *path = sep_format("%s/%s", folder, inner[i]);

        assert_int_equal(sep_make_folders(path), SEP_OK);
        sep_free(path);
    }
    char *path = sep_format("%s/dataset.json", folder);
    assert_int_equal(sep_file_write_atomic(path, description, strlen(description)), SEP_OK);
    sep_free(path);
    sep_free(description);
    for (int i = 0; i < cases; i++)
        write_case(folder, i, &how[i]);
    return folder;
}

/* A dataset of cases stored so; the policies are those of `config`. */
static sep_dataset *load(const char *name, const stored *how, int cases, sep_data_config config)
{
    char *folder = make_folder(name, how, cases);
    sep_dataset *dataset;

    config.format = SEP_DATA_NNUNET;
    config.folder = folder;
    if (sep_dataset_load(&config, &dataset) != SEP_OK)
        fail_msg("%s", sep_error_text());
    sep_free(folder);
    return dataset;
}

/* Each scan holds the voxels of case i, stored in `order`. */
static void assert_stored(const sep_dataset *dataset, int i, const sep_order *order)
{
    sep_volume image;
    sep_labels label;

    make_case(i, &(stored){.image = order, .label = order}, &image, &label);
    const sep_volume *loaded = &dataset->scan[i].image;
    assert_int_equal(loaded->depth, image.depth);
    assert_int_equal(loaded->height, image.height);
    assert_int_equal(loaded->width, image.width);
    sep_volume_normalise(&image);
    assert_memory_equal(loaded->data, image.data, VOXELS * sizeof *image.data);
    if (dataset->scan[i].label.data != NULL)
        assert_memory_equal(dataset->scan[i].label.data, label.data, VOXELS);
    sep_volume_free(&image);
    sep_labels_free(&label);
}

static void assert_line(const sep_strings *lines, int index, const char *text)
{
    if (index >= lines->count)
        fail_msg("there is no line %d: %s", index, text);
    if (strstr(lines->item[index], text) == NULL)
        fail_msg("'%s' is not in: %s", text, lines->item[index]);
}

/* ---- label maps and their images --------------------------------------------------------------------------------- */

static void label_maps_are_put_into_the_order_of_images(void **state)
{
    static const stored how[] = {{0}, {.label = &LAS}, {.label = &SPL}};
    sep_dataset *dataset = load("labels", how, 3, (sep_data_config){.validation_count = 1});

    (void)state;
    for (int i = 0; i < 3; i++)
        assert_stored(dataset, i, &RAS);
    assert_int_equal(dataset->warnings.count, 0);
    assert_int_equal(dataset->notes.count, 1);
    assert_line(&dataset->notes, 0, "2 label maps stored in another order than the image, and put into it: first b");
    sep_dataset_destroy(dataset);
}

static void a_label_map_elsewhere_is_refused(void **state)
{
    static const stored how[] = {{0}, {.label_shift = 2.5}, {.label_shift = 4.0}};
    char *folder = make_folder("elsewhere", how, 3);
    sep_data_config config = {.format = SEP_DATA_NNUNET, .folder = folder};
    sep_dataset *dataset;

    (void)state;
    assert_int_equal(sep_dataset_load(&config, &dataset), SEP_ERR_FORMAT);
    assert_non_null(strstr(sep_error_text(), "labelsTr/b.nii: the label map lies elsewhere"));
    assert_non_null(strstr(sep_error_text(), "origins 2.5 mm apart, axes up to 0.00 degrees apart"));
    assert_non_null(strstr(sep_error_text(), "data.geometry = warn"));

    config.geometry = SEP_GEOMETRY_WARN;
    assert_int_equal(sep_dataset_load(&config, &dataset), SEP_OK);
    for (int i = 0; i < 3; i++)
        assert_stored(dataset, i, &RAS);
    assert_line(&dataset->warnings, 0, "2 label maps elsewhere than the image, taken voxel by voxel: first b");
    sep_dataset_destroy(dataset);
    sep_free(folder);
}

/* ---- scans and scans --------------------------------------------------------------------------------------------- */

/* What every batch of a dozen iterations holds. */
static uint64_t hash_of_batches(const sep_dataset *dataset)
{
    static const sep_batch_config config = {.height = 16,
                                            .width = 12,
                                            .labelled_batch = 2,
                                            .unlabelled_batch = 2,
                                            .augmentation = SEP_AUGMENT_THESIS,
                                            .seed = 5};
    uint64_t hash = SEP_HASH_START;
    const sep_batch *batch;
    sep_loader *loader;

    assert_int_equal(sep_loader_create(dataset, &config, 0, &loader), SEP_OK);
    for (int i = 0; i < 12; i++) {
        assert_int_equal(sep_loader_next(loader, &batch), SEP_OK);
        hash = sep_hash(hash, batch->image, (size_t)batch->count * 16 * 12 * sizeof *batch->image);
        hash = sep_hash(hash, batch->label, (size_t)batch->count * 16 * 12 * sizeof *batch->label);
    }
    sep_loader_destroy(loader);
    return hash;
}

static void mixed_orders_make_the_batches_of_one_order(void **state)
{
    static const stored one[] = {{0}, {0}, {0}, {0}, {.without_label = true}, {.without_label = true}};
    static const stored mixed[] = {{.image = &SPL, .label = &SPL}, {0},
                                   {.image = &ARI, .label = &LAS}, {.image = &LAS, .label = &LAS},
                                   {.without_label = true},        {.without_label = true}};
    const sep_data_config config = {.validation_count = 1}, as_stored = {.orientation = SEP_ORIENTATION_STORED};
    sep_dataset *same = load("one", one, 6, config), *dataset = load("mixed", mixed, 6, config);

    (void)state;
    for (int i = 0; i < 3; i++)
        assert_stored(same, i, &RAS);
    assert_int_equal(same->notes.count, 0);
    assert_int_equal(hash_of_batches(same), hash_of_batches(dataset));
    assert_memory_equal(dataset->scan[5].image.data, same->scan[5].image.data, VOXELS * sizeof(float));
    assert_memory_equal(dataset->scan[5].label.data, same->scan[5].label.data, VOXELS); /* d validates */
    assert_int_equal(dataset->notes.count, 2);
    assert_line(&dataset->notes, 1,
                "3 of 6 scans stored in another orientation than most (RAS), and put into it: first "
                "a (SPL: 10 slices of 9 x 3 became 3 of 9 x 10)");
    assert_true(dataset->orientation.known && dataset->orientation.direction[2][2] > 0.999);
    sep_dataset_destroy(dataset);

    dataset = load("as-stored", mixed, 6, as_stored);
    assert_stored(dataset, 0, &SPL);
    assert_int_equal(dataset->scan[2].image.width, HEIGHT);
    assert_int_not_equal(hash_of_batches(same), hash_of_batches(dataset));
    assert_false(dataset->orientation.known);
    sep_dataset_destroy(dataset);
    sep_dataset_destroy(same);
}

/* One against one: both have long voxels along S. */
static void as_many_are_cut_across_thick_slices(void **state)
{
    static const stored how[] = {{.image = &SPL, .label = &SPL}, {0}};
    sep_dataset *dataset = load("two", how, 2, (sep_data_config){0});

    (void)state;
    assert_stored(dataset, 0, &RAS);
    assert_int_equal(dataset->slices, 2 * DEPTH);
    sep_dataset_destroy(dataset);
}

/* Most of the slicing axis count, then most of those in the plane. */
static void slicing_is_decided_before_the_plane(void **state)
{
    static const stored how[] = {{.image = &SPL, .label = &SPL},
                                 {.image = &SPL, .label = &SPL},
                                 {0},
                                 {.image = &LAS, .label = &LAS},
                                 {.image = &LAS, .label = &LAS}};
    sep_dataset *dataset = load("plane", how, 5, (sep_data_config){0});

    (void)state;
    for (int i = 0; i < 5; i++)
        assert_stored(dataset, i, &LAS);
    sep_dataset_destroy(dataset);
}

static void oblique_scans_are_named_and_left(void **state)
{
    static const stored how[] = {{0}, {0}, {0}, {.degrees = 50.0}, {.degrees = 85.0}};
    sep_dataset *dataset = load("oblique", how, 5, (sep_data_config){0});

    (void)state;
    for (int i = 0; i < 4; i++)
        assert_stored(dataset, i, &RAS);
    assert_int_equal(dataset->scan[4].image.depth, HEIGHT); /* sliced along A, now along S like the others */
    assert_int_equal(dataset->scan[4].image.height, DEPTH);
    assert_line(&dataset->warnings, 0, "1 of 5 scans lie oblique to the orientation of most (RAS)");
    assert_line(&dataset->warnings, 0, "first d");
    sep_dataset_destroy(dataset);
}

static void a_scan_without_geometry_leaves_all_as_stored(void **state)
{
    static const stored how[] = {{0}, {.image = &LAS, .label = &LAS}, {.without_geometry = true}};
    static const stored none[] = {{.without_geometry = true}, {.without_geometry = true}};
    sep_dataset *dataset = load("bare", how, 3, (sep_data_config){0});

    (void)state;
    assert_stored(dataset, 1, &LAS);
    assert_line(&dataset->warnings, 0, "1 of 3 scans have no geometry");
    assert_line(&dataset->warnings, 0, "first c");
    assert_false(dataset->orientation.known);
    sep_dataset_destroy(dataset);

    dataset = load("none", none, 2, (sep_data_config){0});
    assert_int_equal(dataset->warnings.count + dataset->notes.count, 0);
    sep_dataset_destroy(dataset);
}

/* Registration works on scans as they are stored; what it wrote fits the turned scan. */
static void registered_labels_are_turned_with_their_scan(void **state)
{
    static const stored how[] = {{0}, {0}, {.image = &SPL, .without_label = true}};
    sep_dataset *dataset = load("registered", how, 3, (sep_data_config){0});
    char *folder = sep_strdup(scratch_path("carried")), *path = sep_format("%s/c.h5", folder), *names = sep_strdup("a");
    const sep_derivation from = {.sources = names};
    sep_volume image;
    sep_labels label;

    (void)state;
    assert_int_equal(sep_make_folders(folder), SEP_OK);
    make_case(2, &(stored){.label = &SPL}, &image, &label);
    assert_int_equal(sep_hdf5_write_derived(path, &label, &label, &from), SEP_OK);
    assert_int_equal(sep_dataset_take_registered(dataset, folder), SEP_OK);
    assert_stored(dataset, 2, &RAS);
    assert_memory_equal(dataset->scan[2].agreement.data, dataset->scan[2].label.data,
                        (size_t)label.depth * (size_t)label.height * (size_t)label.width);
    sep_dataset_destroy(dataset);

    dataset = load("registered", how, 3, (sep_data_config){0});
    label.affine[1][3] += 3.0;
    assert_int_equal(sep_hdf5_write_derived(path, &label, &label, &from), SEP_OK);
    assert_int_equal(sep_dataset_take_registered(dataset, folder), SEP_ERR_FORMAT);
    assert_non_null(strstr(sep_error_text(), "c.h5: the label map lies elsewhere"));
    sep_dataset_destroy(dataset);
    sep_volume_free(&image);
    sep_labels_free(&label);
    sep_free(names);
    sep_free(path);
    sep_free(folder);
}

static void options_say_what_is_allowed(void **state)
{
    sep_options *options = sep_options_create();
    sep_data_config config;

    (void)state;
    assert_int_equal(sep_options_set(options, "data.folder=somewhere"), SEP_OK);
    assert_int_equal(sep_data_config_read(options, 3, &config), SEP_OK);
    assert_int_equal(config.geometry, SEP_GEOMETRY_STRICT);
    assert_int_equal(config.orientation, SEP_ORIENTATION_COMMON);
    assert_int_equal(sep_options_set(options, "data.geometry=warn"), SEP_OK);
    assert_int_equal(sep_options_set(options, "data.orientation=stored"), SEP_OK);
    assert_int_equal(sep_data_config_read(options, 3, &config), SEP_OK);
    assert_int_equal(config.geometry, SEP_GEOMETRY_WARN);
    assert_int_equal(config.orientation, SEP_ORIENTATION_STORED);
    assert_int_equal(sep_options_set(options, "data.geometry=loose"), SEP_OK);
    assert_int_not_equal(sep_data_config_read(options, 3, &config), SEP_OK);
    sep_options_destroy(options);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(label_maps_are_put_into_the_order_of_images),
        cmocka_unit_test(a_label_map_elsewhere_is_refused),
        cmocka_unit_test(mixed_orders_make_the_batches_of_one_order),
        cmocka_unit_test(as_many_are_cut_across_thick_slices),
        cmocka_unit_test(slicing_is_decided_before_the_plane),
        cmocka_unit_test(oblique_scans_are_named_and_left),
        cmocka_unit_test(a_scan_without_geometry_leaves_all_as_stored),
        cmocka_unit_test(registered_labels_are_turned_with_their_scan),
        cmocka_unit_test(options_say_what_is_allowed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

static void nothing_to_read(void **state)
{
    (void)state;
    print_message("skipped: built without NIfTI or HDF5\n");
    skip();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(nothing_to_read)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
