/* What a run is told by registration. */
#include "septum/matcher.h"
#include "septum/train.h"

static bool learns_from_registration(const sep_train_config *config)
{
    return config->batch.unlabelled_batch > 0 || config->batch.strong.registered_probability > 0.0f;
}

/* Where deformations were made of a few pairs, affine maps of all of them lie beside. */
static char *kept_registrations(const sep_propagation_options *options, const char *cache)
{
    char *deformed = sep_format("%s/registrations.h5", cache);
    char *affine = deformed != NULL ? sep_ranking_file(deformed) : NULL;

    if (options->registration.kind != SEP_DEFORMABLE) {
        sep_free(affine);
        return deformed;
    }
    sep_free(deformed);
    return affine;
}

static sep_status register_scans(const sep_train_config *config, sep_dataset *dataset, const char *cache)
{
    const sep_propagation_options options = sep_propagation_options_of(&config->registration);

    SEP_TRY(sep_dataset_register(dataset, &options, cache));
    if (config->data.registrations != NULL)
        return SEP_OK;
    char *path = kept_registrations(&options, cache);
    sep_status status = path != NULL ? SEP_OK : SEP_ERR_MEMORY;
    if (status == SEP_OK && sep_file_exists(path))
        status = sep_dataset_take_registrations(dataset, path);
    sep_free(path);
    return status;
}

sep_status sep_train_register(const sep_train_config *config, sep_dataset *dataset, const char *cache)
{
    if (config->data.registrations != NULL)
        SEP_TRY(sep_dataset_take_registrations(dataset, config->data.registrations));
    if (!config->data.registers || cache == NULL || !learns_from_registration(config))
        return SEP_OK;
    return register_scans(config, dataset, cache);
}
