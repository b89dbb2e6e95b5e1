/* Prediction by probabilities: windows and resampling where they must change nothing, and that neither the slices that
 * a batch holds nor threads do. */
#include "model/predictor.h"
#include "support_net.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { SIDE = 32, CLASSES = 3, SLICES = 3, AT_ONCE = 4 };

typedef struct networks {
    sep_device *device;
    sep_store *store;
    sep_predictor *predictor;
} networks;

/* A U-Net as it begins, which tells little but the same each time. */
static networks open_networks(int threads)
{
    sep_net_spec spec = support_net("u-net", "base = 4", CLASSES, SIDE, SIDE);
    networks n;

    assert_int_equal(sep_net_complete(&spec), SEP_OK);
    assert_int_equal(sep_cpu_create(threads, NULL, &n.device), SEP_OK);
    assert_int_equal(sep_store_create(n.device, 1, &n.store), SEP_OK);
    assert_int_equal(sep_predictor_create(n.store, &spec, 1, false, AT_ONCE, SEP_ZOOM_LINEAR, &n.predictor), SEP_OK);
    assert_int_equal(sep_store_allocate(n.store), SEP_OK);
    return n;
}

static void close_networks(networks *n)
{
    sep_predictor_destroy(n->predictor);
    sep_store_destroy(n->store);
    sep_device_destroy(n->device);
}

static sep_volume make_volume(int height, int width)
{
    const sep_random random = {.seed = 6, .stream = sep_stream("volume")};
    const float spacing[3] = {1.5f, 1.25f, 8.0f};
    sep_volume volume;

    assert_int_equal(sep_volume_create(&volume, SLICES, height, width), SEP_OK);
    assert_int_equal(sep_volume_set_spacing(&volume, spacing), SEP_OK);
    for (int i = 0; i < SLICES * height * width; i++)
        volume.data[i] = sep_random_uniform(&random, (uint64_t)i);
    return volume;
}

/* What is said of a volume. */
typedef struct answer {
    sep_labels labels;
    sep_volume probability[CLASSES];
} answer;

static answer segment(networks *n, const sep_volume *volume, bool smooth)
{
    const sep_segment_options how = {.smooth = smooth};
    answer a;

    if (sep_predictor_segment(n->predictor, volume, &how, &a.labels, a.probability) != SEP_OK)
        fail_msg("%s", sep_error_text());
    return a;
}

static void free_answer(answer *a)
{
    sep_labels_free(&a->labels);
    for (int c = 0; c < CLASSES; c++)
        sep_volume_free(&a->probability[c]);
}

static void check_near(const answer *a, const answer *b, float tolerance)
{
    const int voxels = a->labels.depth * a->labels.height * a->labels.width;
    int differ = 0;

    for (int c = 0; c < CLASSES; c++)
        for (int i = 0; i < voxels; i++)
            assert_true(fabsf(a->probability[c].data[i] - b->probability[c].data[i]) <= tolerance);
    for (int i = 0; i < voxels; i++)
        differ += a->labels.data[i] != b->labels.data[i];
    assert_true(tolerance > 0.0f ? differ <= voxels / 1000 : differ == 0);
}

/* The largest probability is the label's, and they sum to 1. */
static void check_sound(const answer *a, const sep_volume *volume)
{
    assert_int_equal(sep_space_compare(volume, &a->probability[0]).relation, SEP_SPACE_SAME);
    for (int i = 0; i < volume->depth * volume->height * volume->width; i++) {
        float sum = 0.0f;
        for (int c = 0; c < CLASSES; c++) {
            sum += a->probability[c].data[i];
            assert_true(a->probability[c].data[i] <= a->probability[a->labels.data[i]].data[i]);
        }
        assert_true(fabsf(sum - 1.0f) < 1e-5f);
    }
}

/* Each way that shares passes with others says what it says by itself. */
static void test_all_ways_at_once(void **state)
{
    networks n = open_networks(1);
    sep_volume volume = make_volume(SIDE + 9, SIDE - 5);
    answer together[SEP_MOST_WAYS];
    sep_way way[SEP_MOST_WAYS];

    (void)state;
    for (int k = 0; k < SEP_MOST_WAYS; k++)
        way[k] = (sep_way){(sep_tta)(k / 2), k % 2 == 1, &together[k].labels, together[k].probability, NULL};
    assert_int_equal(
        sep_predictor_segment_ways(n.predictor, &volume, (sep_answer){SEP_ALL_STUDENTS, false}, way, SEP_MOST_WAYS),
        SEP_OK);
    for (int k = 0; k < SEP_MOST_WAYS; k++) {
        const sep_segment_options how = {{SEP_ALL_STUDENTS, false}, way[k].tta, way[k].smooth};
        answer alone;
        assert_int_equal(sep_predictor_segment(n.predictor, &volume, &how, &alone.labels, alone.probability), SEP_OK);
        check_near(&alone, &together[k], 0.0f);
        free_answer(&alone);
        free_answer(&together[k]);
    }
    sep_volume_free(&volume);
    close_networks(&n);
}

/* A slice of the patch's size is one window, is not resized, and its own spacing changes nothing. */
static void test_one_window_is_the_whole(void **state)
{
    const float none[2] = {0.0f, 0.0f}, own[2] = {1.5f, 1.25f};
    networks n = open_networks(1);
    sep_volume volume = make_volume(SIDE, SIDE);
    answer whole = segment(&n, &volume, false), other;

    (void)state;
    for (int way = 0; way < 4; way++) {
        sep_predictor_see(n.predictor, way < 2 ? SEP_PATCH_WHOLE : SEP_PATCH_WINDOW, way % 2 ? own : none);
        other = segment(&n, &volume, way == 0);
        check_near(&whole, &other, 1e-5f);
        check_sound(&other, &volume);
        free_answer(&other);
    }
    free_answer(&whole);
    sep_volume_free(&volume);
    close_networks(&n);
}

static sep_volume slice_of(const sep_volume *volume, int z)
{
    sep_volume slice;

    assert_int_equal(sep_volume_create(&slice, 1, volume->height, volume->width), SEP_OK);
    sep_volume_take_geometry(&slice, volume);
    memcpy(slice.data, sep_volume_slice(volume, z),
           (size_t)volume->height * (size_t)volume->width * sizeof *slice.data);
    return slice;
}

/* Each slice by itself has the bits that it has among the others. */
static void check_slices(networks *n, const sep_volume *volume, const answer *all)
{
    const size_t pixels = (size_t)volume->height * (size_t)volume->width;

    for (int z = 0; z < SLICES; z++) {
        sep_volume slice = slice_of(volume, z);
        answer one = segment(n, &slice, false);
        assert_memory_equal(one.labels.data, sep_labels_slice(&all->labels, z), pixels);
        for (int c = 0; c < CLASSES; c++)
            assert_memory_equal(one.probability[c].data, sep_volume_slice(&all->probability[c], z),
                                pixels * sizeof(float));
        free_answer(&one);
        sep_volume_free(&slice);
    }
}

static void test_slices_and_threads_change_nothing(void **state)
{
    static const int sizes[][2] = {{20, 71}, {50, 45}, {9, 12}};
    const float spacing[2] = {1.2f, 1.4f};

    (void)state;
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++)
        for (sep_patch_view view = SEP_PATCH_WHOLE; view <= SEP_PATCH_WINDOW; view++) {
            networks one = open_networks(1), two = open_networks(2);
            sep_volume volume = make_volume(sizes[s][0], sizes[s][1]);
            sep_predictor_see(one.predictor, view, spacing);
            sep_predictor_see(two.predictor, view, spacing);
            answer first = segment(&one, &volume, false), second = segment(&two, &volume, false);
            check_sound(&first, &volume);
            check_near(&first, &second, 0.0f);
            check_slices(&one, &volume, &first);
            free_answer(&first);
            free_answer(&second);
            sep_volume_free(&volume);
            close_networks(&one);
            close_networks(&two);
        }
}

/* The probability of the label, and nothing else, is its confidence. */
static void test_confidence(void **state)
{
    const float none[2] = {0.0f, 0.0f};
    networks n = open_networks(1);
    sep_volume volume = make_volume(40, 37), confidence;
    sep_segment_options how = {0};
    sep_labels labels;

    (void)state;
    sep_predictor_see(n.predictor, SEP_PATCH_WINDOW, none);
    answer a = segment(&n, &volume, false);
    assert_int_equal(sep_predictor_segment_surely(n.predictor, &volume, &how, &labels, &confidence), SEP_OK);
    for (int i = 0; i < SLICES * 40 * 37; i++) {
        assert_int_equal(labels.data[i], a.labels.data[i]);
        assert_true(confidence.data[i] == a.probability[labels.data[i]].data[i]);
    }
    sep_labels_free(&labels);
    sep_volume_free(&confidence);
    free_answer(&a);
    sep_volume_free(&volume);
    close_networks(&n);
}

static void test_a_volume_without_spacing(void **state)
{
    const float spacing[2] = {1.2f, 1.4f};
    networks n = open_networks(1);
    sep_volume volume = make_volume(SIDE, SIDE);
    const sep_segment_options how = {0};
    sep_labels labels;

    (void)state;
    volume.has_geometry = false;
    sep_predictor_see(n.predictor, SEP_PATCH_WHOLE, spacing);
    assert_int_equal(sep_predictor_segment(n.predictor, &volume, &how, &labels, NULL), SEP_ERR_FORMAT);
    assert_null(labels.data);
    assert_non_null(strstr(sep_error_text(), "does not say how large its pixels are"));
    sep_volume_free(&volume);
    close_networks(&n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_window_is_the_whole),
        cmocka_unit_test(test_slices_and_threads_change_nothing),
        cmocka_unit_test(test_confidence),
        cmocka_unit_test(test_all_ways_at_once),
        cmocka_unit_test(test_a_volume_without_spacing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
