/* bench batch: what one thread of the loader takes to make a batch. */
#include "bench/batch.h"

#include "data/phantom_dataset.h"

#include <stdio.h>
#include <string.h>

enum { PATCH = 192, SLICE = 224, SCANS = 4 };

static const char *const augmentations[] = {"none", "flips", "thesis", "strong"};
enum { AUGMENTATIONS = sizeof augmentations / sizeof *augmentations };

static sep_status set(sep_options *options, const char *augmentation, int size)
{
    char text[64];

    snprintf(text, sizeof text, "data.patch_size=%d", size);
    SEP_TRY(sep_options_set(options, text));
    snprintf(text, sizeof text, "data.augmentation=%s", augmentation);
    return sep_options_set(options, text);
}

/* As a configuration that says no more has it; without threads the one that asks makes the batch. */
static sep_status configure(const bench_batch *asked, const char *augmentation, sep_batch_config *config)
{
    sep_options *options = sep_options_create();
    sep_status status = options != NULL ? SEP_OK : SEP_ERR_MEMORY;

    if (status == SEP_OK)
        status = set(options, augmentation, asked->size > 0 ? asked->size : PATCH);
    if (status == SEP_OK)
        status = sep_batch_config_read(options, 1, config);
    sep_options_destroy(options);
    config->labelled_batch = asked->batch;
    config->threads = 0;
    return status;
}

static sep_status make_batch(void *context)
{
    const sep_batch *batch;

    return sep_loader_next(context, &batch);
}

static sep_status add_row(const sep_batch_config *config, const char *augmentation, sep_loader *loader,
                          const bench_job *job, double seconds, bench_result *result)
{
    const bench_work work = {.run = make_batch, .context = loader};
    bench_row row = {.op = "batch", .threads = 1};
    bench_timing none;

    snprintf(row.shape, sizeof row.shape, "%s-n%dh%dw%d", augmentation, config->labelled_batch, config->height,
             config->width);
    SEP_TRY(bench_measure(&work, NULL, seconds, job->clock, &row.ours, &none));
    row.images = config->labelled_batch / row.ours.median;
    return bench_result_add_row(result, &row);
}

static sep_status time_augmentation(const bench_batch *asked, const char *augmentation, const sep_dataset *dataset,
                                    const bench_job *job, double seconds, bench_result *result)
{
    sep_batch_config config = {0};
    sep_loader *loader;

    SEP_TRY(configure(asked, augmentation, &config));
    SEP_TRY(sep_loader_create(dataset, &config, 0, &loader));
    sep_status status = add_row(&config, augmentation, loader, job, seconds, result);
    sep_loader_destroy(loader);
    return status;
}

sep_status bench_batch_run(const bench_batch *asked, const bench_job *job, bench_result *result)
{
    const double seconds = asked->augmentation != NULL ? job->seconds : job->seconds / AUGMENTATIONS;
    const sep_phantom_dataset hearts = {.phantom = {.size = SLICE, .slices = 8, .seed = 1},
                                        .classes = SEP_PHANTOM_CARDIAC_CLASSES,
                                        .labelled = SCANS,
                                        .training = SCANS};
    sep_dataset *dataset;

    bench_machine_read(&result->machine);
    SEP_TRY(sep_phantom_dataset_create(&hearts, &dataset));
    sep_status status = SEP_OK;
    for (int i = 0; i < AUGMENTATIONS && status == SEP_OK; i++)
        if (asked->augmentation == NULL || strcmp(asked->augmentation, augmentations[i]) == 0)
            status = time_augmentation(asked, augmentations[i], dataset, job, seconds, result);
    sep_dataset_destroy(dataset);
    return status;
}
