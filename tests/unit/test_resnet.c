/* The ResNet-v2 encoder is the published one: parameters, the maps' shapes, and what it refuses. */
#include "nets/resnet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const sep_resnet_options published = {64, 3, 4, 9, 32}, small = {4, 1, 2, 1, 2};

static sep_net_spec spec_of(const sep_resnet_options *options, int channels, int side)
{
    sep_net_spec spec = {.channels = channels, .height = side, .width = side};

    memcpy(&spec.options, options, sizeof *options);
    return spec;
}

/* Builds it for two images, and expects so many parameters and the maps' sides and channels. */
static void check(const sep_resnet_options *options, int channels, int side, int64_t parameters)
{
    const sep_net_spec spec = spec_of(options, channels, side);
    sep_device *device;
    sep_store *store;

    assert_int_equal(sep_check_resnet(&spec), SEP_OK);
    assert_int_equal(sep_cpu_create(1, NULL, &device), SEP_OK);
    assert_int_equal(sep_store_create(device, 1, &store), SEP_OK);
    sep_graph *graph = sep_graph_create(store, true);
    sep_maps maps = sep_encode_resnet(graph, &spec, sep_input(graph, "x", SEP_SHAPE(2, side, side, channels), SEP_F32));
    assert_int_equal(sep_graph_status(graph), SEP_OK);
    assert_int_equal(sep_store_elements(store, SEP_ROLE_PARAMETER, ""), parameters);
    assert_int_equal(maps.count, SEP_RESNET_MAPS);
    for (int i = 0; i < maps.count; i++) {
        sep_shape wanted = SEP_SHAPE(2, side >> (i + 1), side >> (i + 1), options->base << (i > 0 ? i + 1 : 0));
        assert_true(sep_shape_equal(sep_node_shape(maps.map[i]), &wanted));
    }
    sep_graph_destroy(graph);
    sep_store_destroy(store);
    sep_device_destroy(device);
}

static void published_parameters(void **state)
{
    (void)state;
    check(&published, 3, 224, 11894848);
    check(&published, 1, 224, 11894848);
}

/* The root, then each stage's first block (which projects) and the others. */
static void settings_are_heeded(void **state)
{
    const int64_t root = 147 * 4 + 8, first = 4 * 4 + 36 * 4 + 4 * 16 + 4 * 16 + 2 * (4 + 4 + 16 + 16);
    const int64_t second = 16 * 8 + 72 * 8 + 8 * 32 + 16 * 32 + 2 * (8 + 8 + 32 + 32);
    const int64_t third = 32 * 8 + 72 * 8 + 8 * 32 + 2 * (8 + 8 + 32);
    const int64_t last = 32 * 16 + 144 * 16 + 16 * 64 + 32 * 64 + 2 * (16 + 16 + 64 + 64);

    (void)state;
    check(&small, 1, 32, root + first + second + third + last);
}

static void refusals(void **state)
{
    sep_resnet_options ungroupable = {6, 1, 1, 1, 4};
    const sep_net_spec odd = spec_of(&small, 1, 40), uneven = spec_of(&ungroupable, 1, 32);

    (void)state;
    assert_int_equal(sep_check_resnet(&odd), SEP_ERR_SHAPE);
    assert_int_equal(sep_check_resnet(&uneven), SEP_ERR_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_parameters),
        cmocka_unit_test(settings_are_heeded),
        cmocka_unit_test(refusals),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
