/* The table of contrasts, and how settings choose one. */
#include "contrasts/table.h"

#define SEP_CONTRAST_ENTRY(name) &sep_contrast_##name,
const sep_contrast *const sep_contrasts[] = {SEP_CONTRASTS(SEP_CONTRAST_ENTRY) NULL};

const char *const sep_scale_names[SEP_SCALES] = {"full", "quarter", "eighth"};

static sep_status check_scales(const sep_contrast_settings *settings)
{
    for (int i = 0; i < SEP_SCALES; i++)
        if (settings->options.common.scale[i])
            return SEP_OK;
    return sep_fail(SEP_ERR_ARGUMENT, "%s: none of full, quarter and eighth is yes, so that nothing is compared",
                    settings->contrast->name);
}

sep_status sep_contrast_settings_read(sep_options *options, const sep_contrast *fallback, bool faithful,
                                      sep_contrast_settings *settings)
{
    const char *names[64] = {"none"};
    int count = 1, chosen;

    for (; sep_contrasts[count - 1] != NULL && count < 64; count++)
        names[count] = sep_contrasts[count - 1]->name;
    SEP_TRY(sep_options_choice(options, "train.contrast", fallback != NULL ? fallback->name : names[0], names, count,
                               &chosen));
    *settings = (sep_contrast_settings){.contrast = chosen > 0 ? sep_contrasts[chosen - 1] : NULL};
    if (settings->contrast == NULL)
        return SEP_OK;
    if (faithful)
        SEP_TRY(sep_settings_take_quirks(options, names[chosen], settings->contrast->settings));
    SEP_TRY(sep_settings_read(options, names[chosen], settings->contrast->settings, &settings->options));
    return check_scales(settings);
}
