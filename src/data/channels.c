/* The channels of a dataset's images: settings, number, names, and what is done to the intensities of each. */
#include "data/channels.h"
#include "data/scan.h"

#include <stdlib.h>
#include <string.h>

const char *const sep_intensity_names[SEP_INTENSITY_KINDS] = {"min-max", "window", "percentiles"};

/* ---- intensities ------------------------------------------------------------------------------------------------- */

const sep_intensity *sep_intensity_of(const sep_intensities *intensities, int channel)
{
    return &intensities->rule[intensities->rules > 1 ? channel : 0];
}

static void apply(const sep_intensity *rule, sep_volume *channel)
{
    float low, high;

    switch (rule->kind) {
    case SEP_INTENSITY_WINDOW:
        sep_volume_window(channel, rule->low, rule->high);
        break;
    case SEP_INTENSITY_PERCENTILES:
        sep_volume_usual_range(channel, &low, &high);
        sep_volume_window(channel, low, high);
        break;
    default:
        sep_volume_normalise(channel);
    }
}

void sep_intensities_apply(const sep_intensities *intensities, sep_volume *volume)
{
    for (int c = 0; c < sep_volume_channels(volume); c++) {
        sep_volume channel = sep_volume_channel(volume, c);
        apply(sep_intensity_of(intensities, c), &channel);
    }
}

/* ---- for registration -------------------------------------------------------------------------------------------- */

sep_volume sep_registration_image(const sep_dataset *dataset, const sep_volume *image)
{
    return sep_volume_channel(image, dataset->registration_channel);
}

sep_status sep_registration_image_read(const sep_data_config *config, const sep_dataset *dataset, const char *path,
                                       sep_volume *image)
{
    const int channel = dataset->registration_channel;

    SEP_TRY(sep_image_read_channel(path, channel, dataset->channels, image));
    SEP_TRY(sep_image_cut(config->slice_axis, path, image));
    apply(sep_intensity_of(&config->intensity, channel), image);
    return SEP_OK;
}

uint64_t sep_registration_hash(const sep_data_config *config, const sep_volume *image)
{
    const sep_volume channel = sep_volume_channel(image, config->registration_channel);

    return sep_volume_hash(&channel);
}

/* ---- settings ---------------------------------------------------------------------------------------------------- */

/* Items of lists are read as settings of one value are, so that both are checked alike. */
typedef sep_status read_item(sep_options *item, const char *key, sep_intensity *rule);

static sep_status read_kind(sep_options *item, const char *key, sep_intensity *rule)
{
    int kind;

    SEP_TRY(sep_options_choice(item, key, "min-max", sep_intensity_names, SEP_INTENSITY_KINDS, &kind));
    rule->kind = (sep_intensity_kind)kind;
    return SEP_OK;
}

static sep_status read_low(sep_options *item, const char *key, sep_intensity *rule)
{
    double low;

    SEP_TRY(sep_options_float(item, key, -125.0, -SEP_MOST_WINDOW, SEP_MOST_WINDOW, &low));
    rule->low = (float)low;
    return SEP_OK;
}

static sep_status read_high(sep_options *item, const char *key, sep_intensity *rule)
{
    double high;

    SEP_TRY(sep_options_float(item, key, 275.0, -SEP_MOST_WINDOW, SEP_MOST_WINDOW, &high));
    rule->high = (float)high;
    return SEP_OK;
}

static sep_status read_one(const char *key, const char *text, read_item *read, sep_intensity *rule)
{
    sep_options *item = sep_options_create();
    char *assignment = sep_format("%s=%s", key, text);
    sep_status status = item != NULL && assignment != NULL ? sep_options_set(item, assignment) : SEP_ERR_MEMORY;

    if (status == SEP_OK)
        status = read(item, key, rule);
    sep_free(assignment);
    sep_options_destroy(item);
    return status;
}

/* One value is every channel's. */
static sep_status read_list(sep_options *options, const char *key, read_item *read, sep_intensities *intensities)
{
    sep_strings list = {0};
    const char *text;

    SEP_TRY(sep_options_string(options, key, NULL, &text));
    sep_status status = text != NULL ? sep_strings_split(&list, text) : SEP_OK;
    if (status == SEP_OK && list.count > SEP_MOST_IMAGE_CHANNELS)
        status = sep_fail(SEP_ERR_ARGUMENT, "%s has %d values: images have %d channels at most", key, list.count,
                          SEP_MOST_IMAGE_CHANNELS);
    if (status == SEP_OK && list.count > 1 && intensities->rules > 1 && list.count != intensities->rules)
        status = sep_fail(SEP_ERR_ARGUMENT, "%s has %d values, where another list of channels has %d", key, list.count,
                          intensities->rules);
    for (int c = 0; status == SEP_OK && c < SEP_MOST_IMAGE_CHANNELS; c++) {
        const char *one = list.count > 1 ? list.item[c < list.count ? c : list.count - 1] : NULL;
        status = list.count > 1 ? read_one(key, one, read, &intensities->rule[c])
                                : read(options, key, &intensities->rule[c]);
    }
    if (list.count > 1)
        intensities->rules = list.count;
    sep_strings_free(&list);
    return status;
}

static sep_status read_intensities(sep_options *options, sep_intensities *intensities)
{
    *intensities = (sep_intensities){0};
    SEP_TRY(read_list(options, "data.intensity", read_kind, intensities));
    SEP_TRY(read_list(options, "data.window_low", read_low, intensities));
    SEP_TRY(read_list(options, "data.window_high", read_high, intensities));
    for (int c = 0; c < SEP_MOST_IMAGE_CHANNELS; c++) {
        const sep_intensity *rule = &intensities->rule[c];
        if (rule->low >= rule->high)
            return sep_fail(SEP_ERR_ARGUMENT, "data.window_low (%g) must be below data.window_high (%g)",
                            (double)rule->low, (double)rule->high);
    }
    return SEP_OK;
}

static sep_status read_channel(sep_options *options, const char *key, int *channel)
{
    int64_t wide;

    SEP_TRY(sep_options_int(options, key, 0, 0, SEP_MOST_IMAGE_CHANNELS - 1, &wide));
    *channel = (int)wide;
    return SEP_OK;
}

sep_status sep_channels_read(sep_options *options, sep_data_config *config)
{
    const char *text;
    int64_t channels = 0;

    SEP_TRY(sep_options_string(options, "data.channels", "auto", &text));
    if (strcmp(text, "auto") != 0)
        SEP_TRY(sep_options_int(options, "data.channels", 1, 1, SEP_MOST_IMAGE_CHANNELS, &channels));
    config->channels = (int)channels;
    SEP_TRY(read_channel(options, "data.shown_channel", &config->shown_channel));
    SEP_TRY(read_channel(options, "data.registration_channel", &config->registration_channel));
    return read_intensities(options, &config->intensity);
}

/* ---- of a dataset ------------------------------------------------------------------------------------------------ */

static sep_status check_channel(const char *key, int channel, int channels)
{
    if (channel < channels)
        return SEP_OK;
    return sep_fail(SEP_ERR_ARGUMENT, "%s is %d, but images have %d channel%s, numbered from 0", key, channel, channels,
                    channels > 1 ? "s" : "");
}

static sep_status check_settings(const sep_data_config *config, int channels)
{
    if (config->intensity.rules > 1 && config->intensity.rules != channels)
        return sep_fail(SEP_ERR_ARGUMENT,
                        "data.intensity and its windows speak of %d channels, but the images of %s have %d",
                        config->intensity.rules, config->folder, channels);
    SEP_TRY(check_channel("data.shown_channel", config->shown_channel, channels));
    return check_channel("data.registration_channel", config->registration_channel, channels);
}

/* Of HDF5 the first image that can be looked at says it; what is wrong with another, whoever reads it will say. */
static int found_channels(const sep_catalogue *catalogue)
{
    int channels = 1;

    for (int i = 0; i < catalogue->count; i++)
        if (sep_image_find_channels(catalogue->entry[i].image_path, &channels) == SEP_OK)
            return channels;
    return 1;
}

static sep_status check_most(const sep_data_config *config, int channels)
{
    if (channels <= SEP_MOST_IMAGE_CHANNELS)
        return SEP_OK;
    return sep_fail(SEP_ERR_UNSUPPORTED, "the images of %s have %d channels: %d are possible", config->folder, channels,
                    SEP_MOST_IMAGE_CHANNELS);
}

/* Each file of pairs is an image of its own: of a grey one that is named like a first channel the others would be taken
 * for its channels. */
static sep_status check_entry(const sep_data_config *config, const char *path, int channels)
{
    if (config->format == SEP_DATA_PAIRS && channels > 1 && sep_channels_are_files(path))
        return sep_fail(SEP_ERR_ARGUMENT,
                        "%s: is grey and named like the first of several channels, where the other "
                        "pictures have %d in one file: save it in colours, or give it a name without '_0000'",
                        path, channels);
    return sep_image_check_channels(path, channels);
}

sep_status sep_channels_choose(const sep_data_config *config, const sep_catalogue *catalogue, int *channels)
{
    const int named = catalogue->channels;

    if (config->channels > 0 && named > 0 && config->channels > named)
        return sep_fail(SEP_ERR_ARGUMENT, "data.channels is %d, but dataset.json in %s names %d", config->channels,
                        config->folder, named);
    *channels = config->channels > 0 ? config->channels : named > 0 ? named : found_channels(catalogue);
    SEP_TRY(check_most(config, *channels));
    SEP_TRY(check_settings(config, *channels));
    for (int i = 0; i < catalogue->count; i++)
        SEP_TRY(check_entry(config, catalogue->entry[i].image_path, *channels));
    return SEP_OK;
}

sep_status sep_dataset_take_channels(const sep_data_config *config, const sep_catalogue *catalogue,
                                     sep_dataset *dataset)
{
    dataset->channels = config->channels;
    dataset->shown_channel = config->shown_channel;
    dataset->registration_channel = config->registration_channel;
    for (int c = 0; c < catalogue->channel_names.count && c < dataset->channels; c++)
        SEP_TRY(sep_strings_add(&dataset->channel_names, catalogue->channel_names.item[c]));
    return SEP_OK;
}
