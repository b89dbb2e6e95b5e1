/* What NIfTI comes as beside one .nii of version 1: version 2, pairs of .hdr and .img, series of frames, labels stored
 * through a slope, files that claim more than they hold. */
#include "support_image.h"
#include "support_scratch.h"

#include "config.h"

#if SEP_HAVE_NIFTI && SEP_HAVE_ZLIB

#include "support_nifti.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <zlib.h>

/* ---- NIfTI-2 ----------------------------------------------------------------------------------------------------- */

/* Fields of NIfTI-2 by their bytes, in either byte order; voxels of int16 follow. */
typedef struct file_2 {
    uint8_t byte[544 + 12 * 2];
    bool swapped;
} file_2;

static void put(file_2 *file, int at, const void *value, int size)
{
    memcpy(file->byte + at, value, (size_t)size);
    if (file->swapped)
        nifti_swap_Nbytes(1, size, file->byte + at);
}

static void put_i16(file_2 *file, int at, int16_t value)
{
    put(file, at, &value, sizeof value);
}

static void put_i32(file_2 *file, int at, int32_t value)
{
    put(file, at, &value, sizeof value);
}

static void put_i64(file_2 *file, int at, int64_t value)
{
    put(file, at, &value, sizeof value);
}

static void put_f64(file_2 *file, int at, double value)
{
    put(file, at, &value, sizeof value);
}

/* 3x2x2 voxels 0, 1, ... of 2x3x4 mm, the qform half a turn about z. */
static file_2 plain_file_2(bool swapped)
{
    static const int64_t dim[8] = {3, 3, 2, 2, 1, 1, 1, 1};
    static const double pixdim[4] = {1, 2, 3, 4};
    file_2 file = {.swapped = swapped};

    put_i32(&file, 0, 540);
    memcpy(file.byte + 4, "n+2\0\r\n\x1a\n", 8);
    put_i16(&file, 12, NIFTI_TYPE_INT16);
    put_i16(&file, 14, 16);
    for (int i = 0; i < 8; i++)
        put_i64(&file, 16 + 8 * i, dim[i]);
    for (int i = 0; i < 4; i++)
        put_f64(&file, 104 + 8 * i, pixdim[i]);
    put_i64(&file, 168, 544);
    put_f64(&file, 176, 0.5); /* slope */
    put_f64(&file, 184, 7);
    put_i32(&file, 344, 2); /* code of the qform */
    put_f64(&file, 368, 1);
    put_f64(&file, 376, 11);
    put_i32(&file, 500, NIFTI_UNITS_MM);
    for (int i = 0; i < 12; i++)
        put_i16(&file, 544 + 2 * i, (int16_t)i);
    return file;
}

static const char *put_file_2(const char *name, const file_2 *file)
{
    return scratch_file(name, file->byte, sizeof file->byte);
}

static void check_version_2(const char *path)
{
    sep_volume volume;

    assert_int_equal(sep_volume_read(path, &volume), SEP_OK);
    assert_true(volume.width == 3 && volume.height == 2 && volume.depth == 2);
    for (int i = 0; i < 12; i++)
        assert_true(volume.data[i] == 0.5f * (float)i + 7.0f);
    assert_true(volume.affine[0][0] == -2.0 && volume.affine[1][1] == -3.0 && volume.affine[0][3] == 11.0);
    assert_true(volume.spacing[2] == 4.0f && volume.forms.qform_code == 2 && volume.forms.sform_code == 0);
    sep_volume_free(&volume);
}

static const char *put_packed(const char *name, const void *bytes, size_t count)
{
    const char *path = scratch_path(name);
    gzFile file = gzopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(gzwrite(file, bytes, (unsigned)count), count);
    assert_int_equal(gzclose(file), Z_OK);
    return path;
}

static void test_version_2(void **state)
{
    (void)state;
    for (int swapped = 0; swapped < 2; swapped++) {
        file_2 file = plain_file_2(swapped != 0);

        check_version_2(put_file_2("two.nii", &file));
        check_version_2(put_packed("two.nii.gz", file.byte, sizeof file.byte));
        put_i64(&file, 168, 0); /* some writers leave it out */
        check_version_2(put_file_2("two.nii", &file));
    }
}

static void test_bad_version_2(void **state)
{
    file_2 file = plain_file_2(false);

    (void)state;
    assert_volume_fails(scratch_file("short.nii", file.byte, 539), SEP_ERR_FORMAT, "ends within the header");
    memcpy(file.byte + 4, "n+2\0\n\n\x1a\n", 8); /* went through a transfer as text */
    assert_volume_fails(put_file_2("text.nii", &file), SEP_ERR_FORMAT, "or damaged");
    file = plain_file_2(false);
    put_i64(&file, 24, INT64_MAX);
    put_i64(&file, 32, INT64_MAX);
    put_i64(&file, 40, INT64_MAX);
    assert_volume_fails(put_file_2("huge.nii", &file), SEP_ERR_FORMAT, "claims 9223372036854775807x");
    file = plain_file_2(false);
    put_i64(&file, 16, 4);
    put_i64(&file, 48, INT64_MAX);
    assert_volume_fails(put_file_2("endless.nii", &file), SEP_ERR_UNSUPPORTED, "a series of 9223372036854775807");
    file = plain_file_2(false);
    put_i64(&file, 168, INT64_MIN);
    assert_volume_fails(put_file_2("before.nii", &file), SEP_ERR_FORMAT, "start at byte -9");
}

/* ---- pairs ------------------------------------------------------------------------------------------------------- */

static void check_pair(const char *path)
{
    sep_volume volume;

    assert_int_equal(sep_volume_read(path, &volume), SEP_OK);
    for (int i = 0; i < 12; i++)
        assert_true(volume.data[i] == (float)(i + 40));
    assert_true(volume.spacing[0] == 2.0f);
    sep_volume_free(&volume);
}

static file_image half_of_pair(void)
{
    file_image file = plain_file(NIFTI_TYPE_UINT8, 8);

    memcpy(file.header.magic, "ni1", 4);
    file.header.vox_offset = 0.0f;
    file.header.pixdim[1] = 2.0f;
    for (int i = 0; i < 12; i++)
        file.voxels[i] = (uint8_t)(i + 40);
    return file;
}

static void test_pairs(void **state)
{
    const file_image file = half_of_pair();

    (void)state;
    scratch_file("a.hdr", &file, 348);
    scratch_file("a.img", file.voxels, 12);
    check_pair(scratch_path("a.hdr"));
    check_pair(scratch_path("a.img"));
    put_packed("b.hdr.gz", &file, 348);
    put_packed("b.img.gz", file.voxels, 12);
    check_pair(scratch_path("b.hdr.gz"));
    check_pair(scratch_path("b.img.gz"));
    scratch_file("MIXED.HDR", &file, 348);
    put_packed("MIXED.IMG.GZ", file.voxels, 12);
    check_pair(scratch_path("MIXED.HDR"));

    file_2 two = plain_file_2(true);
    memcpy(two.byte + 4, "ni2", 3);
    put_i64(&two, 168, 0);
    scratch_file("two.hdr", two.byte, 540);
    scratch_file("two.img", two.byte + 544, 24);
    check_version_2(scratch_path("two.hdr"));
}

static void test_bad_pairs(void **state)
{
    file_image file = half_of_pair();

    (void)state;
    assert_volume_fails(scratch_file("lone.hdr", &file, 348), SEP_ERR_IO, "there is no");
    assert_volume_fails(scratch_file("lone2.img", file.voxels, 12), SEP_ERR_IO, "lone2.hdr beside it");
    scratch_file("cut.hdr", &file, 348);
    const char *cut = scratch_file("cut.img", file.voxels, 11);
    assert_volume_fails(cut, SEP_ERR_FORMAT, "more than 11 bytes can hold");
    memset(file.header.magic, 0, 4);
    scratch_file("old.hdr", &file, 348);
    scratch_file("old.img", file.voxels, 12);
    assert_volume_fails(scratch_path("old.hdr"), SEP_ERR_FORMAT, "Analyze 7.5");

    sep_volume volume = image_example();
    assert_int_equal(sep_volume_write(scratch_path("out.hdr"), &volume), SEP_ERR_UNSUPPORTED);
    assert_false(sep_file_exists(scratch_path("out.hdr")));
    sep_volume_free(&volume);
}

/* A pair is one volume. */
static void test_list(void **state)
{
    const file_image file = half_of_pair();
    sep_strings names = {0};

    (void)state;
    assert_int_equal(sep_make_folders(scratch_path("listed")), SEP_OK);
    scratch_file("listed/p.hdr", &file, 348);
    scratch_file("listed/p.img", file.voxels, 12);
    scratch_file("listed/notes.txt", "x", 1);
    scratch_file("listed/v.nii.gz", "x", 1);
    assert_int_equal(sep_image_list(scratch_path("listed"), &names), SEP_OK);
    assert_int_equal(names.count, 2);
    assert_string_equal(names.item[0], "p.hdr");
    assert_string_equal(names.item[1], "v.nii.gz");
    sep_strings_free(&names);
}

/* ---- series ------------------------------------------------------------------------------------------------------ */

/* Frame k holds 100 + k. */
enum { FRAMES = 30 };

static const char *put_series(const char *name)
{
    struct {
        file_image start;
        uint8_t rest[12 * FRAMES];
    } file = {.start = plain_file(NIFTI_TYPE_UINT8, 8)};
    uint8_t *voxels = (uint8_t *)&file + VOXELS_AT;

    file.start.header.dim[0] = 4;
    file.start.header.dim[4] = FRAMES;
    for (int i = 0; i < 12 * FRAMES; i++)
        voxels[i] = (uint8_t)(101 + i / 12);
    return put_packed(name, &file, VOXELS_AT + 12 * FRAMES);
}

static void check_frame(const char *path, float wanted)
{
    sep_volume volume, grid;
    sep_labels labels;

    assert_int_equal(sep_volume_read(path, &volume), SEP_OK);
    assert_int_equal(sep_labels_read(path, &labels), SEP_OK);
    assert_int_equal(sep_volume_read_grid(path, &grid), SEP_OK);
    assert_true(grid.width == 3 && grid.height == 2 && grid.depth == 2 && grid.data == NULL);
    assert_true(volume.width == 3 && volume.height == 2 && volume.depth == 2);
    for (int i = 0; i < 12; i++)
        assert_true(volume.data[i] == wanted && (float)labels.data[i] == wanted);
    sep_volume_free(&volume);
    sep_labels_free(&labels);
}

static void test_series(void **state)
{
    const char *path = put_series("cine.nii.gz");
    uint64_t first, last;
    int frames;

    (void)state;
    assert_int_equal(sep_image_frames(path, &frames), SEP_OK);
    assert_int_equal(frames, FRAMES);
    check_frame(scratch_path("cine.nii.gz#1"), 101.0f);
    check_frame(scratch_path("cine.nii.gz#12"), 112.0f);
    check_frame(scratch_path("cine.nii.gz#30"), 130.0f);
    assert_int_equal(sep_image_fingerprint(scratch_path("cine.nii.gz#1"), 1, &first), SEP_OK);
    assert_int_equal(sep_image_fingerprint(scratch_path("cine.nii.gz#30"), 1, &last), SEP_OK);
    assert_true(first != last);
    assert_volume_fails(scratch_path("cine.nii.gz"), SEP_ERR_UNSUPPORTED,
                        "is a series of 30 volumes; name one: cine.nii.gz#1 to cine.nii.gz#30");
    assert_volume_fails(scratch_path("cine.nii.gz#0"), SEP_ERR_ARGUMENT, "counted from #1");

    sep_volume volume;
    assert_int_equal(sep_volume_read(scratch_path("cine.nii.gz#31"), &volume), SEP_ERR_ARGUMENT);
    assert_non_null(strstr(sep_error_text(), "has no volume #31; it holds 30"));
    assert_int_equal(sep_volume_read(scratch_path("none.nii.gz#1"), &volume), SEP_ERR_IO);
    assert_int_equal(sep_volume_write(scratch_path("out.nii.gz#2"), &volume), SEP_ERR_ARGUMENT);
}

/* A file of the whole name wins, and a volume is its own first frame. */
static void test_names_with_marks(void **state)
{
    const file_image file = half_of_pair();
    file_image whole = plain_file(NIFTI_TYPE_UINT8, 8);

    (void)state;
    memset(whole.voxels, 9, 12);
    put_series("b.nii.gz");
    put_file("b.nii.gz#2", &whole);
    check_frame(scratch_path("b.nii.gz#2"), 9.0f);
    put_file("scan#7.nii", &whole);
    check_frame(scratch_path("scan#7.nii"), 9.0f);
    check_frame(scratch_path("scan#7.nii#1"), 9.0f);
    scratch_file("p.hdr", &file, 348);
    scratch_file("p.img", file.voxels, 12);
    check_pair(scratch_path("p.hdr#1"));
}

static void check_stem(const char *path, const char *wanted)
{
    char *stem = sep_image_stem(path);

    assert_string_equal(stem, wanted);
    sep_free(stem);
}

static void test_stems(void **state)
{
    (void)state;
    check_stem("a/patient001_4d.nii.gz#3", "patient001_frame03");
    check_stem("cine.nii#112", "cine_frame112");
    check_stem("a.hdr", "a");
    check_stem("a.IMG.GZ", "a");
    check_stem("a.nii.gz#x", "a.nii.gz#x");
    check_stem("a.png#3", "a.png#3");
    assert_string_equal(sep_image_suffix("x/cine.nii.gz#4"), ".nii.gz#4");
    assert_null(sep_image_suffix("cine.nii.gz#1234567890"));
}

/* ---- labels through a slope -------------------------------------------------------------------------------------- */

/* The label that a stored number becomes; -1 where it is refused. */
static int label_of(short type, int stored, float slope, float inter)
{
    file_image file = plain_file(type, type == NIFTI_TYPE_FLOAT32 ? 32 : 16);
    sep_labels labels;

    file.header.scl_slope = slope;
    file.header.scl_inter = inter;
    for (int i = 0; i < 12; i++) {
        const float real = (float)stored;
        const int16_t whole = (int16_t)stored;
        if (type == NIFTI_TYPE_FLOAT32)
            memcpy(file.voxels + 4 * i, &real, sizeof real);
        else
            memcpy(file.voxels + 2 * i, &whole, sizeof whole);
    }
    if (sep_labels_read(put_file("slope.nii", &file), &labels) != SEP_OK) {
        assert_non_null(strstr(sep_error_text(), "voxel (x 0, y 0, z 0)"));
        return -1;
    }
    const int label = labels.data[11];
    sep_labels_free(&labels);
    return label;
}

static void test_labels_through_a_slope(void **state)
{
    (void)state;
    assert_int_equal(label_of(NIFTI_TYPE_INT16, 3, 0.99999f, 0.0f), 3);
    assert_int_equal(label_of(NIFTI_TYPE_INT16, 255, 1.00001f, 0.0f), 255);
    assert_int_equal(label_of(NIFTI_TYPE_INT16, 3, 0.99999f, 1.0f), 4);
    assert_int_equal(label_of(NIFTI_TYPE_INT16, 0, 0.5f, -1e-6f), 0);
    assert_int_equal(label_of(NIFTI_TYPE_FLOAT32, 3, 0.99999f, 0.0f), 3);
    /* 0 to 7 spread over 0 to 255: a step is 0.0275, and label 1 is stored as 36. */
    assert_int_equal(label_of(NIFTI_TYPE_INT16, 36, 7.0f / 255.0f, 0.0f), 1);
    assert_int_equal(label_of(NIFTI_TYPE_INT16, 109, 7.0f / 255.0f, 0.0f), 3);
    /* What is further away was no whole number. */
    assert_int_equal(label_of(NIFTI_TYPE_INT16, 3, 0.5f, 0.0f), -1);
    assert_int_equal(label_of(NIFTI_TYPE_INT16, 1, 1.5f, 0.0f), -1);
    assert_int_equal(label_of(NIFTI_TYPE_INT16, 297, 0.01f, 0.0f), -1);
    assert_int_equal(label_of(NIFTI_TYPE_INT16, 1, 1.0f, 0.5f), -1);
    assert_int_equal(label_of(NIFTI_TYPE_FLOAT32, 3, 0.4f, 0.0f), -1);
    assert_int_equal(label_of(NIFTI_TYPE_INT16, 256, 0.99999f, 0.0f), -1);
}

/* ---- what a file claims ------------------------------------------------------------------------------------------ */

static long peak_kilobytes(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

/* A header of 512^3 voxels, and 256 KiB of bytes that don't pack. */
static const char *put_bomb(const char *name)
{
    enum { NOISE = 1 << 18 };
    file_image file = plain_file(NIFTI_TYPE_UINT8, 8);
    unsigned char *bytes = malloc(VOXELS_AT + NOISE);
    const sep_random random = {.seed = 1};

    assert_non_null(bytes);
    file.header.dim[1] = file.header.dim[2] = file.header.dim[3] = 512;
    memcpy(bytes, &file, VOXELS_AT);
    for (int i = 0; i < NOISE; i++)
        bytes[VOXELS_AT + i] = (unsigned char)sep_random_below(&random, (uint64_t)i, 256);
    const char *path = put_packed(name, bytes, VOXELS_AT + NOISE);
    free(bytes);
    return path;
}

static void test_claims(void **state)
{
    const char *path = put_bomb("bomb.nii.gz");
    const long before = peak_kilobytes();

    (void)state;
    sep_memory_set_limit(1 << 30); /* 512^3 floats are half of that */
    assert_volume_fails(path, SEP_ERR_FORMAT, "ends within the voxels");
    /* A quarter of the claim: AddressSanitizer touches an eighth of a block for its own books, filled or not. */
    assert_true(peak_kilobytes() - before < 128 * 1024);
    sep_memory_set_limit(1 << 28);
    assert_volume_fails(path, SEP_ERR_MEMORY, "would take 0.5 GiB of memory; the limit is 0.2 GiB");
    sep_memory_set_limit(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_version_2),
        cmocka_unit_test(test_bad_version_2),
        cmocka_unit_test(test_pairs),
        cmocka_unit_test(test_bad_pairs),
        cmocka_unit_test(test_list),
        cmocka_unit_test(test_series),
        cmocka_unit_test(test_names_with_marks),
        cmocka_unit_test(test_stems),
        cmocka_unit_test(test_labels_through_a_slope),
        cmocka_unit_test(test_claims),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void)
{
    return 77; /* skipped */
}

#endif
