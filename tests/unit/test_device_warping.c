/* Warping on devices: the bits of plain C for every way, every kind of look-up, odd sizes, slices, points outside, and
 * for sums of doubles without doubles. */
#include "support_opencl.h"
#include "support_warp.h"

#include <math.h>
#include <string.h>

/* ---- sums of doubles --------------------------------------------------------------------------------------------- */

enum { WIDTH = 64, ROWS = 24 };

/* Of all magnitudes up to 2. */
static double draw_term(const sep_random *random, int x)
{
    const double term = ldexp((double)sep_random_uniform(random, 2 * (uint64_t)x), -x) +
                        0x1p-30 * (double)sep_random_uniform(random, 2 * (uint64_t)x + 1);

    return x % 2 == 0 ? term : 1.0 + term;
}

/* On or beside the middle of two floats between 1/2 and 1. */
static double draw_middle(const sep_random *random, int x)
{
    const float value = 0.5f + sep_random_uniform(random, 1000 + (uint64_t)x) / 2.0f;
    const double middle = ((double)value + (double)nextafterf(value, 1.0f)) / 2.0;

    return x % 3 == 0 ? middle : nextafter(middle, x % 3 == 1 ? 0.0 : 1.0);
}

/* Rows of halves of the last place of a double and what is beside them; then terms that cancel ever more. */
static void draw_terms(double *along, double *across)
{
    static const double halves[] = {
        0.0, 0x1p-54, -0x1p-54, 0x1p-54 + 0x1p-80, -0x1p-54 - 0x1p-80, 0x1p-54 - 0x1p-84, 0x1.8p-53, 5e-324};
    const int fixed = sizeof halves / sizeof *halves;
    const sep_random random = {.seed = 3, .stream = sep_stream("terms")};

    for (int x = 0; x < WIDTH; x++)
        along[x] = x < WIDTH / 2 ? draw_middle(&random, x) : draw_term(&random, x - WIDTH / 2);
    along[WIDTH - 2] = 1e300;
    along[WIDTH - 1] = INFINITY;
    memcpy(across, halves, sizeof halves);
    for (int r = fixed; r < ROWS; r++)
        across[r] = ldexp((double)sep_random_normal(&random, 2000 + (uint64_t)r), -3 * (r - fixed)) - r % 2;
}

/* A volume of two voxels, 0 and 1, gives the coordinate itself. */
static void sums_are_rounded_twice(void **state)
{
    static double along[3 * WIDTH], across[3 * ROWS];
    static float got[ROWS * WIDTH];
    const float data[2] = {0.0f, 1.0f};
    sep_device *const *devices;
    const sep_warp_call call = {.width = WIDTH,
                                .rows = ROWS,
                                .along = along,
                                .across = across,
                                .lookup = SEP_LOOKUP_LINEAR,
                                .volume = {2, 1, 1},
                                .data = data,
                                .outside = -7.0f,
                                .out = got};

    (void)state;
    draw_terms(along, across);
    for (int d = 0, count = support_opencl_devices(&devices); d < count; d++) {
        assert_int_equal(devices[d]->backend->warp(devices[d], &call), SEP_OK);
        for (int i = 0; i < ROWS * WIDTH; i++) {
            const float p = (float)(along[i % WIDTH] + across[i / WIDTH]), held = p > 0.0f ? p < 1.0f ? p : 1.0f : 0.0f;
            const float wanted = p >= -0.5f && p <= 1.5f ? held : -7.0f;

            if (memcmp(&got[i], &wanted, sizeof wanted) != 0)
                fail_msg("%s: %a + %a is %a, wanted %a", devices[d]->description, along[i % WIDTH], across[i / WIDTH],
                         (double)got[i], (double)wanted);
        }
    }
}

/* The least voxel at 0, and between two classes with the same weight. */
static void zeros_keep_their_sign_and_equals_give_the_lowest(void **state)
{
    static double along[3 * 16], across[3];
    const float zeros[2] = {-0.0f, -1.0f};
    const uint8_t classes[2] = {2, 1};
    float zero;
    uint8_t class;
    sep_warp_call call = {.width = 1, .rows = 1, .along = along, .across = across, .volume = {2, 1, 1}};
    sep_device *const *devices;

    (void)state;
    for (int d = 0, count = support_opencl_devices(&devices); d < count; d++) {
        across[0] = 0.0;
        call.lookup = SEP_LOOKUP_LINEAR;
        call.data = zeros;
        call.out = &zero;
        assert_int_equal(devices[d]->backend->warp(devices[d], &call), SEP_OK);
        assert_true(zero == 0.0f && signbit(zero));
        across[0] = 0.5;
        call.lookup = SEP_LOOKUP_CLASS;
        call.data = classes;
        call.out = &class;
        assert_int_equal(devices[d]->backend->warp(devices[d], &call), SEP_OK);
        assert_int_equal(class, 1);
    }
}

/* ---- ways and look-ups ------------------------------------------------------------------------------------------- */

/* One volume, label map and transform on one grid. */
typedef struct example {
    const sep_volume *volume, *grid;
    const sep_labels *labels;
    const sep_spatial_transform *transform;
} example;

static sep_labels classes_over(const sep_volume *v)
{
    sep_labels l;

    assert_int_equal(sep_labels_create(&l, v->depth, v->height, v->width), SEP_OK);
    sep_labels_take_geometry(&l, v);
    for (int i = 0; i < v->depth * v->height * v->width; i++)
        l.data[i] = (uint8_t)(v->data[i] * 4.0f);
    return l;
}

static void warp_both(const example *e, const sep_warp_options *how, sep_volume *volume, sep_labels *labels)
{
    if (sep_warp_volume(e->volume, e->transform, e->grid, how, volume) != SEP_OK ||
        sep_warp_labels(e->labels, e->transform, e->grid, how, labels) != SEP_OK)
        fail_msg("%s", sep_error_text());
}

static void check_device(const example *e, sep_warp_options how, sep_device *device)
{
    const size_t voxels = (size_t)e->grid->depth * (size_t)e->grid->height * (size_t)e->grid->width;
    sep_volume wanted, got;
    sep_labels wanted_labels, got_labels;

    warp_both(e, &how, &wanted, &wanted_labels);
    how.device = device;
    warp_both(e, &how, &got, &got_labels);
    assert_memory_equal(wanted.data, got.data, voxels * sizeof(float));
    assert_memory_equal(wanted_labels.data, got_labels.data, voxels);
    sep_volume_free(&wanted);
    sep_volume_free(&got);
    sep_labels_free(&wanted_labels);
    sep_labels_free(&got_labels);
}

/* Linearly and by nearest voxels, by cubic splines and by classes; forwards and backwards. */
static void check_devices(const example *e)
{
    sep_device *const *devices;
    const int count = support_opencl_devices(&devices);

    for (int d = 0; d < count; d++)
        for (int k = 0; k < 4; k++) {
            const sep_warp_options how = {
                .inverse = k & 1, .linear = k & 2, .cubic = k & 2, .outside = -7.0f, .simd = "generic", .threads = 1};

            check_device(e, how, devices[d]);
        }
}

/* The transform as a field on another grid, which it leaves in places. */
static sep_spatial_transform field_of(const sep_spatial_transform *t, const sep_volume *grid)
{
    const sep_warp_options how = {.threads = 1};
    sep_spatial_transform dense;

    sep_spatial_identity(&dense);
    assert_int_equal(sep_spatial_field(t, grid, &how, &dense.field), SEP_OK);
    return dense;
}

static void check_size(int depth, int height, int width)
{
    sep_volume v = warp_example_volume(depth, height, width), turned = {.depth = 2, .height = 3, .width = 19};
    sep_labels labels = classes_over(&v);
    sep_spatial_transform affine = warp_example_transform(&v, 0, 0.0), bent = warp_example_transform(&v, 4, 1.5),
                          dense = field_of(&bent, &v);
    const sep_spatial_transform *all[] = {&affine, &bent, &dense};

    warp_example_place(&turned, true);
    for (int t = 0; t < 3; t++) {
        check_devices(&(example){&v, &v, &labels, all[t]});
        check_devices(&(example){&v, &turned, &labels, all[t]});
    }
    sep_spatial_free(&bent);
    sep_spatial_free(&dense);
    sep_labels_free(&labels);
    sep_volume_free(&v);
}

static void volumes_have_the_processors_bits(void **state)
{
    (void)state;
    check_size(3, 7, 19);
    check_size(4, 2, 16);
}

static void slices_have_the_processors_bits(void **state)
{
    (void)state;
    check_size(1, 9, 17);
    check_size(1, 1, 1);
}

/* Rows along the nodes and across them, within the domain in places. */
static void small_splines_have_the_processors_bits(void **state)
{
    sep_volume v = warp_example_volume(6, 7, 35), turned = v;
    sep_labels labels = classes_over(&v);
    sep_spatial_transform bent = warp_example_transform(&v, 4, 1.5);

    (void)state;
    warp_example_place(&turned, true);
    for (int i = 0; i < 3; i++)
        for (int axis = 0; axis < 3; axis++) {
            bent.spline.to_world[i][3] += bent.spline.to_world[i][axis];
            bent.spline.to_world[i][axis] *= 0.6;
        }
    check_devices(&(example){&v, &v, &labels, &bent});
    check_devices(&(example){&v, &turned, &labels, &bent});
    sep_spatial_free(&bent);
    sep_labels_free(&labels);
    sep_volume_free(&v);
}

/* Rows of two chunks, along which y and z of the nodes change by less than counts. */
static void long_rows_have_the_processors_bits(void **state)
{
    sep_volume v = warp_example_volume(2, 1, 531);
    sep_labels labels = classes_over(&v);
    sep_spatial_transform bent = warp_example_transform(&v, 4, 1.5);

    (void)state;
    bent.spline.to_world[1][0] = 4e-6;
    check_devices(&(example){&v, &v, &labels, &bent});
    sep_spatial_free(&bent);
    sep_labels_free(&labels);
    sep_volume_free(&v);
}

/* More rows than are launched at once: not in a simulator, which takes minutes for them. */
static void many_rows_have_the_processors_bits(void **state)
{
    sep_volume v = warp_example_volume(260, 257, 1);
    sep_labels labels = classes_over(&v);
    sep_spatial_transform affine = warp_example_transform(&v, 0, 0.0);
    sep_device *const *devices;

    (void)state;
    for (int d = 0, count = support_opencl_devices(&devices); d < count; d++)
        if (strstr(devices[d]->description, "Oclgrind") == NULL)
            check_device(&(example){&v, &v, &labels, &affine}, (sep_warp_options){.simd = "generic"}, devices[d]);
    sep_labels_free(&labels);
    sep_volume_free(&v);
}

static void the_processor_is_a_device_too(void **state)
{
    sep_volume v = warp_example_volume(5, 13, 33);
    sep_labels labels = classes_over(&v);
    sep_spatial_transform affine = warp_example_transform(&v, 0, 0.0);
    sep_device *cpu = support_device(NULL, 1);

    (void)state;
    check_device(&(example){&v, &v, &labels, &affine}, (sep_warp_options){.simd = "generic"}, cpu);
    sep_device_destroy(cpu);
    sep_labels_free(&labels);
    sep_volume_free(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_are_rounded_twice),
        cmocka_unit_test(zeros_keep_their_sign_and_equals_give_the_lowest),
        cmocka_unit_test(volumes_have_the_processors_bits),
        cmocka_unit_test(slices_have_the_processors_bits),
        cmocka_unit_test(small_splines_have_the_processors_bits),
        cmocka_unit_test(long_rows_have_the_processors_bits),
        cmocka_unit_test(many_rows_have_the_processors_bits),
        cmocka_unit_test(the_processor_is_a_device_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
