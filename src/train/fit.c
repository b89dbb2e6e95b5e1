/* Whether a training step fits a device, before anything is allocated; and if not, which batch would. */
#include "train/stages.h"

sep_status sep_train_memory(const sep_train_config *config, int classes, sep_device *device, sep_memory_plan *plan)
{
    sep_stages stages = {0};
    sep_store *store;

    SEP_TRY(sep_store_create(device, config->seed, &store));
    sep_status status = sep_stages_build(config, classes, store, &stages);
    if (status == SEP_OK)
        status = sep_stages_plan(&stages, plan);
    sep_stages_free(&stages);
    sep_store_destroy(store);
    return status;
}

static bool fits(const sep_memory_plan *plan, const sep_device *device)
{
    return plan->total <= device->memory && plan->activations <= device->largest_buffer;
}

/* The largest halving of the batch that fits; false where not even the smallest does. */
static bool find_batch(sep_train_config *config, int classes, sep_device *device, sep_memory_plan *plan)
{
    while (config->batch.labelled_batch > 1 || config->batch.unlabelled_batch > 1) {
        config->batch.labelled_batch = (config->batch.labelled_batch + 1) / 2;
        config->batch.unlabelled_batch = (config->batch.unlabelled_batch + 1) / 2;
        if (sep_train_memory(config, classes, device, plan) == SEP_OK && fits(plan, device))
            return true;
    }
    return false;
}

sep_status sep_step_check_memory(const sep_train_config *config, int classes, sep_device *device)
{
    const double mib = 1048576.0;
    sep_train_config smaller = *config;
    sep_memory_plan plan, small;

    if (device->memory == 0)
        return SEP_OK;
    SEP_TRY(sep_train_memory(config, classes, device, &plan));
    if (fits(&plan, device))
        return SEP_OK;
    if (!find_batch(&smaller, classes, device, &small))
        return sep_fail(SEP_ERR_MEMORY,
                        "%s: a training step takes %.0f MiB, %.0f of them in one buffer; the device has %.0f MiB and "
                        "allows buffers of %.0f; no batch fits",
                        device->description, (double)plan.total / mib, (double)plan.activations / mib,
                        (double)device->memory / mib, (double)device->largest_buffer / mib);
    return sep_fail(
        SEP_ERR_MEMORY,
        "%s: a training step takes %.0f MiB, %.0f of them in one buffer; the device has %.0f MiB and allows "
        "buffers of %.0f; train.labelled_batch=%d and train.unlabelled_batch=%d would fit (%.0f MiB)",
        device->description, (double)plan.total / mib, (double)plan.activations / mib, (double)device->memory / mib,
        (double)device->largest_buffer / mib, smaller.batch.labelled_batch, smaller.batch.unlabelled_batch,
        (double)small.total / mib);
}
