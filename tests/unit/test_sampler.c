/* The two-stream sampler: epochs, permutations, and that an iteration's batch depends on nothing before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "septum/data.h"

#include <string.h>

/* One labelled and one unlabelled scan of 1 x 1 slices: labelled ids come first. */
static sep_dataset *dataset_of(int labelled, int unlabelled)
{
    sep_volume image[2] = {{0}};
    sep_labels label[2] = {{0}};
    sep_dataset *dataset;

    assert_int_equal(sep_volume_create(&image[0], labelled, 1, 1), SEP_OK);
    assert_int_equal(sep_labels_create(&label[0], labelled, 1, 1), SEP_OK);
    if (unlabelled > 0)
        assert_int_equal(sep_volume_create(&image[1], unlabelled, 1, 1), SEP_OK);
    assert_int_equal(sep_dataset_from_memory(2, image, label, unlabelled > 0 ? 2 : 1, 0, &dataset), SEP_OK);
    assert_int_equal(dataset->labelled_slices, labelled);
    assert_int_equal(dataset->unlabelled_slices, unlabelled);
    return dataset;
}

static sep_sampler sampler_of(const sep_dataset *dataset, int labelled_batch, int unlabelled_batch)
{
    sep_sampler sampler;

    assert_int_equal(sep_sampler_create(dataset, labelled_batch, unlabelled_batch, 1337, &sampler), SEP_OK);
    return sampler;
}

/* The published splits: 7 cases have 136 labelled slices, 3 cases 68, one case as published 23. */
static void epochs_are_as_long_as_published(void **state)
{
    static const int rows[][3] = {{136, 12, 11}, {136, 2, 68}, {68, 2, 34}, {23, 2, 11}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        sep_dataset *dataset = dataset_of(rows[i][0], 100);
        sep_sampler sampler = sampler_of(dataset, rows[i][1], rows[i][1]);

        assert_int_equal(sep_sampler_epoch_iterations(&sampler), rows[i][2]);
        sep_dataset_destroy(dataset);
    }
}

/* Whole batches of one permutation an epoch: no slice twice, and what is left over differs between epochs. */
static void an_epoch_is_one_permutation(void **state)
{
    enum { SLICES = 23, BATCH = 4, EPOCHS = 40 };
    sep_dataset *dataset = dataset_of(SLICES, 10);
    sep_sampler sampler = sampler_of(dataset, BATCH, 3);
    int length = sep_sampler_epoch_iterations(&sampler), total[SLICES] = {0}, first[2][BATCH], unlabelled[3];

    (void)state;
    assert_int_equal(length, 5);
    for (int epoch = 0; epoch < EPOCHS; epoch++) {
        int seen[SLICES] = {0}, ids[BATCH];

        for (int i = 0; i < length; i++) {
            assert_int_equal(sep_sampler_batch(&sampler, (uint32_t)(epoch * length + i), ids, unlabelled), SEP_OK);
            if (i == 0 && epoch < 2)
                memcpy(first[epoch], ids, sizeof ids);
            for (int k = 0; k < BATCH; k++) {
                assert_in_range(ids[k], 0, SLICES - 1);
                seen[ids[k]]++;
                total[ids[k]]++;
            }
        }
        for (int k = 0; k < SLICES; k++)
            assert_true(seen[k] <= 1);
    }
    for (int k = 0; k < SLICES; k++)
        assert_in_range(total[k], EPOCHS * 6 / 10, EPOCHS);
    assert_memory_not_equal(first[0], first[1], sizeof first[0]);
    sep_dataset_destroy(dataset);
}

static void unlabelled_slices_follow_without_a_gap(void **state)
{
    enum { LABELLED = 6, SLICES = 7, BATCH = 3 };
    sep_dataset *dataset = dataset_of(LABELLED, SLICES);
    sep_sampler sampler = sampler_of(dataset, 2, BATCH);
    int stream[SLICES * BATCH], labelled[2];

    (void)state;
    for (uint32_t i = 0; i < SLICES; i++)
        assert_int_equal(sep_sampler_batch(&sampler, i, labelled, stream + i * BATCH), SEP_OK);
    for (int round = 0; round < BATCH; round++) {
        int seen[SLICES] = {0};

        for (int k = 0; k < SLICES; k++)
            seen[stream[round * SLICES + k] - LABELLED]++;
        for (int k = 0; k < SLICES; k++)
            assert_int_equal(seen[k], 1);
    }
    sep_dataset_destroy(dataset);
}

/* Fewer slices than the batch: every slice equally often, in any run of `slices` places. */
static void few_slices_repeat(void **state)
{
    enum { SLICES = 3, BATCH = 8 };
    sep_dataset *dataset = dataset_of(SLICES, 0);
    sep_sampler sampler = sampler_of(dataset, BATCH, 0);
    int seen[SLICES] = {0}, ids[BATCH];

    (void)state;
    assert_int_equal(sep_sampler_epoch_iterations(&sampler), 1);
    for (uint32_t i = 0; i < SLICES; i++) {
        assert_int_equal(sep_sampler_batch(&sampler, i, ids, NULL), SEP_OK);
        for (int k = 0; k < BATCH; k++)
            seen[ids[k]]++;
    }
    for (int k = 0; k < SLICES; k++)
        assert_int_equal(seen[k], BATCH);
    sep_dataset_destroy(dataset);
}

static void a_batch_depends_on_its_iteration_only(void **state)
{
    sep_dataset *dataset = dataset_of(50, 90);
    sep_sampler a = sampler_of(dataset, 4, 4), b = sampler_of(dataset, 4, 4), other = a;
    int ids[3][8];

    (void)state;
    other.seed++;
    for (uint32_t i = 100; i-- > 0;) {
        assert_int_equal(sep_sampler_batch(&a, i, ids[0], ids[0] + 4), SEP_OK);
        assert_int_equal(sep_sampler_batch(&b, 99 - i, ids[1], ids[1] + 4), SEP_OK);
        assert_int_equal(sep_sampler_batch(&b, i, ids[1], ids[1] + 4), SEP_OK);
        assert_int_equal(sep_sampler_batch(&other, i, ids[2], ids[2] + 4), SEP_OK);
        assert_memory_equal(ids[0], ids[1], sizeof ids[0]);
        assert_memory_not_equal(ids[0], ids[2], sizeof ids[0]);
    }
    sep_dataset_destroy(dataset);
}

static void streams_that_cannot_be_filled_are_errors(void **state)
{
    sep_dataset *dataset = dataset_of(5, 0);
    sep_sampler sampler;

    (void)state;
    assert_int_equal(sep_sampler_create(dataset, 2, 1, 1, &sampler), SEP_ERR_ARGUMENT);
    assert_non_null(strstr(sep_error_text(), "every training scan is labelled"));
    assert_int_equal(sep_sampler_create(dataset, 0, 0, 1, &sampler), SEP_ERR_ARGUMENT);
    assert_int_equal(sep_sampler_create(dataset, -1, 2, 1, &sampler), SEP_ERR_ARGUMENT);
    sep_dataset_destroy(dataset);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(epochs_are_as_long_as_published),
        cmocka_unit_test(an_epoch_is_one_permutation),
        cmocka_unit_test(unlabelled_slices_follow_without_a_gap),
        cmocka_unit_test(few_slices_repeat),
        cmocka_unit_test(a_batch_depends_on_its_iteration_only),
        cmocka_unit_test(streams_that_cannot_be_filled_are_errors),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
