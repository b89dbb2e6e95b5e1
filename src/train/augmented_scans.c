/* Labelled training scans as other scanners and bodies might have made them. */
#include "train/augmented_scans.h"

#define LARGEST_ROTATION 20.0f
#define CHANCE           0.5f

static sep_strong_settings as_strangers(const sep_strong_settings *strong)
{
    sep_strong_settings s = *strong;

    s.rotation = s.rotation < LARGEST_ROTATION ? s.rotation : LARGEST_ROTATION;
    s.mirror = SEP_MIRROR_NONE;
    s.quarter_turns = false;
    s.foreground = s.registered_probability = 0.0f;
    s.rotation_probability = s.scale_probability = s.shift_probability = s.elastic_probability = CHANCE;
    s.bias_probability = s.noise_probability = s.blur_probability = s.brightness_probability = CHANCE;
    s.contrast_probability = s.resolution_probability = s.gamma_probability = CHANCE;
    return s;
}

/* ---- one scan ---------------------------------------------------------------------------------------------------- */

/* A draw, and room for slices of the scan's size. */
typedef struct drawing {
    const sep_strong_settings *settings;
    sep_view_id view;
    float *at;      /* [2, height, width] */
    float *scratch; /* as much */
    int32_t *label; /* [height, width] */
} drawing;

/* Where d->at says. */
static void draw_channel(const drawing *d, int channel, const sep_scan *from, sep_scan *to)
{
    const sep_volume in = sep_volume_channel(&from->image, channel), out = sep_volume_channel(&to->image, channel);
    sep_view_id view = d->view;

    view.channel = channel;
    for (int z = 0; z < in.depth; z++) {
        float *image = sep_volume_slice(&out, z);
        sep_sample_image(sep_volume_slice(&in, z), in.height, in.width, d->at, (size_t)in.height * (size_t)in.width,
                         image);
        sep_photometry_apply(d->settings, &view, image, in.height, in.width, d->scratch);
    }
}

static void draw_slices(const drawing *d, const sep_scan *from, sep_scan *to)
{
    const int height = from->image.height, width = from->image.width;
    const size_t pixels = (size_t)height * (size_t)width;
    const sep_geometry geometry = sep_geometry_draw(d->settings, &d->view, height, width, height, width, NULL);

    sep_geometry_places(&geometry, height, width, d->at);
    for (int c = 0; c < sep_volume_channels(&from->image); c++)
        draw_channel(d, c, from, to);
    for (int z = 0; z < from->image.depth; z++) {
        uint8_t *label = sep_labels_slice(&to->label, z);
        sep_sample_labels(sep_labels_slice(&from->label, z), height, width, d->at, pixels, 0, d->label);
        for (size_t i = 0; i < pixels; i++)
            label[i] = (uint8_t)d->label[i];
    }
}

static sep_status draw_with_room(drawing *d, const sep_scan *from, sep_scan *to)
{
    const size_t pixels = (size_t)from->image.height * (size_t)from->image.width;

    d->at = sep_calloc(2 * pixels, sizeof *d->at);
    d->scratch = sep_calloc(2 * pixels, sizeof *d->scratch);
    d->label = sep_calloc(pixels, sizeof *d->label);
    const sep_status status = d->at != NULL && d->scratch != NULL && d->label != NULL ? SEP_OK : SEP_ERR_MEMORY;
    if (status == SEP_OK)
        draw_slices(d, from, to);
    sep_free(d->at);
    sep_free(d->scratch);
    sep_free(d->label);
    return status;
}

static sep_status draw_scan(const sep_strong_settings *settings, sep_view_id view, const sep_scan *from, sep_scan *to)
{
    drawing d = {.settings = settings, .view = view};

    to->name = sep_strdup(from->name);
    if (to->name == NULL)
        return SEP_ERR_MEMORY;
    SEP_TRY(sep_volume_create_channels(&to->image, from->image.channels, from->image.depth, from->image.height,
                                       from->image.width));
    SEP_TRY(sep_labels_create(&to->label, from->image.depth, from->image.height, from->image.width));
    sep_volume_take_geometry(&to->image, &from->image);
    sep_labels_take_geometry(&to->label, &from->image);
    to->label.ignores = from->label.ignores;
    return draw_with_room(&d, from, to);
}

/* ---- all --------------------------------------------------------------------------------------------------------- */

static int count_labelled(const sep_dataset *dataset)
{
    int count = 0;

    for (int i = 0; i < dataset->training; i++)
        count += sep_scan_has_labels(&dataset->scan[i]);
    return count;
}

/* The labelled scan of that number. */
static const sep_scan *find_labelled(const sep_dataset *dataset, int number)
{
    const sep_scan *scan = dataset->scan;

    while (!sep_scan_has_labels(scan) || number-- > 0)
        scan++;
    return scan;
}

sep_status sep_augmented_scans_make(const sep_dataset *dataset, const sep_strong_settings *strong, uint64_t seed,
                                    sep_augmented_scans *scans)
{
    const sep_strong_settings settings = as_strangers(strong);
    const int labelled = count_labelled(dataset);
    const int taken = labelled < SEP_AUGMENTED_MOST ? labelled : SEP_AUGMENTED_MOST;

    *scans = (sep_augmented_scans){.drawn_from = taken};
    scans->scan = sep_calloc((size_t)taken * SEP_AUGMENTED_VARIANTS + 1, sizeof *scans->scan);
    if (scans->scan == NULL)
        return SEP_ERR_MEMORY;
    for (int i = 0; i < taken; i++)
        for (int v = 0; v < SEP_AUGMENTED_VARIANTS; v++) {
            const sep_view_id view = {.seed = seed, .iteration = (uint32_t)i, .position = 0, .view = v};
            SEP_TRY(draw_scan(&settings, view, find_labelled(dataset, (int)((int64_t)i * labelled / taken)),
                              &scans->scan[scans->count++]));
        }
    return SEP_OK;
}

void sep_augmented_scans_free(sep_augmented_scans *scans)
{
    for (int i = 0; i < scans->count; i++) {
        sep_free(scans->scan[i].name);
        sep_volume_free(&scans->scan[i].image);
        sep_labels_free(&scans->scan[i].label);
    }
    sep_free(scans->scan);
}
