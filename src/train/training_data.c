/* The data that a run learns from. */
#include "septum/matcher.h"
#include "septum/train.h"

sep_status sep_training_data_load(const sep_train_config *config, sep_dataset **dataset)
{
    SEP_TRY(sep_dataset_load(&config->data, dataset));
    if (config->data.registrations == NULL)
        return SEP_OK;
    sep_status status = sep_dataset_take_registrations(*dataset, config->data.registrations);
    if (status != SEP_OK) {
        sep_dataset_destroy(*dataset);
        *dataset = NULL;
    }
    return status;
}
