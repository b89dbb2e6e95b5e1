/* Augmentation that shows scans in ways up in which none is found: see ways.h. */
#include "train/ways.h"

#include "data/ways.h"

static void warn(const sep_strong_settings *strong, const double alien[SEP_WAYS])
{
    static const sep_way_up way_of[] = {SEP_WAY_ROWS_MIRRORED, SEP_WAY_COLUMNS_MIRRORED};
    static const int bit_of[] = {SEP_MIRROR_ROWS, SEP_MIRROR_COLUMNS};
    bool mirrors = false;

    for (int i = 0; i < 2; i++)
        mirrors = mirrors || (((int)strong->mirror & bit_of[i]) != 0 && alien[way_of[i]] >= SEP_UPRIGHT);
    if (sep_has_top(alien) && (strong->quarter_turns || mirrors))
        sep_log(
            SEP_LOG_WARNING,
            "the scans have a top, and augmentation shows them %s%s%s: with augmentation.%s%s%s less has to be learned",
            strong->quarter_turns ? "turned by quarters" : "", strong->quarter_turns && mirrors ? " and " : "",
            mirrors ? "mirrored" : "", strong->quarter_turns ? "quarter_turns = no" : "",
            strong->quarter_turns && mirrors ? " and augmentation." : "", mirrors ? "mirror = none" : "");
}

static sep_status look(const sep_train_config *config, const sep_dataset *dataset, int count, float *thumbnail,
                       sep_viewed *viewed)
{
    const int step = sep_view_step(dataset->training);
    double alien[SEP_WAYS];

    for (int i = 0; i < count; i++) {
        const sep_scan *scan = &dataset->scan[i * step];
        const sep_volume channel = sep_volume_channel(&scan->image, 0);
        float *own = thumbnail + (size_t)i * SEP_THUMBNAIL_CELLS;
        float low, high;

        sep_volume_usual_range(&channel, &low, &high);
        sep_thumbnail_draw(&channel, low, high, own);
        viewed[i] = (sep_viewed){.thumbnail = own, .group = scan->group};
    }
    SEP_TRY(sep_ways_tell(viewed, count, alien));
    warn(&config->batch.strong, alien);
    return SEP_OK;
}

sep_status sep_warn_ways(const sep_train_config *config, const sep_dataset *dataset)
{
    const sep_strong_settings *strong = &config->batch.strong;
    const int count = (dataset->training - 1) / sep_view_step(dataset->training) + 1;

    if (config->batch.augmentation != SEP_AUGMENT_STRONG || dataset->cache != NULL ||
        (strong->mirror == SEP_MIRROR_NONE && !strong->quarter_turns))
        return SEP_OK;
    float *thumbnail = sep_calloc((size_t)count * SEP_THUMBNAIL_CELLS, sizeof *thumbnail);
    sep_viewed *viewed = sep_calloc((size_t)count, sizeof *viewed);
    const sep_status status =
        thumbnail != NULL && viewed != NULL ? look(config, dataset, count, thumbnail, viewed) : SEP_ERR_MEMORY;
    sep_free(thumbnail);
    sep_free(viewed);
    return status;
}
