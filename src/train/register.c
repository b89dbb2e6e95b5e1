/* What a run is told by registration. */
#include "septum/matcher.h"
#include "train/resume.h"

bool sep_train_registers(const sep_train_config *config)
{
    const bool learns = config->batch.unlabelled_batch > 0 || config->batch.strong.registered_probability > 0.0f;

    return config->data.registers && learns;
}

/* Where they are made, scans are registered as they are stored. */
static sep_status make_registered(const sep_train_config *config, sep_dataset *dataset, const char *cache)
{
    const sep_propagation_options options = sep_propagation_options_of(&config->registration);

    if (cache != NULL && sep_train_registers(config))
        SEP_TRY(sep_dataset_register(dataset, &options, cache));
    return sep_dataset_resample(dataset, config->data.spacing);
}

/* Of a run that is continued. A setting can be named, data can't. */
static sep_status check_goes_on(const sep_train_config *config, sep_dataset *dataset, const sep_run_folder *folder,
                                const char *settings)
{
    const sep_propagation_options options = sep_propagation_options_of(&config->registration);

    SEP_TRY(sep_run_compare_section(folder->path, &folder->saved, settings, "registration"));
    return sep_dataset_register_check(dataset, &options, folder->path);
}

sep_status sep_train_check_folder(const sep_train_config *config, sep_dataset *dataset, const char *out,
                                  const char *settings, bool resume)
{
    sep_run_folder folder;

    sep_status status = sep_run_folder_open(out, resume, &folder);
    if (status == SEP_OK && folder.last != NULL)
        status = check_goes_on(config, dataset, &folder, settings);
    sep_run_folder_close(&folder);
    return status;
}

sep_status sep_train_register(const sep_train_config *config, sep_dataset *dataset, const char *cache)
{
    if (config->data.registrations != NULL)
        SEP_TRY(sep_dataset_take_registrations(dataset, config->data.registrations));
    return config->data.registers ? make_registered(config, dataset, cache) : SEP_OK;
}
