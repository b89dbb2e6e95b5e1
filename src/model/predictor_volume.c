/* Prediction of whole volumes: slice -> patch -> networks -> mean logits -> class, back on the volume's grid. */
#include "model/predictor_parts.h"
#include "model/scores.h"

#include "septum/process.h"

#include <string.h>

static void take_labels(sep_predictor *p, int sample, int z, sep_labels *labels)
{
    size_t pixels = (size_t)p->height * (size_t)p->width;
    const float *score = p->sum + (size_t)sample * pixels * (size_t)p->classes;

    for (size_t i = 0; i < pixels; i++, score += p->classes)
        p->label[i] = sep_class_of_pixel(score, 1, p->classes);
    sep_slice_from_patch(p->label, p->height, p->width, labels, z);
}

/* Softmax of the mean logits, in p->logits: the sums stay, as more passes may come. */
static void find_probabilities(sep_predictor *p, int sample, float passes)
{
    const size_t pixels = (size_t)p->height * (size_t)p->width, classes = (size_t)p->classes;
    float *probability = p->logits + (size_t)sample * pixels * classes;

    memcpy(probability, p->sum + (size_t)sample * pixels * classes, pixels * classes * sizeof *probability);
    for (size_t i = 0; i < pixels; i++)
        sep_softmax_pixel(probability + i * classes, p->classes, passes);
}

/* Puts p->turned, a patch now, into plane z. */
static void put_patch(const sep_predictor *p, int z, sep_volume *to)
{
    sep_zoom_nearest_f32(p->turned, p->height, p->width, to->data + (size_t)z * (size_t)to->height * (size_t)to->width,
                         to->height, to->width);
}

static void take_probabilities(sep_predictor *p, int sample, int z, sep_volume *probabilities)
{
    size_t pixels = (size_t)p->height * (size_t)p->width, classes = (size_t)p->classes;

    for (size_t c = 0; c < classes; c++) {
        for (size_t i = 0; i < pixels; i++)
            p->turned[i] = p->logits[((size_t)sample * pixels + i) * classes + c];
        put_patch(p, z, &probabilities[c]);
    }
}

static void take_confidence(sep_predictor *p, int sample, int z, sep_volume *confidence)
{
    size_t pixels = (size_t)p->height * (size_t)p->width, classes = (size_t)p->classes;
    const float *probability = p->logits + (size_t)sample * pixels * classes;

    for (size_t i = 0; i < pixels; i++, probability += classes) {
        p->turned[i] = probability[0];
        for (size_t c = 1; c < classes; c++)
            p->turned[i] = probability[c] > p->turned[i] ? probability[c] : p->turned[i];
    }
    put_patch(p, z, confidence);
}

static void take_slice(sep_predictor *p, int sample, int z, float passes, const sep_way *out)
{
    take_labels(p, sample, z, out->labels);
    if (out->probabilities != NULL || out->confidence != NULL)
        find_probabilities(p, sample, passes);
    if (out->probabilities != NULL)
        take_probabilities(p, sample, z, out->probabilities);
    if (out->confidence != NULL)
        take_confidence(p, sample, z, out->confidence);
}

static sep_status create_outputs(const sep_predictor *p, const sep_volume *volume, const sep_way *out)
{
    SEP_TRY(sep_labels_create_on(volume, out->labels));
    for (int c = 0; out->probabilities != NULL && c < p->classes; c++)
        SEP_TRY(sep_volume_create_on(volume, &out->probabilities[c]));
    return out->confidence != NULL ? sep_volume_create_on(volume, out->confidence) : SEP_OK;
}

static void free_outputs(const sep_predictor *p, const sep_way *out)
{
    sep_labels_free(out->labels);
    for (int c = 0; out->probabilities != NULL && c < p->classes; c++)
        sep_volume_free(&out->probabilities[c]);
    if (out->confidence != NULL)
        sep_volume_free(out->confidence);
}

static void clear_outputs(const sep_predictor *p, const sep_way *out)
{
    *out->labels = (sep_labels){0};
    if (out->probabilities != NULL)
        memset(out->probabilities, 0, (size_t)p->classes * sizeof *out->probabilities);
    if (out->confidence != NULL)
        *out->confidence = (sep_volume){0};
}

/* ---- all ways of a volume ---------------------------------------------------------------------------------------- */

typedef struct segmentation {
    sep_predictor *p;
    const sep_volume *volume;
    sep_answer answer;
    const sep_way *way;
    int count, windows;                /* of a slice */
    sep_tta most;                      /* symmetries of any way */
    sep_smooth *smooth[SEP_MOST_WAYS]; /* NULL: labels are brought back */
} segmentation;

/* Slices are seen alike in all ways: whole and as they are, unless all ways are smooth. */
static sep_smooth *seen(const segmentation *s)
{
    for (int k = 0; k < s->count; k++)
        if (s->smooth[k] != NULL)
            return s->smooth[k];
    return NULL;
}

static sep_status set_up(segmentation *s)
{
    uint64_t maps = 0;

    for (int k = 0; k < s->count; k++) {
        maps += s->way[k].probabilities != NULL ? (uint64_t)s->p->classes : 0;
        s->most = s->way[k].tta > s->most ? s->way[k].tta : s->most;
    }
    if (!sep_predictor_takes(s->p, s->most))
        return sep_fail(SEP_ERR_ARGUMENT,
                        "quarter turns need square patches, and the networks look at %d rows of %d pixels: average "
                        "over flips alone",
                        s->p->height, s->p->width);
    const uint64_t voxels = (uint64_t)s->volume->depth * (uint64_t)s->volume->height * (uint64_t)s->volume->width;
    if (maps > 0 && sep_memory_check(maps * voxels * sizeof(float)) != SEP_OK)
        return sep_fail_within(SEP_ERR_MEMORY, "probabilities of %d classes", s->p->classes);
    for (int k = 0; k < s->count; k++) {
        SEP_TRY(create_outputs(s->p, s->volume, &s->way[k]));
        if (s->way[k].smooth || sep_predictor_is_smooth(s->p))
            SEP_TRY(sep_smooth_create(s->p, s->volume, &s->smooth[k]));
    }
    s->windows = seen(s) != NULL ? sep_smooth_windows(seen(s)) : 1;
    return SEP_OK;
}

static sep_status fill_patch(const segmentation *s, int z, int window, float *patch)
{
    const sep_predictor *p = s->p;

    if (seen(s) != NULL)
        return sep_smooth_fill_patch(seen(s), z, window, patch);
    return sep_patch_from_slice(s->volume, z, p->zoom, p->height, p->width, patch);
}

/* `item`: of the windows of all slices. */
static void take(const segmentation *s, int way, int sample, int64_t item)
{
    const int networks = s->answer.student == SEP_ALL_STUDENTS ? s->p->students : 1;
    const float passes = (float)(networks * sep_tta_passes(s->way[way].tta));
    const int z = (int)(item / s->windows), window = (int)(item % s->windows);

    if (s->smooth[way] != NULL)
        sep_smooth_take_window(s->smooth[way], sample, z, window, passes, &s->way[way]);
    else
        take_slice(s->p, sample, z, passes, &s->way[way]);
}

/* Each way takes the sum on its way to that of all passes. */
static sep_status segment_batch(const segmentation *s, int64_t first, int count)
{
    sep_predictor_clear(s->p);
    for (sep_tta tta = SEP_TTA_NONE; tta <= s->most; tta++) {
        SEP_TRY(sep_predictor_add_passes(s->p, s->answer, tta));
        for (int k = 0; k < s->count; k++)
            for (int i = 0; s->way[k].tta == tta && i < count; i++)
                take(s, k, i, first + i);
    }
    return SEP_OK;
}

/* A batch holds windows of one slice or of several, in order. */
static sep_status segment_slices(const segmentation *s)
{
    const sep_predictor *p = s->p;
    const size_t values = (size_t)p->channels * (size_t)p->height * (size_t)p->width;
    const int64_t all = (int64_t)s->volume->depth * s->windows;

    for (int64_t first = 0; first < all; first += p->batch) {
        const int count = all - first < p->batch ? (int)(all - first) : p->batch;
        SEP_TRY(sep_stop_check());
        for (int i = 0; i < count; i++)
            SEP_TRY(fill_patch(s, (int)((first + i) / s->windows), (int)((first + i) % s->windows),
                               p->patch + (size_t)i * values));
        SEP_TRY(segment_batch(s, first, count));
    }
    return SEP_OK;
}

sep_status sep_predictor_segment_ways(sep_predictor *p, const sep_volume *volume, sep_answer answer, const sep_way *way,
                                      int count)
{
    segmentation s = {.p = p, .volume = volume, .answer = answer, .way = way, .count = count};

    for (int k = 0; k < count; k++)
        clear_outputs(p, &way[k]);
    SEP_TRY(sep_answer_check(answer, p->students, p->networks > p->students));
    SEP_TRY(sep_check_channels(p->channels, volume));
    sep_status status = set_up(&s);
    if (status == SEP_OK)
        status = segment_slices(&s);
    for (int k = 0; k < count; k++) {
        sep_smooth_destroy(s.smooth[k]);
        if (status != SEP_OK)
            free_outputs(p, &way[k]);
    }
    return status;
}

sep_status sep_predictor_segment(sep_predictor *p, const sep_volume *volume, const sep_segment_options *options,
                                 sep_labels *labels, sep_volume *probabilities)
{
    const sep_way way = {options->tta, options->smooth, labels, probabilities, NULL};

    return sep_predictor_segment_ways(p, volume, options->answer, &way, 1);
}

sep_status sep_predictor_segment_surely(sep_predictor *p, const sep_volume *volume, const sep_segment_options *options,
                                        sep_labels *labels, sep_volume *confidence)
{
    const sep_way way = {options->tta, options->smooth, labels, NULL, confidence};

    return sep_predictor_segment_ways(p, volume, options->answer, &way, 1);
}
