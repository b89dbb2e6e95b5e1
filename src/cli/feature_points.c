/* Points of scans: first all label maps, which say what there is to draw, then the scans again, one at a time. */
#include "cli/feature_points.h"

/* ---- label maps -------------------------------------------------------------------------------------------------- */

static sep_status predict(const sep_feature_scans *scans, int index, sep_model *model, sep_answer answer,
                          sep_labels *labels)
{
    const sep_segment_options how = {.answer = answer};
    sep_volume image;

    SEP_TRY(sep_feature_scan_image(scans, index, &image));
    sep_status status = sep_model_segment(model, &image, &how, labels, NULL);
    sep_volume_free(&image);
    return status;
}

static sep_status find_labels(const sep_feature_scans *scans, sep_model *model, sep_answer answer, sep_labels *labels)
{
    const int classes = sep_model_get_info(model)->spec[0].classes;
    const bool predicted = scans->label.count == 0;
    sep_progress *progress = sep_progress_start(predicted ? "predicting" : "reading label maps", scans->name.count, 0);
    sep_status status = SEP_OK;

    for (int i = 0; i < scans->name.count && status == SEP_OK; i++) {
        status = predicted ? predict(scans, i, model, answer, &labels[i])
                           : sep_feature_scan_labels(scans, i, classes, &labels[i]);
        sep_progress_update(progress, i + 1, scans->name.item[i]);
    }
    sep_progress_finish(progress);
    return status;
}

/* Names the class that has the fewest. */
static void say_fewer(const sep_model_info *info, const sep_feature_points *points, int wanted)
{
    int of_class[SEP_MOST_CLASSES] = {0}, least = points->point[0].label;

    for (int i = 0; i < points->count; i++)
        of_class[points->point[i].label]++;
    for (int c = 0; c < info->class_names.count; c++)
        if (of_class[c] > 0 && of_class[c] < of_class[least])
            least = c;
    sep_log(SEP_LOG_WARNING, "%d points, not %d: not every class has as many voxels; of %s there are %d in all",
            points->count, wanted, info->class_names.item[least], of_class[least]);
}

static sep_status draw(const sep_feature_scans *scans, sep_model *model, sep_answer answer, int wanted, uint64_t seed,
                       sep_feature_points *points)
{
    const int count = scans->name.count, classes = sep_model_get_info(model)->spec[0].classes;
    sep_labels *labels = sep_calloc((size_t)count, sizeof *labels);

    if (labels == NULL)
        return SEP_ERR_MEMORY;
    sep_status status = find_labels(scans, model, answer, labels);
    if (status == SEP_OK)
        status = sep_sample_points(labels, count, classes, wanted, seed, &points->point, &points->count);
    for (int i = 0; i < count; i++)
        sep_labels_free(&labels[i]);
    sep_free(labels);
    if (status == SEP_OK && points->count < wanted)
        say_fewer(sep_model_get_info(model), points, wanted);
    return status;
}

/* ---- features ---------------------------------------------------------------------------------------------------- */

static sep_status look_at(const sep_feature_scans *scans, sep_features *features, const sep_point *point, int count,
                          float *feature, sep_voxel *voxel, uint8_t *predicted)
{
    sep_volume image;

    for (int i = 0; i < count; i++)
        voxel[i] = point[i].voxel;
    SEP_TRY(sep_feature_scan_image(scans, point->scan, &image));
    sep_status status = sep_features_at(features, &image, voxel, count, feature, predicted);
    sep_volume_free(&image);
    return status;
}

/* How many points, from the first of these on, are of one scan. */
static int of_one_scan(const sep_point *point, int count)
{
    int same = 1;

    while (same < count && point[same].scan == point->scan)
        same++;
    return same;
}

static sep_status look_at_all(const sep_feature_scans *scans, sep_features *features, sep_feature_points *points,
                              sep_voxel *voxel, uint8_t *predicted)
{
    sep_progress *progress = sep_progress_start("features", scans->name.count, 0);
    sep_status status = SEP_OK;

    for (int first = 0, count; first < points->count && status == SEP_OK; first += count) {
        sep_point *point = points->point + first;
        count = of_one_scan(point, points->count - first);
        status = look_at(scans, features, point, count, points->feature + (size_t)first * (size_t)points->channels,
                         voxel, predicted);
        for (int i = 0; i < count; i++)
            point[i].predicted = predicted[i];
        sep_progress_update(progress, point->scan + 1, scans->name.item[point->scan]);
    }
    sep_progress_finish(progress);
    return status;
}

static sep_status gather(const sep_feature_scans *scans, sep_features *features, sep_feature_points *points)
{
    sep_voxel *voxel = sep_calloc((size_t)points->count, sizeof *voxel);
    uint8_t *predicted = sep_calloc((size_t)points->count, 1);

    points->channels = sep_features_channels(features);
    points->feature = sep_calloc((size_t)points->count * (size_t)points->channels, sizeof *points->feature);
    sep_status status = voxel != NULL && predicted != NULL && points->feature != NULL
                            ? look_at_all(scans, features, points, voxel, predicted)
                            : SEP_ERR_MEMORY;
    sep_free(voxel);
    sep_free(predicted);
    return status;
}

sep_status sep_feature_points_gather(const sep_feature_scans *scans, sep_model *model, sep_answer answer,
                                     sep_feature_map map, int wanted, uint64_t seed, sep_feature_points *points)
{
    sep_features *features = NULL;

    *points = (sep_feature_points){0};
    SEP_TRY(draw(scans, model, answer, wanted, seed, points));
    sep_status status = sep_features_open(model, answer, map, &features);
    if (status == SEP_OK)
        status = gather(scans, features, points);
    sep_features_close(features);
    return status;
}

void sep_feature_points_free(sep_feature_points *points)
{
    sep_free(points->point);
    sep_free(points->feature);
    *points = (sep_feature_points){0};
}
