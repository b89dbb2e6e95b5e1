/* What a transform does to space: determinants against differences, folds, and the picture of a registration. */
#include "support_image.h"

#include "image/formats.h"
#include "registration/transform/matrix.h"
#include "registration/transform/spline.h"
#include "septum/registration.h"
#include "simd/choose.h"

#include <math.h>
#include <string.h>

enum { DEPTH = 9, HEIGHT = 24, WIDTH = 30, VOXELS = DEPTH * HEIGHT * WIDTH };

static sep_volume ramp(void)
{
    static const double affine[3][4] = {{1.5, 0, 0, 0}, {0, 1.5, 0, 0}, {0, 0, 4.0, 0}};
    sep_volume v;

    assert_int_equal(sep_volume_create(&v, DEPTH, HEIGHT, WIDTH), SEP_OK);
    sep_volume_set_affine(&v, affine, NULL);
    for (int i = 0; i < VOXELS; i++)
        v.data[i] = (float)(i % WIDTH);
    return v;
}

/* Displacements of up to about `amplitude` mm under an affine map that grows volumes by 1.1 * 0.9 * 1.2. */
static sep_spatial_transform bent(const sep_volume *v, double amplitude)
{
    sep_spatial_transform t;

    sep_spatial_identity(&t);
    t.matrix[0][0] = 1.1;
    t.matrix[1][1] = 0.9;
    t.matrix[2][2] = 1.2;
    t.matrix[0][1] = 0.3;
    assert_int_equal(sep_spline_create(v, (const int[3]){5, 4, 2}, &t.spline), SEP_OK);
    for (int i = 0; i < 3; i++)
        for (size_t n = 0; n < sep_spline_nodes(&t.spline); n++)
            t.spline.coefficient[i][n] = amplitude * sin((double)n * (1.7 + i));
    return t;
}

static double difference_at(const sep_spatial_transform *t, const double at[3])
{
    const double step = 1e-3;
    sep_map j = {{0.0}};

    for (int axis = 0; axis < 3; axis++) {
        double low[3], high[3], p[3];

        memcpy(p, at, sizeof p);
        p[axis] = at[axis] - step;
        sep_spatial_point(t, p, low);
        p[axis] = at[axis] + step;
        sep_spatial_point(t, p, high);
        for (int i = 0; i < 3; i++)
            j[i][axis] = (high[i] - low[i]) / (2.0 * step);
    }
    return sep_map_determinant((const double(*)[4])j);
}

static void determinants_are_differences(void **state)
{
    const sep_warp_options how = {0};
    sep_volume v = ramp(), map;
    sep_spatial_transform t = bent(&v, 1.0);
    sep_jacobian summary;
    double sum = 0.0, low = 1e9, high = -1e9;

    (void)state;
    assert_int_equal(sep_spatial_jacobian(&t, &v, &how, &map, &summary), SEP_OK);
    for (int i = 0; i < VOXELS; i++) {
        sum += (double)map.data[i];
        low = fmin(low, (double)map.data[i]);
        high = fmax(high, (double)map.data[i]);
    }
    assert_true(fabs(summary.mean - sum / VOXELS) < 1e-6 && fabs(summary.low - low) < 1e-6);
    assert_true(fabs(summary.high - high) < 1e-6 && summary.folded == 0.0 && high > low + 0.1);
    for (int z = 1; z < DEPTH - 1; z++)
        for (int y = 1; y < HEIGHT - 1; y += 3)
            for (int x = 1; x < WIDTH - 1; x += 3) {
                const double at[3] = {1.5 * x, 1.5 * y, 4.0 * z};

                assert_float_equal(difference_at(&t, at), map.data[(z * HEIGHT + y) * WIDTH + x], 1e-4);
            }
    sep_spatial_free(&t);
    sep_volume_free(&map);
    sep_volume_free(&v);
}

static void an_affine_map_has_one_determinant(void **state)
{
    const sep_warp_options how = {0};
    sep_volume v = ramp();
    sep_spatial_transform t = bent(&v, 0.0);
    sep_jacobian summary;

    (void)state;
    sep_spline_free(&t.spline);
    assert_int_equal(sep_spatial_jacobian(&t, &v, &how, NULL, &summary), SEP_OK);
    assert_true(fabs(summary.low - 1.1 * 0.9 * 1.2) < 1e-12 && summary.low == summary.high);
    assert_true(summary.folded == 0.0);
    sep_volume_free(&v);
}

/* Of the field of the same deformation, away from the border. */
static void a_field_has_those_of_its_transform(void **state)
{
    const sep_warp_options how = {0};
    sep_volume v = ramp(), map, dense_map;
    sep_spatial_transform t = bent(&v, 1.0), dense;
    sep_jacobian summary;

    (void)state;
    sep_spatial_identity(&dense);
    assert_int_equal(sep_spatial_field(&t, &v, &how, &dense.field), SEP_OK);
    assert_int_equal(sep_spatial_jacobian(&t, &v, &how, &map, &summary), SEP_OK);
    assert_int_equal(sep_spatial_jacobian(&dense, &v, &how, &dense_map, &summary), SEP_OK);
    for (int z = 1; z < DEPTH - 1; z++)
        for (int y = 1; y < HEIGHT - 1; y++)
            for (int x = 1; x < WIDTH - 1; x++) {
                const int i = (z * HEIGHT + y) * WIDTH + x;

                assert_float_equal(map.data[i], dense_map.data[i], 0.05);
            }
    sep_spatial_free(&t);
    sep_spatial_free(&dense);
    sep_volume_free(&map);
    sep_volume_free(&dense_map);
    sep_volume_free(&v);
}

/* A field that stretches x by a tenth, looked at in its own grid and beside it: its border bends nothing. */
static void a_border_bends_nothing(void **state)
{
    const sep_warp_options how = {0};
    sep_volume v = ramp(), beside = v;
    sep_spatial_transform stretch;
    sep_jacobian summary;

    (void)state;
    sep_spatial_identity(&stretch);
    for (int i = 0; i < 3; i++)
        stretch.matrix[i][i] = i == 0 ? 1.1 : 1.0;
    assert_int_equal(sep_spatial_field(&stretch, &v, &how, &stretch.field), SEP_OK);
    stretch.matrix[0][0] = 1.0;
    assert_int_equal(sep_spatial_jacobian(&stretch, &v, &how, NULL, &summary), SEP_OK);
    assert_float_equal(summary.low, 1.1, 1e-4);
    assert_float_equal(summary.high, 1.1, 1e-4);
    beside.affine[0][3] += 0.001;
    assert_int_equal(sep_spatial_jacobian(&stretch, &beside, &how, NULL, &summary), SEP_OK);
    assert_float_equal(summary.low, 1.1, 1e-4);
    assert_float_equal(summary.high, 1.1, 1e-4);
    sep_spatial_free(&stretch);
    sep_volume_free(&v);
}

static void folds_are_counted(void **state)
{
    const sep_warp_options how = {0};
    sep_volume v = ramp(), map;
    sep_spatial_transform t = bent(&v, 15.0);
    sep_jacobian summary;
    int folded = 0;

    (void)state;
    assert_int_equal(sep_spatial_jacobian(&t, &v, &how, &map, &summary), SEP_OK);
    for (int i = 0; i < VOXELS; i++)
        folded += !(map.data[i] > 0.0f);
    assert_true(folded > 0 && summary.folded == (double)folded / VOXELS && summary.low < 0.0);
    sep_spatial_free(&t);
    sep_volume_free(&map);
    sep_volume_free(&v);
}

static void the_bits_are_the_same(void **state)
{
    sep_volume v = ramp();
    sep_spatial_transform t = bent(&v, 1.0);
    sep_warp_options how = {.simd = "generic", .threads = 1};
    sep_jacobian wanted, got;
    const char *names[4];

    (void)state;
    assert_int_equal(sep_spatial_jacobian(&t, &v, &how, NULL, &wanted), SEP_OK);
    for (int s = 0, count = sep_simd_names(names); s < count; s++)
        for (how.threads = 1; how.threads <= 3; how.threads++) {
            how.simd = names[s];
            assert_int_equal(sep_spatial_jacobian(&t, &v, &how, NULL, &got), SEP_OK);
            assert_memory_equal(&wanted, &got, sizeof got);
        }
    sep_spatial_free(&t);
    sep_volume_free(&v);
}

/* ---- the picture ------------------------------------------------------------------------------------------------- */

static const uint8_t *pixel(const sep_picture *p, int y, int x)
{
    return p->rgb + 3 * (y * p->width + x);
}

static int count_colour(const sep_picture *p, int top, int left, const uint8_t rgb[3])
{
    int count = 0;

    for (int y = top; y < p->height; y++)
        for (int x = left; x < p->width; x++)
            count += memcmp(pixel(p, y, x), rgb, 3) == 0;
    return count;
}

/* The identity of a volume with itself: no square of the checkerboard shows, lines are straight, all is white. */
static void a_picture_of_nothing_found(void **state)
{
    const sep_warp_options how = {0};
    const uint8_t white[3] = {255, 255, 255}, yellow[3] = {240, 228, 66};
    sep_volume v = ramp();
    sep_spatial_transform t;
    sep_picture p;

    (void)state;
    sep_spatial_identity(&t);
    assert_int_equal(sep_registration_picture(&v, &v, &t, DEPTH / 2, &how, &p), SEP_OK);
    const int height = (p.height - 4) / 2, width = (p.width - 4) / 2;
    assert_int_equal(height % HEIGHT, 0);
    assert_int_equal(width * HEIGHT, height * WIDTH);
    for (int x = 0; x < width; x++)
        for (int y = 1; y < height; y++) {
            assert_memory_equal(pixel(&p, 0, x), pixel(&p, y, x), 3);
            assert_memory_equal(pixel(&p, 0, x), pixel(&p, y, x + width + 4), 3);
        }
    assert_int_equal(count_colour(&p, height + 4, width + 4, white), height * width);
    assert_in_range(count_colour(&p, height + 4, 0, yellow), 15 * height, 25 * width + 25 * height);
    sep_picture_free(&p);
    assert_int_equal(sep_registration_picture(&v, &v, &t, DEPTH, &how, &p), SEP_ERR_ARGUMENT);
    sep_volume_free(&v);
}

static void a_picture_of_folds(void **state)
{
    const sep_warp_options how = {0};
    const uint8_t yellow[3] = {240, 228, 66};
    sep_volume v = ramp();
    sep_spatial_transform t = bent(&v, 15.0);
    sep_picture p;

    (void)state;
    assert_int_equal(sep_registration_picture(&v, &v, &t, 0, &how, &p), SEP_OK);
    assert_true(count_colour(&p, p.height / 2 + 2, p.width / 2 + 2, yellow) > 0);
    sep_picture_free(&p);
    sep_spatial_free(&t);
    sep_volume_free(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(determinants_are_differences),
        cmocka_unit_test(an_affine_map_has_one_determinant),
        cmocka_unit_test(a_field_has_those_of_its_transform),
        cmocka_unit_test(a_border_bends_nothing),
        cmocka_unit_test(folds_are_counted),
        cmocka_unit_test(the_bits_are_the_same),
        cmocka_unit_test(a_picture_of_nothing_found),
        cmocka_unit_test(a_picture_of_folds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
