/* What septum info says of a configuration's memory: a training step's, planned before anything is allocated, and the
 * images'. */
#include "cli/info_memory.h"

#include "base/json.h"
#include "cli/compute.h"
#include "cli/info_dataset.h"
#include "cli/program.h"

#include <stdio.h>

static json_t *plan_to_json(const sep_memory_plan *plan)
{
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:i, s:i}", "total", (json_int_t)plan->total,
                     "activations", (json_int_t)plan->activations, "unshared", (json_int_t)plan->unshared, "parameters",
                     (json_int_t)plan->parameters, "states", (json_int_t)plan->states, "optimiser",
                     (json_int_t)plan->optimiser, "memory", (json_int_t)plan->memory, "inputs",
                     (json_int_t)plan->inputs, "operations", plan->nodes, "fused", plan->fused);
}

static void print_plan(const sep_memory_plan *plan)
{
    const double mib = 1048576.0;

    printf("peak of a training step: %.1f MiB\n", (double)plan->total / mib);
    printf("  activations and gradients %.1f MiB (%.1f MiB if nothing shared memory)\n",
           (double)plan->activations / mib, (double)plan->unshared / mib);
    printf("  parameters %.1f, optimiser %.1f, running statistics %.1f, memories %.1f, inputs %.1f MiB\n",
           (double)plan->parameters / mib, (double)plan->optimiser / mib, (double)plan->states / mib,
           (double)plan->memory / mib, (double)plan->inputs / mib);
    printf("  %d operations, %d fused into their neighbours\n", plan->nodes, plan->fused);
}

/* `dataset` may be NULL: the step alone can be told. */
static sep_status print_all(const sep_train_config *config, const sep_memory_plan *plan, const sep_dataset *dataset,
                            bool json)
{
    if (!json) {
        print_plan(plan);
        if (dataset != NULL)
            sep_print_images(&config->data, dataset);
        return SEP_OK;
    }
    json_t *root = plan_to_json(plan);
    if (dataset != NULL)
        json_object_set_new(root, "images", sep_images_to_json(&config->data, dataset));
    return sep_print_json(root);
}

static sep_status plan_and_print(const sep_train_config *config, const sep_dataset *dataset, bool json)
{
    sep_train_config own = *config;
    sep_memory_plan plan;
    sep_device *device;

    own.batch.channels = dataset != NULL ? dataset->channels : config->data.channels;
    SEP_TRY(sep_open_device(&device));
    sep_status status = sep_train_memory(&own, config->data.classes, device, &plan);
    sep_device_destroy(device);
    return status == SEP_OK ? print_all(config, &plan, dataset, json) : status;
}

sep_status sep_print_memory(const sep_train_config *config, bool json)
{
    sep_dataset *dataset = NULL;

    if (config->data.classes < 2)
        return sep_fail(SEP_ERR_ARGUMENT, "--memory needs data.classes in the configuration");
    if (sep_folder_exists(config->data.folder))
        SEP_TRY(sep_load_grids(&config->data, &dataset));
    const sep_status status = plan_and_print(config, dataset, json);
    sep_dataset_destroy(dataset);
    return status;
}
