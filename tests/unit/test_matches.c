/* Matches, and slices carried to other scans: pixels of earlier maps that registration finds at the same place, in
 * scans that are shifted copies of one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config.h"
#include "data/sample.h"

#include <math.h>
#include <string.h>

enum { SCANS = 4, DEPTH = 5, SIDE = 40, PATCH = 32, BATCH = 4, SLOTS = 12, PARTNERS = 2, ITERATIONS = 30 };

/* Scan i is moved against scan 0 by so many voxels along (x, y, z). Scans 2 and 3 are of one patient. */
static const int moved[SCANS][3] = {{0, 0, 0}, {3, -2, 1}, {-4, 1, -1}, {2, 5, 0}};

/* What voxel (x, y, z) of scan i shows: its place in scan 0 along one axis, far from the 0 that is outside. */
enum { FAR = 10000 };
static float content(int i, int axis, int x, int y)
{
    return (float)(FAR + (axis == 0 ? x : y) - moved[i][axis]);
}

static bool find_moved(const void *registrations, int fixed, int moving, const double voxel[3], double place[3])
{
    (void)registrations;
    for (int axis = 0; axis < 3; axis++)
        place[axis] = voxel[axis] - moved[fixed][axis] + moved[moving][axis];
    return true;
}

static sep_dataset *make_dataset(int axis)
{
    sep_volume image[SCANS] = {{0}};
    sep_labels label[SCANS] = {{0}};
    sep_dataset *dataset;

    for (int i = 0; i < SCANS; i++) {
        assert_int_equal(sep_volume_create(&image[i], DEPTH, SIDE, SIDE), SEP_OK);
        for (int k = 0; k < DEPTH * SIDE * SIDE; k++)
            image[i].data[k] = content(i, axis, k % SIDE, k / SIDE % SIDE);
    }
    for (int i = 0; i < 2; i++)
        assert_int_equal(sep_labels_create(&label[i], DEPTH, SIDE, SIDE), SEP_OK);
    assert_int_equal(sep_dataset_from_memory(2, image, label, SCANS, 0, &dataset), SEP_OK);
    dataset->scan[3].group = dataset->scan[2].group;
    dataset->matcher = (sep_matcher){.registrations = dataset, .find = find_moved};
    return dataset;
}

/* The images of the samples in the memory, and their slices. */
typedef struct remembered {
    float image[SLOTS][PATCH * PATCH];
    int slice_id[SLOTS];
} remembered;

static void remember(const sep_batch *batch, remembered *memory)
{
    for (int i = 0; i < BATCH; i++) {
        int slot = (int)(batch->iteration % (SLOTS / BATCH)) * BATCH + i;
        memory->slice_id[slot] = batch->slice_id[i];
        memcpy(memory->image[slot], batch->sample[i].image, sizeof memory->image[slot]);
    }
}

/* Every match shows the same place; tells how many there were. */
static int check_sample(const sep_dataset *dataset, const sep_batch *batch, int i, int partner, int shrink,
                        const remembered *memory)
{
    const int side = PATCH / shrink, pixels = side * side;
    const int32_t *row = (const int32_t *)batch->stream[partner] + i * pixels;
    const sep_slice *here = &dataset->slice[batch->slice_id[i]];
    int found = 0;

    for (int k = 0; k < pixels; k++) {
        if (row[k] < 0)
            continue;
        const int slot = row[k] / pixels, at = row[k] % pixels;
        const sep_slice *there = &dataset->slice[memory->slice_id[slot]];
        const int from = (k / side * shrink + shrink / 2) * PATCH + k % side * shrink + shrink / 2;
        const int to = (at / side * shrink + shrink / 2) * PATCH + at % side * shrink + shrink / 2;
        const float own = batch->sample[i].image[from], its = memory->image[slot][to];
        assert_true(dataset->scan[here->scan].group != dataset->scan[there->scan].group);
        assert_int_equal(here->z - moved[here->scan][2], there->z - moved[there->scan][2]);
        if (own > FAR - SIDE && its > FAR - SIDE) /* else the patch shows what is outside of the slice */
            assert_true(fabsf(own - its) < 1.5f + 1.0f * (float)shrink);
        found++;
    }
    return found;
}

static void check_own(const sep_batch *batch, int pixels)
{
    const int32_t *own = batch->stream[0];

    for (int k = 0; k < BATCH * pixels; k++)
        assert_int_equal(own[k], (int)(batch->iteration % (SLOTS / BATCH)) * BATCH * pixels + k);
}

static void check_stream(sep_augmentation augmentation, sep_patch_view view, int shrink, int axis)
{
    sep_dataset *dataset = make_dataset(axis);
    sep_stream_request request[1 + PARTNERS];
    sep_batch_config config = {.height = PATCH,
                               .width = PATCH,
                               .labelled_batch = 2,
                               .unlabelled_batch = 2,
                               .augmentation = augmentation,
                               .view = view,
                               .seed = 5,
                               .streams = 1 + PARTNERS,
                               .stream = request};
    static remembered memory;
    const sep_batch *batch;
    sep_loader *loader;
    int found[1 + PARTNERS] = {0};

    config.strong = (sep_strong_settings){.rotation_probability = 1.0f,
                                          .rotation = 20.0f,
                                          .elastic_probability = 1.0f,
                                          .elastic = 0.02f,
                                          .scale_low = 1.0f,
                                          .scale_high = 1.0f};
    for (int partner = 0; partner <= PARTNERS; partner++)
        request[partner] = (sep_stream_request){.stream = &sep_matches,
                                                .match = {.partner = partner, .slots = SLOTS, .shrink = shrink}};
    assert_int_equal(sep_matches.check(dataset), SEP_OK);
    assert_int_equal(sep_loader_create(dataset, &config, 0, &loader), SEP_OK);
    for (int t = 0; t < ITERATIONS; t++) {
        assert_int_equal(sep_loader_next(loader, &batch), SEP_OK);
        check_own(batch, (PATCH / shrink) * (PATCH / shrink));
        for (int i = 0; i < BATCH; i++)
            for (int partner = 1; partner <= PARTNERS; partner++)
                found[partner] += check_sample(dataset, batch, i, partner, shrink, &memory);
        remember(batch, &memory);
    }
    assert_true(found[1] > found[2] && found[2] > 0);
    assert_true(found[1] > ITERATIONS * BATCH * (PATCH / shrink) * (PATCH / shrink) / 8);
    sep_loader_destroy(loader);
    sep_dataset_destroy(dataset);
}

static void matches_show_the_same_place(void **state)
{
    (void)state;
    for (int augmentation = SEP_AUGMENT_NONE; augmentation <= SEP_AUGMENT_STRONG; augmentation++)
        for (int shrink = 1; shrink <= 4; shrink *= 4)
            for (int axis = 0; axis < 2; axis++)
                for (int view = SEP_PATCH_WHOLE; view <= SEP_PATCH_WINDOW; view++)
                    check_stream((sep_augmentation)augmentation, (sep_patch_view)view, shrink, axis);
}

/* The brute force: of all samples in the memory, the latest of another patient whose slice has the middle. */
static void the_first_partner_is_the_latest(void **state)
{
    sep_dataset *dataset = make_dataset(0);
    const sep_stream_request request = {.stream = &sep_matches, .match = {.partner = 1, .slots = SLOTS, .shrink = 1}};
    const sep_batch_config config = {.height = PATCH,
                                     .width = PATCH,
                                     .labelled_batch = 2,
                                     .unlabelled_batch = 2,
                                     .augmentation = SEP_AUGMENT_NONE,
                                     .seed = 6,
                                     .streams = 1,
                                     .stream = &request};
    const sep_batch *batch;
    sep_loader *loader;
    int slice_id[ITERATIONS][BATCH];

    (void)state;
    assert_int_equal(sep_loader_create(dataset, &config, 0, &loader), SEP_OK);
    for (int t = 0; t < ITERATIONS; t++) {
        assert_int_equal(sep_loader_next(loader, &batch), SEP_OK);
        for (int i = 0; i < BATCH; i++) {
            const sep_slice *here = &dataset->slice[batch->slice_id[i]];
            int expected = -1, slot = -1;
            for (int then = t - 1; then >= 0 && then >= t - SLOTS / BATCH && expected < 0; then--)
                for (int j = 0; j < BATCH && expected < 0; j++) {
                    const sep_slice *there = &dataset->slice[slice_id[then][j]];
                    if (dataset->scan[here->scan].group != dataset->scan[there->scan].group &&
                        here->z - moved[here->scan][2] == there->z - moved[there->scan][2])
                        expected = then % (SLOTS / BATCH) * BATCH + j;
                }
            for (int k = 0; k < PATCH * PATCH && slot < 0; k++) {
                int32_t row = ((const int32_t *)batch->stream[0])[i * PATCH * PATCH + k];
                slot = row >= 0 ? row / (PATCH * PATCH) : -1;
            }
            assert_int_equal(slot, expected);
        }
        memcpy(slice_id[t], batch->slice_id, sizeof slice_id[t]);
    }
    sep_loader_destroy(loader);
    sep_dataset_destroy(dataset);
}

static bool find_one_way(const void *registrations, int fixed, int moving, const double voxel[3], double place[3])
{
    return fixed < moving && find_moved(registrations, fixed, moving, voxel, place);
}

/* Scans are shifted copies, so a slice that is carried to another scan shows what that one has there, and its labels.
 */
static void carried_slices_show_the_other_scan(void **state)
{
    sep_dataset *dataset = make_dataset(1);
    sep_batch_config config = {.height = PATCH,
                               .width = PATCH,
                               .labelled_batch = 2,
                               .unlabelled_batch = 2,
                               .augmentation = SEP_AUGMENT_STRONG,
                               .seed = 7};
    const sep_batch *batch;
    sep_loader *loader;
    int carried = 0;

    (void)state;
    config.strong = (sep_strong_settings){.registered_probability = 0.9f,
                                          .rotation_probability = 1.0f,
                                          .rotation = 20.0f,
                                          .scale_low = 1.0f,
                                          .scale_high = 1.0f};
    for (int i = 0; i < 2; i++)
        for (int k = 0; k < DEPTH * SIDE * SIDE; k++)
            dataset->scan[i].label.data[k] = k / SIDE % SIDE - moved[i][1] >= SIDE / 2;
    assert_int_equal(sep_loader_create(dataset, &config, 0, &loader), SEP_OK);
    for (int t = 0; t < ITERATIONS; t++) {
        assert_int_equal(sep_loader_next(loader, &batch), SEP_OK);
        for (int i = 0; i < BATCH; i++) {
            const sep_placement *placement = &batch->sample[i].placement;
            const sep_slice *own = &dataset->slice[batch->slice_id[i]],
                            *shown = sep_shown_slice(&batch->sample[i], placement);
            const sep_volume *other = &dataset->scan[shown->scan].image;
            float places[2 * PATCH * PATCH], expected[PATCH * PATCH];
            if (placement->carried == 0)
                continue;
            carried++;
            assert_true(i < 2 && shown->scan != own->scan);
            assert_int_equal(own->z - moved[own->scan][2], shown->z - moved[shown->scan][2]);
            sep_geometry_places(&placement->geometry, PATCH, PATCH, places);
            sep_sample_image(other->data + shown->z * SIDE * SIDE, SIDE, SIDE, places, PATCH * PATCH, expected);
            for (int k = 0; k < PATCH * PATCH; k++) {
                const float got = batch->sample[i].image[k];
                if (expected[k] < FAR - SIDE || got < FAR - SIDE) /* outside of one of them */
                    continue;
                assert_true(fabsf(got - expected[k]) < 0.6f); /* half a pixel beyond a border is the border */
                if (fabsf(expected[k] - (float)(FAR + SIDE / 2)) > 1.0f)
                    assert_int_equal(batch->sample[i].label[k], expected[k] > (float)(FAR + SIDE / 2));
            }
        }
    }
    assert_true(carried > ITERATIONS / 2);
    sep_loader_destroy(loader);
    dataset->matcher.find = find_one_way;
    assert_int_equal(sep_loader_create(dataset, &config, 0, &loader), SEP_ERR_ARGUMENT);
    assert_non_null(strstr(sep_error_text(), "both ways"));
    dataset->matcher = (sep_matcher){0};
    assert_int_equal(sep_loader_create(dataset, &config, 0, &loader), SEP_ERR_ARGUMENT);
    sep_dataset_destroy(dataset);
}

static void without_registrations_there_are_none(void **state)
{
    sep_dataset *dataset = make_dataset(0);

    (void)state;
    dataset->matcher = (sep_matcher){0};
    assert_int_equal(sep_matches.check(dataset), SEP_ERR_ARGUMENT);
    assert_non_null(strstr(sep_error_text(), "data.registrations"));
    sep_dataset_destroy(dataset);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matches_show_the_same_place),
        cmocka_unit_test(the_first_partner_is_the_latest),
        cmocka_unit_test(carried_slices_show_the_other_scan),
        cmocka_unit_test(without_registrations_there_are_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
