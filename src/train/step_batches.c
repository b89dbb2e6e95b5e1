/* The batches that a step takes. */
#include "train/step.h"

sep_status sep_batches_with(const sep_train_config *config, const sep_stream_request *stream, int streams,
                            sep_batch_config *batches)
{
    bool strong = config->batch.augmentation == SEP_AUGMENT_STRONG || config->batch.view == SEP_PATCH_WINDOW;

    for (int i = 0; i < streams; i++)
        strong = strong || stream[i].view.strong;
    if (config->batch.strong_given && !strong)
        return sep_fail(SEP_ERR_ARGUMENT,
                        "section [augmentation] is about strong augmentation, which nothing asks for: "
                        "set data.augmentation = strong");
    *batches = config->batch;
    batches->streams = streams;
    batches->stream = stream;
    return SEP_OK;
}

sep_status sep_step_batches(const sep_train_config *config, const sep_step_graph *built, sep_batch_config *batches)
{
    return sep_batches_with(config, built->stream, built->step.streams, batches);
}
