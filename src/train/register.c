/* What a run is told by registration. */
#include "septum/matcher.h"
#include "septum/train.h"

static bool learns_from_registration(const sep_train_config *config)
{
    return config->batch.unlabelled_batch > 0 || config->batch.strong.registered_probability > 0.0f;
}

sep_status sep_train_register(const sep_train_config *config, sep_dataset *dataset, const char *cache)
{
    const sep_propagation_options options = sep_propagation_options_of(&config->registration);

    if (config->data.registrations != NULL)
        SEP_TRY(sep_dataset_take_registrations(dataset, config->data.registrations));
    if (!config->data.registers || cache == NULL || !learns_from_registration(config))
        return SEP_OK;
    return sep_dataset_register(dataset, &options, cache);
}
