/* Volumes whose voxels lie otherwise in the same world: turned and mirrored axes, other slices, single slices. */
#include "support_image.h"

#include "registration/transform/matrix.h"
#include "septum/registration.h"

#include <math.h>
#include <string.h>

/* The same volume with axes (z, -x, y): what lay along z lies along x, and so on. */
static sep_volume turned(const sep_volume *v)
{
    sep_volume t;

    assert_int_equal(sep_volume_create(&t, v->height, v->width, v->depth), SEP_OK);
    t.has_geometry = true;
    for (int z = 0; z < t.depth; z++)
        for (int y = 0; y < t.height; y++)
            for (int x = 0; x < t.width; x++)
                sep_volume_slice(&t, z)[y * t.width + x] = sep_volume_slice(v, x)[z * v->width + v->width - 1 - y];
    for (int i = 0; i < 3; i++) {
        t.affine[i][0] = v->affine[i][2];
        t.affine[i][1] = -v->affine[i][0];
        t.affine[i][2] = v->affine[i][1];
        t.affine[i][3] = v->affine[i][3] + (v->width - 1) * v->affine[i][0];
    }
    t.spacing[0] = v->spacing[2];
    t.spacing[1] = v->spacing[0];
    t.spacing[2] = v->spacing[1];
    return t;
}

static void the_identity_finds_turned_voxels(void **state)
{
    const sep_warp_options how = {.outside = -5000.0f};
    sep_volume v = abdomen_example(), t = turned(&v), back;
    sep_spatial_transform identity;

    (void)state;
    sep_spatial_identity(&identity);
    assert_int_equal(sep_warp_volume(&t, &identity, &v, &how, &back), SEP_OK);
    for (int i = 0; i < v.depth * v.height * v.width; i++)
        assert_float_equal(v.data[i], back.data[i], 0.05);
    sep_volume_free(&v);
    sep_volume_free(&t);
    sep_volume_free(&back);
}

/* A turn by about 7 degrees, a stretch, a shift, about the centre of the phantom's world. */
static sep_spatial_transform known_map(const sep_volume *v)
{
    const double linear[3][3] = {{1.03, 0.12, 0.0}, {-0.12, 0.97, 0.02}, {0.0, -0.02, 1.04}};
    const double shift[3] = {12.0, -9.0, 5.0};
    sep_spatial_transform t;

    sep_spatial_identity(&t);
    sep_volume_centre(v, t.centre);
    for (int i = 0; i < 3; i++) {
        t.matrix[i][3] = t.centre[i] + shift[i];
        for (int j = 0; j < 3; j++) {
            t.matrix[i][j] = linear[i][j];
            t.matrix[i][3] -= linear[i][j] * t.centre[j];
        }
    }
    return t;
}

/* Mean distance in mm between two maps over the middle of a volume. */
static double distance(const sep_volume *v, const sep_spatial_transform *a, const sep_spatial_transform *b)
{
    double sum = 0.0;

    for (int k = 0; k < 8; k++) {
        const double voxel[3] = {v->width * (k & 1 ? 0.3 : 0.7), v->height * (k & 2 ? 0.3 : 0.7),
                                 v->depth * (k & 4 ? 0.3 : 0.7)};
        double at[3], p[3], q[3];

        sep_map_point((const double(*)[4])v->affine, voxel, at);
        sep_spatial_point(a, at, p);
        sep_spatial_point(b, at, q);
        sum += sqrt((p[0] - q[0]) * (p[0] - q[0]) + (p[1] - q[1]) * (p[1] - q[1]) + (p[2] - q[2]) * (p[2] - q[2]));
    }
    return sum / 8.0;
}

static void assert_found(const sep_volume *fixed, const sep_volume *moving, const sep_spatial_transform *known,
                         double allowed)
{
    const sep_registration_options options = {.kind = SEP_AFFINE, .samples = 4096};
    sep_registration_report report;
    sep_spatial_transform found;

    assert_int_equal(sep_register(fixed, moving, &options, &found, &report), SEP_OK);
    assert_false(report.failed);
    if (!(distance(fixed, known, &found) < allowed))
        fail_msg("%.2f mm away", distance(fixed, known, &found));
}

static void a_known_map_is_found_whatever_the_axes(void **state)
{
    const sep_warp_options how = {.outside = -1000.0f};
    sep_volume v = abdomen_example(), fixed;
    const sep_spatial_transform known = known_map(&v);
    const double voxel = (double)v.spacing[0];

    (void)state;
    assert_int_equal(sep_warp_volume(&v, &known, &v, &how, &fixed), SEP_OK);
    sep_volume t = turned(&v), turned_fixed = turned(&fixed);
    assert_found(&fixed, &v, &known, 0.5 * voxel);
    assert_found(&fixed, &t, &known, 0.5 * voxel);
    assert_found(&turned_fixed, &t, &known, 0.5 * voxel);
    sep_volume_free(&v);
    sep_volume_free(&t);
    sep_volume_free(&fixed);
    sep_volume_free(&turned_fixed);
}

/* Every second slice, of a grid twice as thick. */
static void a_known_map_is_found_with_other_slices(void **state)
{
    const sep_warp_options how = {.outside = -1000.0f};
    sep_volume v = abdomen_example(), grid = v, fixed;
    const sep_spatial_transform known = known_map(&v);

    (void)state;
    grid.depth = v.depth / 2;
    grid.spacing[2] *= 2.0f;
    for (int i = 0; i < 3; i++)
        grid.affine[i][2] *= 2.0;
    assert_int_equal(sep_warp_volume(&v, &known, &grid, &how, &fixed), SEP_OK);
    assert_found(&fixed, &v, &known, (double)v.spacing[0]);
    sep_volume_free(&v);
    sep_volume_free(&fixed);
}

/* One slice of each, deformed too: it stays in its plane, and the picture and the determinants are made. */
static void single_slices_are_registered(void **state)
{
    const sep_registration_options options = {.kind = SEP_DEFORMABLE, .grid = 60.0};
    const sep_warp_options how = {.outside = -1000.0f};
    sep_volume v = abdomen_example(), slice, fixed;
    sep_registration_report report;
    sep_spatial_transform found, known = known_map(&v);
    sep_picture picture;

    (void)state;
    known.matrix[2][1] = known.matrix[1][2] = known.matrix[2][3] = 0.0;
    known.matrix[2][2] = 1.0;
    assert_int_equal(sep_volume_create(&slice, 1, v.height, v.width), SEP_OK);
    sep_volume_take_geometry(&slice, &v);
    slice.affine[2][3] = 0.0;
    memcpy(slice.data, sep_volume_slice(&v, 12), (size_t)v.height * (size_t)v.width * sizeof(float));
    assert_int_equal(sep_warp_volume(&slice, &known, &slice, &how, &fixed), SEP_OK);
    assert_int_equal(sep_register(&fixed, &slice, &options, &found, &report), SEP_OK);
    assert_false(report.failed);
    assert_true(report.jacobian.folded == 0.0);
    assert_true(report.nmi_after > report.nmi_before);
    assert_int_equal(sep_registration_picture(&fixed, &slice, &found, 0, &how, &picture), SEP_OK);
    sep_picture_free(&picture);
    sep_spatial_free(&found);
    sep_volume_free(&v);
    sep_volume_free(&slice);
    sep_volume_free(&fixed);
}

/* ---- tilts ------------------------------------------------------------------------------------------------------- */

/* How much the map between the voxels of two stacks mixes slices, which lie across an axis, and planes. */
static double tilt_of(const sep_volume *fixed, const sep_volume *moving, int axis, const sep_spatial_transform *t)
{
    sep_map voxels;

    assert_true(sep_map_invert((const double(*)[4])moving->affine, voxels));
    sep_map_compose((const double(*)[4])voxels, (const double(*)[4])t->matrix, voxels);
    sep_map_compose((const double(*)[4])voxels, (const double(*)[4])fixed->affine, voxels);
    const int j = (axis + 1) % 3, k = (axis + 2) % 3;
    return fabs(voxels[j][axis]) + fabs(voxels[k][axis]) + fabs(voxels[axis][j]) + fabs(voxels[axis][k]);
}

static double tilt_found(const sep_volume *fixed, const sep_volume *moving, int axis,
                         const sep_registration_options *options)
{
    sep_registration_report report;
    sep_spatial_transform found;

    assert_int_equal(sep_register(fixed, moving, options, &found, &report), SEP_OK);
    assert_false(report.failed);
    assert_true(report.after > report.before);
    assert_true(fabs(found.matrix[0][1]) > 0.01); /* what is no tilt is found */
    return tilt_of(fixed, moving, axis, &found);
}

/* A turn of the world whose sine is 3/5. */
static void lay_obliquely(sep_volume *v)
{
    const sep_map turn = {{1.0, 0.0, 0.0, 0.0}, {0.0, 0.8, -0.6, 0.0}, {0.0, 0.6, 0.8, 0.0}};

    sep_map_compose(turn, (const double(*)[4])v->affine, v->affine);
}

/* Slices twice as far apart. */
static void make_thick(sep_volume *v)
{
    for (int row = 0; row < 3; row++)
        v->affine[row][2] *= 2;
    v->spacing[2] *= 2;
}

static void compare_tilts(const sep_volume *fixed, const sep_volume *moving, int axis)
{
    for (int kind = SEP_RIGID; kind <= SEP_AFFINE; kind++) {
        sep_registration_options options = {.kind = (sep_transform_kind)kind};

        assert_true(tilt_found(fixed, moving, axis, &options) < 1e-9);
        options.tilt = SEP_TILT_YES;
        assert_true(tilt_found(fixed, moving, axis, &options) > 0.02);
    }
    assert_true(
        tilt_found(fixed, moving, axis, &(sep_registration_options){.kind = SEP_AFFINE, .optimiser = SEP_ASGD}) < 1e-9);
}

static void thin_stacks_are_not_tilted(void **state)
{
    const sep_warp_options how = {.outside = -1000.0f};
    sep_volume v = abdomen_example(), fixed;
    sep_spatial_transform known = known_map(&v);

    (void)state;
    assert_true(v.depth < 32);
    known.matrix[1][2] = 0.15;
    known.matrix[1][3] -= 0.13 * known.centre[2];
    assert_int_equal(sep_warp_volume(&v, &known, &v, &how, &fixed), SEP_OK);
    compare_tilts(&fixed, &v, 2);
    lay_obliquely(&v);
    lay_obliquely(&fixed);
    compare_tilts(&fixed, &v, 2);
    make_thick(&v);
    make_thick(&fixed);
    for (int axis = 0; axis < 2; axis++) { /* they are the same stacks where z has changed places with another axis */
        const sep_order order = sep_slice_axis_order(axis == 0 ? SEP_SLICE_AXIS_X : SEP_SLICE_AXIS_Y);

        assert_int_equal(sep_volume_reorder(&v, &order), SEP_OK);
        assert_int_equal(sep_volume_reorder(&fixed, &order), SEP_OK);
        compare_tilts(&fixed, &v, axis);
        assert_int_equal(sep_volume_reorder(&v, &order), SEP_OK);
        assert_int_equal(sep_volume_reorder(&fixed, &order), SEP_OK);
    }
    sep_volume_free(&v);
    sep_volume_free(&fixed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_identity_finds_turned_voxels),
        cmocka_unit_test(a_known_map_is_found_whatever_the_axes),
        cmocka_unit_test(a_known_map_is_found_with_other_slices),
        cmocka_unit_test(single_slices_are_registered),
        cmocka_unit_test(thin_stacks_are_not_tilted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
