/* The two-stream sampler: which slices make the batch of an iteration. */
#include "septum/data.h"

sep_status sep_sampler_create(const sep_dataset *dataset, int labelled_batch, int unlabelled_batch, uint64_t seed,
                              sep_sampler *sampler)
{
    if (labelled_batch < 0 || unlabelled_batch < 0 || (int64_t)labelled_batch + unlabelled_batch < 1 ||
        (int64_t)labelled_batch + unlabelled_batch > INT32_MAX)
        return sep_fail(SEP_ERR_ARGUMENT, "a batch of %d labelled and %d unlabelled slices can't be", labelled_batch,
                        unlabelled_batch);
    if (labelled_batch > 0 && dataset->labelled_slices == 0)
        return sep_fail(SEP_ERR_ARGUMENT, "the batch takes %d labelled slices, but the dataset has none",
                        labelled_batch);
    if (unlabelled_batch > 0 && dataset->unlabelled_slices == 0)
        return sep_fail(SEP_ERR_ARGUMENT,
                        "the batch takes %d unlabelled slices, but every training scan is labelled: set the "
                        "unlabelled batch to 0 or labelled_cases to fewer cases",
                        unlabelled_batch);
    *sampler = (sep_sampler){dataset, labelled_batch, unlabelled_batch, seed};
    return SEP_OK;
}

int sep_sampler_epoch_iterations(const sep_sampler *sampler)
{
    int slices = sampler->labelled_batch > 0 ? sampler->dataset->labelled_slices : sampler->dataset->unlabelled_slices;
    int batch = sampler->labelled_batch > 0 ? sampler->labelled_batch : sampler->unlabelled_batch;

    return slices < batch ? 1 : slices / batch;
}

/* Places first .. first + count - 1 of the endless stream of permutations of `ids`: place p is entry p % n of
 * permutation p / n. `order` is scratch, [n]. */
static void take(const int *ids, int n, uint64_t first, int count, sep_random random, int *order, int *taken)
{
    bool drawn = false;

    for (int i = 0; i < count; i++) {
        uint64_t place = first + (uint64_t)i;
        uint32_t permutation = (uint32_t)(place / (uint64_t)n);

        if (!drawn || permutation != random.iteration) {
            random.iteration = permutation;
            sep_random_permutation(&random, order, n);
            drawn = true;
        }
        taken[i] = ids[order[place % (uint64_t)n]];
    }
}

/* Where the labelled batch of an iteration starts in the stream of permutations: epochs skip what is left over of
 * their permutation. */
static uint64_t labelled_place(const sep_sampler *sampler, uint32_t iteration)
{
    uint64_t slices = (uint64_t)sampler->dataset->labelled_slices, batch = (uint64_t)sampler->labelled_batch;
    uint64_t per_epoch = slices / batch;

    if (slices < batch)
        return iteration * batch;
    return iteration / per_epoch * slices + iteration % per_epoch * batch;
}

sep_status sep_sampler_batch(const sep_sampler *sampler, uint32_t iteration, int *labelled, int *unlabelled)
{
    const sep_dataset *data = sampler->dataset;
    int *order = sep_calloc((size_t)data->slices, sizeof *order);
    sep_random random = {.seed = sampler->seed};

    if (order == NULL)
        return SEP_ERR_MEMORY;
    random.stream = sep_stream("labelled slices");
    if (sampler->labelled_batch > 0)
        take(data->labelled, data->labelled_slices, labelled_place(sampler, iteration), sampler->labelled_batch, random,
             order, labelled);
    random.stream = sep_stream("unlabelled slices");
    if (sampler->unlabelled_batch > 0)
        take(data->unlabelled, data->unlabelled_slices, iteration * (uint64_t)sampler->unlabelled_batch,
             sampler->unlabelled_batch, random, order, unlabelled);
    sep_free(order);
    return SEP_OK;
}
