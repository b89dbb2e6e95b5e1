/* Folders of scans in the three formats, and what loading them comes to. */
#include "support_datasets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config.h"
#include "support_scratch.h"

#include <stdio.h>
#include <string.h>

void need_library(int have, const char *what)
{
    if (!have) {
        print_message("skipped: built without %s\n", what);
        skip();
    }
}

/* ---- making files ------------------------------------------------------------------------------------------------ */

void write_text_file(const char *folder, const char *name, const char *text)
{
    char *path = sep_format("%s/%s", folder, name);

    assert_int_equal(sep_file_write_atomic(path, text, strlen(text)), SEP_OK);
    sep_free(path);
}

char *make_folder(const char *name, const char *const *inner, int count)
{
    char *folder = sep_strdup(scratch_path(name));

    assert_int_equal(sep_make_folders(folder), SEP_OK);
    for (int i = 0; i < count; i++) {
        char *path = sep_format("%s/%s", folder, inner[i]);

        assert_int_equal(sep_make_folders(path), SEP_OK);
        sep_free(path);
    }
    return folder;
}

static void make_scan(int depth, int height, int width, uint8_t highest, sep_volume *image, sep_labels *label)
{
    assert_int_equal(sep_volume_create(image, depth, height, width), SEP_OK);
    assert_int_equal(sep_labels_create(label, depth, height, width), SEP_OK);
    for (int i = 0; i < depth * height * width; i++) {
        image->data[i] = (float)(i % 50);
        label->data[i] = (uint8_t)(i % (highest + 1));
    }
}

void write_hdf5_scan(const char *folder, const char *name, int depth, uint8_t highest)
{
    char *path = sep_format("%s/volumes/%s.h5", folder, name);
    sep_volume image;
    sep_labels label;

    make_scan(depth, 6, 5, highest, &image, &label);
    assert_int_equal(sep_hdf5_write(path, &image, &label), SEP_OK);
    sep_volume_free(&image);
    sep_labels_free(&label);
    sep_free(path);
}

void write_pair(const char *folder, const char *image_path, const char *label_path, int depth)
{
    sep_volume image;
    sep_labels label;

    make_scan(depth, 6, 5, 2, &image, &label);
    if (image_path != NULL) {
        char *path = sep_format("%s/%s", folder, image_path);

        assert_int_equal(sep_volume_write(path, &image), SEP_OK);
        sep_free(path);
    }
    if (label_path != NULL) {
        char *path = sep_format("%s/%s", folder, label_path);

        assert_int_equal(sep_labels_write(path, &label), SEP_OK);
        sep_free(path);
    }
    sep_volume_free(&image);
    sep_labels_free(&label);
}

char *make_hdf5_folder(const char *name)
{
    static const char *const inner[] = {"volumes"};
    char *folder;

    need_library(SEP_HAVE_HDF5, "HDF5");
    folder = make_folder(name, inner, 1);
    for (int patient = 1; patient <= 5; patient++) {
        for (int frame = 1; frame <= 9; frame += 8) {
            char scan[48];

            snprintf(scan, sizeof scan, "patient%03d_frame%02d", patient, frame);
            write_hdf5_scan(folder, scan, patient, 3);
        }
    }
    return folder;
}

/* ---- loading ----------------------------------------------------------------------------------------------------- */

sep_dataset *load_dataset(const sep_data_config *config)
{
    sep_dataset *dataset;
    sep_status status = sep_dataset_load(config, &dataset);

    if (status != SEP_OK)
        fail_msg("%s", sep_error_text());
    return dataset;
}

void assert_dataset_fails(const sep_data_config *config, const char *text)
{
    sep_dataset *dataset;

    assert_int_not_equal(sep_dataset_load(config, &dataset), SEP_OK);
    assert_null(dataset);
    if (strstr(sep_error_text(), text) == NULL)
        fail_msg("'%s' is not in: %s", text, sep_error_text());
}
