/* `septum info CONFIG.ini --samples`: the batch of an iteration, made as training makes it. */
#include "cli/info_samples.h"

#include "cli/outputs.h"
#include "cli/program.h"
#include "report/samples.h"
#include "train/relabel.h"
#include "train/stages.h"

static sep_status check_output(const sep_train_config *config, const char *configuration, const sep_dataset *dataset,
                               const char *out)
{
    sep_outputs files = {0};

    sep_reads_dataset(&files, configuration, &config->data, dataset);
    sep_writes(&files, out);
    return sep_outputs_check(&files);
}

static sep_status write_batch(sep_samples_page *page, uint32_t iteration, const char *out)
{
    sep_loader *loader;

    SEP_TRY(sep_loader_create(page->dataset, page->config, iteration, &loader));
    sep_status status = sep_loader_next(loader, &page->batch);
    if (status == SEP_OK)
        status = sep_samples_page_write(page, out);
    sep_loader_destroy(loader);
    return status;
}

/* The steps say which streams the method asks for: names and shapes, which need no device. */
static sep_status write_samples(const sep_train_config *config, const char *configuration, const sep_dataset *dataset,
                                uint32_t iteration, const char *out)
{
    sep_stages stages = {0};
    sep_batch_config batches;
    sep_samples_page page = {configuration, config->method->name, dataset, &batches, NULL};
    sep_store *store;

    SEP_TRY(sep_store_create(NULL, config->seed, &store));
    sep_status status = sep_stages_build(config, dataset->classes, store, &stages);
    if (status == SEP_OK)
        status = sep_stages_batches(&stages, &batches);
    if (status == SEP_OK) {
        batches.threads = 0; /* one batch */
        status = write_batch(&page, iteration, out);
    }
    sep_stages_free(&stages);
    sep_store_destroy(store);
    return status;
}

/* A method that labels the scans itself shows them as they are before that: with labels that say nothing. */
static sep_status write_before_labels(const sep_train_config *config, const char *configuration,
                                      const sep_dataset *dataset, uint32_t iteration, const char *out)
{
    sep_relabelled *relabelled;
    sep_train_config own = *config;

    own.batch.channels = dataset->channels;
    SEP_TRY(sep_relabelled_create(config->method, dataset, &relabelled));
    const sep_dataset *seen = sep_relabelled_dataset(relabelled, dataset);
    const sep_status status = write_samples(&own, configuration, seen, iteration, out);
    sep_relabelled_destroy(relabelled);
    return status;
}

sep_status sep_write_samples(const sep_train_config *config, const char *configuration, uint32_t iteration,
                             const char *out)
{
    sep_dataset *dataset;

    SEP_TRY(sep_dataset_load(&config->data, &dataset));
    sep_status status = check_output(config, configuration, dataset, out);
    if (status == SEP_OK)
        status = sep_train_register(config, dataset, NULL);
    if (status == SEP_OK)
        status = write_before_labels(config, configuration, dataset, iteration, out);
    sep_dataset_destroy(dataset);
    if (status == SEP_OK)
        sep_print_line("%s", out);
    return status;
}
