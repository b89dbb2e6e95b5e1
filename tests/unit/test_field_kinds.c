/* Fields of other programs are known by what their headers say: converted, or refused by name. */
#include "support_image.h"
#include "support_scratch.h"

#include "config.h"

#if SEP_HAVE_NIFTI && SEP_HAVE_ZLIB

#include <string.h>

/* Places in a header of NIfTI-1. */
enum { DIM = 40, INTENT_P1 = 56, INTENT_CODE = 68, DESCRIP = 148, INTENT_NAME = 328 };

typedef struct header {
    short code;
    const char *name;
    float p1;
    const char *description;
} header;

/* ---- making files ------------------------------------------------------------------------------------------------ */

/* In mm and RAS: a shift that differs a little from voxel to voxel. */
static double displacement(int component, int voxel)
{
    static const double shift[3] = {1.5, -2.25, 0.75};

    return shift[component] + 0.01 * ((7 * voxel + component) % 11);
}

static double world(const sep_volume *grid, int component, int voxel)
{
    const double *m = grid->affine[component];
    const int x = voxel % grid->width, y = voxel / grid->width % grid->height, z = voxel / grid->width / grid->height;

    return m[0] * x + m[1] * y + m[2] * z + m[3];
}

static void put_text(char *bytes, int at, int length, const char *text)
{
    memset(bytes + at, 0, (size_t)length);
    memcpy(bytes + at, text, strlen(text));
}

/* Another header before the same vectors; `dim` may be NULL. */
static const char *relabel(const char *path, const header *says, const short dim[8])
{
    void *bytes;
    size_t count;

    assert_int_equal(sep_file_read(path, &bytes, &count), SEP_OK);
    memcpy((char *)bytes + INTENT_CODE, &says->code, sizeof says->code);
    memcpy((char *)bytes + INTENT_P1, &says->p1, sizeof says->p1);
    put_text(bytes, INTENT_NAME, 16, says->name);
    put_text(bytes, DESCRIP, 80, says->description);
    if (dim != NULL)
        memcpy((char *)bytes + DIM, dim, 8 * sizeof *dim);
    const char *relabelled = scratch_file("labelled.nii", bytes, count);
    sep_free(bytes);
    return relabelled;
}

/* A file of these vectors as they are: the displacements in RAS times `sign` along x and y, and the voxels' places
 * where `positions`. */
static const char *write_vectors(double sign, bool positions)
{
    const char *path = scratch_path("plain.nii");
    sep_volume grid = image_example();
    sep_field field;

    assert_int_equal(sep_field_create(&field, &grid), SEP_OK);
    for (int c = 0; c < 3; c++)
        for (int k = 0; k < 60; k++) {
            const double place = positions ? world(&grid, c, k) : 0.0, stored = displacement(c, k) + place;

            sep_field_component(&field, c)[k] = (float)(c < 2 ? -sign * stored : stored); /* writing turns it */
        }
    assert_int_equal(sep_field_write(path, &field), SEP_OK);
    sep_field_free(&field);
    sep_volume_free(&grid);
    return path;
}

/* ---- reading them ------------------------------------------------------------------------------------------------ */

static void check_read(const char *path, const header *says)
{
    sep_field field;

    if (sep_field_read(relabel(path, says, NULL), &field) != SEP_OK)
        fail_msg("intent %d '%s' %g '%s': %s", says->code, says->name, (double)says->p1, says->description,
                 sep_error_text());
    for (int c = 0; c < 3; c++)
        for (int k = 0; k < 60; k++)
            assert_float_equal(sep_field_component(&field, c)[k], displacement(c, k), 2e-5);
    sep_field_free(&field);
}

static void displacements_are_read(void **state)
{
    static const header lps[] = {{1007, "", 0, ""}, {0, "", 0, ""}, {1007, "", 0, "ITK 5.4"}};
    static const header ras[] = {{1006, "", 0, ""}, {1007, "NREG_TRANS", 1, ""}};

    (void)state;
    for (size_t i = 0; i < sizeof lps / sizeof *lps; i++)
        check_read(write_vectors(-1.0, false), &lps[i]);
    for (size_t i = 0; i < sizeof ras / sizeof *ras; i++)
        check_read(write_vectors(1.0, false), &ras[i]);
}

static void positions_become_displacements(void **state)
{
    static const header positions[] = {{1007, "NREG_TRANS", 0, ""},       {1007, "Mapping", 0, "Deformation field"},
                                       {1007, "Mapping", 0, ""},          {0, "", 0, "Deformation"},
                                       {0, "", 0, "Inverse Deformation"}, {0, "", 0, "Deformation (templ. to. ind.)"}};

    (void)state;
    for (size_t i = 0; i < sizeof positions / sizeof *positions; i++)
        check_read(write_vectors(1.0, true), &positions[i]);
}

static void check_refused(const char *path, const header *says, const short dim[8], const char *reason)
{
    sep_field field;

    assert_int_not_equal(sep_field_read(relabel(path, says, dim), &field), SEP_OK);
    if (strstr(sep_error_text(), reason) == NULL)
        fail_msg("'%s' does not say '%s'", sep_error_text(), reason);
}

static void other_kinds_are_refused_by_name(void **state)
{
    static const struct {
        header says;
        const char *reason;
    } rows[] = {
        {{2006, "", 0, ""}, "displacement field of FSL"},
        {{2007, "", 0, ""}, "cubic B-spline coefficients of FSL"},
        {{2018, "", 0, ""}, "FSL (topup)"},
        {{1007, "NREG_TRANS", 2, ""}, "cubic B-spline grid of NiftyReg"},
        {{1007, "NREG_TRANS", 3, ""}, "velocity field of NiftyReg"},
        {{1007, "NREG_TRANS", 5, ""}, "velocity grid of NiftyReg"},
        {{1007, "NREG_TRANS", 9, ""}, "unknown kind"},
        {{1007, "NREG_TRANS", -1, ""}, "unknown kind"},
        {{0, "", 0, "Flow Field"}, "'Flow Field' of SPM"},
        {{0, "", 0, "Velocity (0 0.1 0.01 0.02)"}, "of SPM"},
        {{1005, "", 0, ""}, "its intent is 1005"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check_refused(write_vectors(1.0, true), &rows[i].says, NULL, rows[i].reason);
}

static void fields_along_the_fourth_axis_are_refused(void **state)
{
    static const header nothing = {0, "", 0, ""}, fsl = {2006, "", 0, ""};
    static const short dim[8] = {4, 5, 4, 3, 3, 1, 1, 1};

    (void)state;
    check_refused(write_vectors(1.0, false), &nothing, dim, "fourth axis");
    check_refused(write_vectors(1.0, false), &fsl, dim, "of FSL");
}

static void unlabelled_positions_are_not_displacements(void **state)
{
    static const header nothing = {0, "", 0, ""};

    (void)state;
    check_refused(write_vectors(1.0, true), &nothing, NULL, "look like positions");
    check_refused(write_vectors(-1.0, true), &nothing, NULL, "look like positions");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(displacements_are_read),
        cmocka_unit_test(positions_become_displacements),
        cmocka_unit_test(other_kinds_are_refused_by_name),
        cmocka_unit_test(fields_along_the_fourth_axis_are_refused),
        cmocka_unit_test(unlabelled_positions_are_not_displacements),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

static void needs_nifticlib(void **state)
{
    (void)state;
    print_message("skipped: this build has no nifticlib\n");
    skip();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(needs_nifticlib)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
