/* What a run is told by registration. */
#include "septum/matcher.h"
#include "septum/train.h"

static bool learns_from_registration(const sep_train_config *config)
{
    return config->batch.unlabelled_batch > 0 || config->batch.strong.registered_probability > 0.0f;
}

/* Where they are made, scans are registered as they are stored. */
static sep_status make_registered(const sep_train_config *config, sep_dataset *dataset, const char *cache)
{
    const sep_propagation_options options = sep_propagation_options_of(&config->registration);

    if (cache != NULL && learns_from_registration(config))
        SEP_TRY(sep_dataset_register(dataset, &options, cache));
    return sep_dataset_resample(dataset, config->data.spacing);
}

sep_status sep_train_register(const sep_train_config *config, sep_dataset *dataset, const char *cache)
{
    if (config->data.registrations != NULL)
        SEP_TRY(sep_dataset_take_registrations(dataset, config->data.registrations));
    return config->data.registers ? make_registered(config, dataset, cache) : SEP_OK;
}
