/* What one scan shows. */
#include "plan/survey.h"

#include "data/scan.h"

#include <math.h>
#include <string.h>

/* ---- intensities ------------------------------------------------------------------------------------------------- */

enum { MOST_SAMPLED = 1 << 16 };

/* Of every so manieth voxel of one channel; with labels, of those that have a class. How many these are. */
static size_t take_sample(const sep_volume *channel, const sep_labels *labels, size_t step, float *sample)
{
    const size_t count = sep_volume_voxels(channel);
    size_t taken = 0;

    for (size_t i = 0; i < count; i += step)
        if (labels == NULL || (labels->data[i] != 0 && !sep_labels_ignore(labels, i)))
            sample[taken++] = channel->data[i];
    return taken;
}

static bool share_a_factor(size_t a, size_t b)
{
    while (b > 0) {
        const size_t rest = a % b;
        a = b;
        b = rest;
    }
    return a > 1;
}

/* So that few voxels are taken, of all rows and columns by turns. */
static size_t sampling_step(const sep_volume *image)
{
    size_t step = sep_volume_voxels(image) / MOST_SAMPLED + 1;

    while (share_a_factor(step, (size_t)image->width * (size_t)image->height))
        step++;
    return step;
}

/* Of each channel; NULL where no voxel is asked for. */
static sep_status take_quantiles(sep_arena *arena, const sep_volume *image, const sep_labels *labels,
                                 float (**quantile)[SEP_QUANTILES])
{
    const size_t count = sep_volume_voxels(image), channels = (size_t)sep_volume_channels(image);
    const size_t step = labels == NULL ? sampling_step(image) : 1;
    float *sample = sep_calloc(count / step + 1, sizeof *sample);

    *quantile = sample != NULL ? sep_arena_alloc(arena, channels * sizeof **quantile) : NULL;
    for (size_t c = 0; c < channels && *quantile != NULL; c++) {
        const sep_volume channel = sep_volume_channel(image, (int)c);
        const size_t taken = take_sample(&channel, labels, step, sample);

        sep_sort_floats(sample, taken);
        for (size_t k = 0; taken > 0 && k < SEP_QUANTILES; k++)
            (*quantile)[c][k] = sample[k * (taken - 1) / (SEP_QUANTILES - 1)];
        if (taken == 0)
            *quantile = NULL;
    }
    const bool failed = sample == NULL || sep_arena_failed(arena);
    sep_free(sample);
    return failed ? SEP_ERR_MEMORY : SEP_OK;
}

static sep_status look_at_channel(sep_survey *survey, const sep_volume *image, int c, sep_surveyed *scan)
{
    const sep_volume channel = sep_volume_channel(image, c);
    float *quantile = scan->image[c];

    sep_volume_range(&channel, &quantile[0], &quantile[SEP_QUANTILES - 1]);
    return quantile[0] < quantile[SEP_QUANTILES - 1]
               ? SEP_OK
               : sep_survey_note(survey, SEP_FOUND_CONSTANT, "%s%s", scan->entry->name, sep_survey_channel(survey, c));
}

/* Without the hundredth of its voxels that are darkest and brightest, which would outshine the rest. */
static sep_status take_thumbnail(sep_arena *arena, const sep_volume *image, sep_surveyed *scan)
{
    const sep_volume channel = sep_volume_channel(image, 0);

    scan->thumbnail = sep_arena_alloc(arena, sizeof(float) * SEP_THUMBNAIL_CELLS);
    if (scan->thumbnail != NULL)
        sep_thumbnail_draw(&channel, scan->image[0][1], scan->image[0][SEP_QUANTILES - 2], scan->thumbnail);
    return scan->thumbnail != NULL ? SEP_OK : SEP_ERR_MEMORY;
}

static sep_status look_at_image(sep_survey *survey, const sep_volume *image, sep_surveyed *scan)
{
    SEP_TRY(take_quantiles(survey->arena, image, NULL, &scan->image));
    if ((scan - survey->scan) % sep_view_step(survey->scans) == 0)
        SEP_TRY(take_thumbnail(survey->arena, image, scan));
    scan->hash = sep_volume_hash(image);
    for (int c = 0; c < survey->channels; c++)
        SEP_TRY(look_at_channel(survey, image, c, scan));
    return SEP_OK;
}

/* ---- the label map ----------------------------------------------------------------------------------------------- */

static void count_voxel(sep_class_part *part, int z, int y, int x)
{
    part->voxels++;
    part->centre[0] += x;
    part->centre[1] += y;
    part->centre[2] += z;
}

/* From sums to places between the ends of the scan. */
static void finish_centres(const sep_labels *labels, int classes, sep_class_part *part)
{
    const int size[3] = {labels->width, labels->height, labels->depth};

    for (int c = 0; c < classes; c++)
        for (int axis = 0; axis < 3; axis++) {
            const double half = 0.5 * (size[axis] - 1);
            const double mean = part[c].voxels > 0 ? part[c].centre[axis] / (double)part[c].voxels : half;
            part[c].centre[axis] = half > 0 ? (mean - half) / half : 0;
        }
}

/* False where a value is beyond the classes: *wrong is it. */
static bool count_classes(const sep_labels *labels, int classes, sep_surveyed *scan, int *wrong)
{
    size_t i = 0;

    for (int z = 0; z < labels->depth; z++) {
        bool some = false;
        for (int y = 0; y < labels->height; y++)
            for (int x = 0; x < labels->width; x++, i++) {
                const int value = labels->data[i];

                if (sep_labels_ignore(labels, i))
                    continue;
                *wrong = value;
                if (value >= classes)
                    return false;
                count_voxel(&scan->part[value], z, y, x);
                some = some || value > 0;
            }
        scan->labelled_slices += some;
    }
    finish_centres(labels, classes, scan->part);
    return true;
}

static sep_status show(sep_survey *survey, int index, sep_volume *image, sep_labels *labels)
{
    const int z = sep_labels_fullest_slice(labels), number = survey->shown;
    const size_t pixels = (size_t)image->height * (size_t)image->width;
    sep_volume *slice = &survey->shown_image[number];
    sep_labels *map = &survey->shown_label[number];

    if (number == SEP_SHOWN_SCANS || survey->scan[index].use != SEP_USE_LABELLED)
        return SEP_OK;
    SEP_TRY(sep_volume_create_channels(slice, sep_volume_channels(image), 1, image->height, image->width));
    SEP_TRY(sep_labels_create(map, 1, image->height, image->width));
    for (int c = 0; c < sep_volume_channels(image); c++) {
        const sep_volume from = sep_volume_channel(image, c), to = sep_volume_channel(slice, c);
        memcpy(to.data, sep_volume_slice(&from, z), pixels * sizeof(float));
    }
    memcpy(map->data, sep_labels_slice(labels, z), pixels);
    sep_volume_take_geometry(slice, image);
    sep_labels_take_geometry(map, image);
    map->ignores = labels->ignores;
    survey->shown_scan[number] = index;
    survey->shown++;
    return SEP_OK;
}

static sep_status look_at_classes(sep_survey *survey, int index, sep_volume *image, sep_labels *labels)
{
    sep_surveyed *scan = &survey->scan[index];
    int value;

    scan->part = sep_arena_alloc(survey->arena, (size_t)survey->classes * sizeof *scan->part);
    if (scan->part == NULL)
        return SEP_ERR_MEMORY;
    if (!count_classes(labels, survey->classes, scan, &value)) {
        scan->part = NULL;
        return sep_survey_note(survey, SEP_FOUND_VALUES, "%s (%d)", scan->entry->name, value);
    }
    SEP_TRY(take_quantiles(survey->arena, image, labels, &scan->foreground));
    if (scan->foreground == NULL)
        return sep_survey_note(survey, SEP_FOUND_EMPTY, "%s", scan->entry->name);
    survey->labelled_slices += scan->use == SEP_USE_LABELLED ? scan->labelled_slices : 0;
    return show(survey, index, image, labels);
}

/* `image` is in the order of most scans, the label map as it is stored. */
static sep_status look_at_labels(sep_survey *survey, int index, sep_volume *image, sep_labels *labels)
{
    const sep_surveyed *scan = &survey->scan[index];
    const sep_volume *stored = &scan->grid;
    sep_space space;

    SEP_TRY(sep_labels_match(stored, labels, &space));
    if (space.relation == SEP_SPACE_REORDERED)
        SEP_TRY(sep_survey_note(survey, SEP_FOUND_ORDER, "%s", scan->entry->name));
    if (space.relation == SEP_SPACE_ELSEWHERE)
        return sep_survey_note(survey, SEP_FOUND_PLACE, "%s (%s)", scan->entry->name, space.text);
    if (labels->depth != stored->depth || labels->height != stored->height || labels->width != stored->width)
        return sep_survey_note(survey, SEP_FOUND_SIZE, "%s (%dx%dx%d, image %dx%dx%d)", scan->entry->name,
                               labels->depth, labels->height, labels->width, stored->depth, stored->height,
                               stored->width);
    SEP_TRY(sep_labels_reorder(labels, &scan->order));
    return look_at_classes(survey, index, image, labels);
}

static sep_status read_image(const sep_survey *survey, sep_surveyed *scan, sep_volume *image)
{
    SEP_TRY(sep_image_read(scan->entry->image_path, survey->channels, image));
    scan->grid = *image;
    scan->grid.data = NULL;
    return sep_volume_reorder(image, &scan->order);
}

sep_status sep_survey_scan(sep_survey *survey, int index)
{
    sep_surveyed *scan = &survey->scan[index];
    sep_volume image = {0};
    sep_labels labels = {0};

    sep_status status = read_image(survey, scan, &image);
    if (status == SEP_OK)
        status = look_at_image(survey, &image, scan);
    if (status == SEP_OK && scan->use != SEP_USE_UNLABELLED) {
        status = sep_label_map_read(scan->entry->label_path, &survey->data.labels, &labels);
        if (status == SEP_OK)
            status = look_at_labels(survey, index, &image, &labels);
    }
    sep_volume_free(&image);
    sep_labels_free(&labels);
    return status;
}
