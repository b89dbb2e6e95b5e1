/* The search for a transform on devices: every evaluation has the bits of plain C, for samples inside, on borders and
 * outside, blocks of one group and uneven ones, with and without a deformation, and so have whole searches. */
#include "support_image.h"
#include "support_opencl.h"
#include "support_warp.h"

#include "registration/search/evaluator.h"
#include "simd/choose.h"

#include <math.h>
#include <string.h>

static int devices_or_skip(sep_device *const **devices)
{
    const int count = support_opencl_devices(devices);

    if (count == 0) {
        print_message("no OpenCL device (PoCL would be one: pocl-opencl-icd)\n");
        skip();
    }
    return count;
}

static void must(sep_status status)
{
    if (status != SEP_OK)
        fail_msg("%s", sep_error_text());
}

/* ---- evaluations ------------------------------------------------------------------------------------------------- */

static const float map[3][4] = {{1.1f, 0.2f, -0.1f, 0.3f}, {-0.2f, 0.9f, 0.05f, -0.4f}, {0.03f, 0.1f, 1.2f, 0.7f}};
static const float back[3][4] = {{0.9f, 0.1f, 0.02f, 0.0f}, {-0.3f, 1.1f, 0.0f, 0.0f}, {0.1f, -0.2f, 0.8f, 0.0f}};

typedef struct example {
    int samples, bins;
    int volume[3], nodes[3]; /* no nodes: no deformation */
} example;

/* What evaluations leave, in one array so that it is compared as a whole. */
typedef struct results {
    size_t count;
    float *all, *histogram, *sum;
    float (*by_map)[3][4];
} results;

static int nodes_of(const example *e)
{
    return e->nodes[0] * e->nodes[1] * e->nodes[2];
}

static results make_results(const example *e)
{
    const size_t elements = (size_t)e->bins * (size_t)e->bins, nodes = (size_t)nodes_of(e);
    results r = {.count = elements + (3 * nodes + 12) * SEP_SAMPLE_BLOCKS};

    r.all = sep_calloc(r.count, sizeof *r.all);
    assert_non_null(r.all);
    r.histogram = r.all;
    r.sum = r.histogram + elements;
    r.by_map = (float(*)[3][4])(void *)(r.sum + 3 * nodes * SEP_SAMPLE_BLOCKS);
    return r;
}

/* Points up to two voxels beyond the volume, every fourth on a voxel; what fills up the last group is nowhere. */
static void draw_samples(const example *e, uint32_t seed, sep_samples *s)
{
    support_array force = support_random(SEP_SHAPE(s->padded), seed + 7);

    for (int i = 0; i < 3; i++) {
        support_array p =
            support_random_between(SEP_SHAPE(s->padded), seed + (uint32_t)i, -2.0f, (float)e->volume[i] + 1.0f);

        for (int k = 0; k < s->padded; k++)
            s->at[i][k] = k >= s->count ? SEP_SAMPLE_NOWHERE : k % 4 == 0 ? floorf(p.f32[k]) : p.f32[k];
        support_array_free(&p);
    }
    for (int k = 0; k < s->padded; k++) {
        s->row[k] = e->bins * ((k * 7 + (int)seed) % (k % 3 == 0 ? e->bins : 3));
        s->force[k] = force.f32[k];
    }
    support_array_free(&force);
}

/* Values, inside and beyond come into the samples. The gradient shows in the sums alone. */
static void evaluate(sep_evaluator *evaluator, sep_border border, sep_samples *s, const float *coefficient, results *r)
{
    evaluator->border = border;
    evaluator->lowest = -0.75f;
    must(evaluator->by->draw(evaluator, s));
    must(evaluator->by->look_up(evaluator, s, map, coefficient));
    for (int i = 0; i < s->count && border != SEP_BORDER_LEFT_OUT; i++)
        s->inside[i] = 1.0f;
    must(evaluator->by->histogram(evaluator, s, r->histogram));
    must(evaluator->by->map_gradient(evaluator, s, r->by_map));
    if (coefficient != NULL)
        must(evaluator->by->spread(evaluator, s, 0.3f, back, r->sum));
}

static void assert_same_floats(const float *wanted, const float *got, size_t count, const char *what)
{
    for (size_t i = 0; i < count; i++)
        if (memcmp(&wanted[i], &got[i], sizeof *wanted) != 0)
            fail_msg("%s %zu: wanted %a, got %a", what, i, (double)wanted[i], (double)got[i]);
}

/* Value, inside and beyond. */
static void take_found(const sep_samples *s, float *found)
{
    const float *const all[] = {s->moving, s->inside, s->beyond[0], s->beyond[1], s->beyond[2]};

    for (size_t i = 0; i < 5; i++)
        memcpy(found + i * (size_t)s->padded, all[i], (size_t)s->padded * sizeof *found);
}

/* A draw for each border: nothing of the one before is left. */
static void compare(const example *e, sep_evaluator *host, sep_evaluator *device, const float *coefficient)
{
    sep_samples s;
    results wanted = make_results(e), got = make_results(e);

    must(sep_samples_create(e->samples, &s));
    const size_t found = 5 * (size_t)s.padded;
    float *by_host = sep_calloc(2 * found, sizeof *by_host), *by_device = by_host + found;
    assert_non_null(by_host);
    for (int border = SEP_BORDER_LEFT_OUT; border <= SEP_BORDER_HELD; border++) {
        draw_samples(e, 1 + 19 * (uint32_t)border, &s);
        evaluate(host, (sep_border)border, &s, coefficient, &wanted);
        take_found(&s, by_host);
        evaluate(device, (sep_border)border, &s, coefficient, &got);
        take_found(&s, by_device);
        assert_same_floats(by_host, by_device, found, "value, inside, beyond");
        assert_same_floats(wanted.all, got.all, wanted.count, "sum");
    }
    sep_free(by_host);
    sep_samples_free(&s);
    sep_free(wanted.all);
    sep_free(got.all);
}

static void check(const example *e, sep_device *device)
{
    const sep_parzen parzen = {.bins = e->bins, .scale = (float)(e->bins - 4) / 2.0f, .offset = (float)e->bins / 2.0f};
    sep_control_grid grid = {.scale = {0.7f, 0.8f, 0.9f}, .offset = {0.1f, -0.2f, 0.05f}};
    const int *v = e->volume;
    support_array data = support_random(SEP_SHAPE(v[0] * v[1] * v[2]), 3);
    support_array coefficient = support_random(SEP_SHAPE(3 * nodes_of(e) + 1), 4);
    const sep_lattice volume = {data.f32, v[0], v[1], v[2]};
    sep_evaluator *host, *remote;
    const sep_simd *generic;
    sep_samples like;

    memcpy(grid.size, e->nodes, sizeof grid.size);
    must(sep_samples_create(e->samples, &like));
    must(sep_simd_choose("generic", &generic));
    must(sep_evaluator_on_host(&volume, &parzen, &like, generic, 1, &host));
    must(sep_evaluator_on_device(&volume, &parzen, device, &remote));
    host->grid = remote->grid = grid;
    compare(e, host, remote, nodes_of(e) > 0 ? coefficient.f32 : NULL);
    sep_evaluator_destroy(host);
    sep_evaluator_destroy(remote);
    sep_samples_free(&like);
    support_array_free(&data);
    support_array_free(&coefficient);
}

static void evaluations_have_the_processors_bits(void **state)
{
    static const example examples[] = {
        {64, 32, {9, 7, 5}, {0, 0, 0}},   {100, 8, {9, 7, 5}, {7, 6, 5}},  {1000, 32, {33, 20, 1}, {9, 5, 4}},
        {700, 17, {5, 1, 3}, {4, 4, 4}},  {16, 32, {1, 1, 1}, {4, 4, 4}},  {1, 8, {4, 4, 4}, {5, 5, 5}},
        {513, 128, {6, 5, 4}, {0, 0, 0}}, {270, 9, {2, 2, 2}, {13, 4, 6}},
    };
    sep_device *const *devices;

    (void)state;
    for (int d = 0, count = devices_or_skip(&devices); d < count; d++)
        for (size_t i = 0; i < sizeof examples / sizeof *examples; i++)
            check(&examples[i], devices[d]);
}

static void memory_that_is_not_there_is_said(void **state)
{
    const sep_search_level level = {
        .volume = {1 << 15, 1 << 15, 1 << 10}, .samples = 16, .drawn = 16, .block = 16, .bins = 8};
    sep_device *const *devices;
    sep_search *search;

    (void)state;
    for (int d = 0, count = devices_or_skip(&devices); d < count; d++) {
        assert_int_equal(devices[d]->backend->search->create(devices[d], &level, &search), SEP_ERR_MEMORY);
        assert_null(search);
        assert_non_null(strstr(sep_error_text(), "the search for a transform needs a buffer of 4194304 MiB"));
    }
}

/* ---- whole searches ---------------------------------------------------------------------------------------------- */

static void find(const sep_volume *fixed, const sep_volume *moving, sep_registration_options how, sep_device *device,
                 sep_spatial_transform *found, sep_registration_report *report)
{
    how.device = device;
    must(sep_register(fixed, moving, &how, found, report));
    assert_int_equal(report->failed, false);
}

static void compare_searches(const sep_volume *fixed, const sep_volume *moving, const sep_registration_options *how,
                             sep_device *device)
{
    sep_spatial_transform wanted, got;
    sep_registration_report by_host, by_device;

    find(fixed, moving, *how, NULL, &wanted, &by_host);
    find(fixed, moving, *how, device, &got, &by_device);
    assert_memory_equal(wanted.matrix, got.matrix, sizeof got.matrix);
    assert_memory_equal(wanted.spline.size, got.spline.size, sizeof got.spline.size);
    const size_t nodes = (size_t)got.spline.size[0] * (size_t)got.spline.size[1] * (size_t)got.spline.size[2];
    for (int i = 0; i < 3 && nodes > 0; i++)
        assert_memory_equal(wanted.spline.coefficient[i], got.spline.coefficient[i], nodes * sizeof(double));
    assert_memory_equal(&by_host.before, &by_device.before, 4 * sizeof(double)); /* both metrics, at both ends */
    sep_spatial_free(&wanted);
    sep_spatial_free(&got);
}

/* Not in a simulator, which takes minutes for them. */
static void searches_have_the_processors_bits(void **state)
{
    static const struct {
        sep_transform_kind kind;
        sep_registration_metric metric;
        sep_registration_optimiser optimiser;
    } all[] = {{SEP_AFFINE, SEP_CORRELATION, SEP_LBFGS},
               {SEP_AFFINE, SEP_MUTUAL_INFORMATION, SEP_LBFGS},
               {SEP_RIGID, SEP_MUTUAL_INFORMATION, SEP_ASGD},
               {SEP_DEFORMABLE, SEP_CORRELATION, SEP_LBFGS},
               {SEP_DEFORMABLE, SEP_MUTUAL_INFORMATION, SEP_LBFGS},
               {SEP_DEFORMABLE, SEP_LOCAL_CORRELATION, SEP_LBFGS},
               {SEP_DEFORMABLE, SEP_MEAN_SQUARES, SEP_ASGD}};
    sep_device *const *devices;
    sep_volume fixed;

    (void)state;
    const int count = devices_or_skip(&devices);
    sep_volume moving = abdomen_example();
    sep_spatial_transform known = warp_example_transform(&moving, 4, 1.5);
    must(sep_warp_volume(&moving, &known, &moving, &(sep_warp_options){.outside = -1000.0f}, &fixed));
    for (int d = 0; d < count; d++)
        for (size_t i = 0; i < sizeof all / sizeof *all && strstr(devices[d]->description, "Oclgrind") == NULL; i++) {
            const sep_registration_options how = {.kind = all[i].kind,
                                                  .metric = all[i].metric,
                                                  .optimiser = all[i].optimiser,
                                                  .iterations = 10,
                                                  .spline_iterations = 3,
                                                  .samples = 1000,
                                                  .spline_samples = 2000,
                                                  .grid = 60.0,
                                                  .quiet = true};

            compare_searches(&fixed, &moving, &how, devices[d]);
        }
    sep_spatial_free(&known);
    sep_volume_free(&fixed);
    sep_volume_free(&moving);
}

/* It has no kernels of its own for the search: the threads do it. */
static void the_processor_is_a_device_too(void **state)
{
    sep_volume moving = abdomen_example(), fixed;
    sep_spatial_transform known = warp_example_transform(&moving, 0, 0.0);
    sep_device *cpu = support_device(NULL, 1);

    (void)state;
    must(sep_warp_volume(&moving, &known, &moving, &(sep_warp_options){.outside = -1000.0f}, &fixed));
    compare_searches(&fixed, &moving, &(sep_registration_options){.iterations = 5, .samples = 500, .quiet = true}, cpu);
    sep_device_destroy(cpu);
    sep_spatial_free(&known);
    sep_volume_free(&fixed);
    sep_volume_free(&moving);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(evaluations_have_the_processors_bits),
        cmocka_unit_test(memory_that_is_not_there_is_said),
        cmocka_unit_test(searches_have_the_processors_bits),
        cmocka_unit_test(the_processor_is_a_device_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
