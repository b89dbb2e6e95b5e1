/* Prediction of whole volumes: slice -> patch -> networks -> mean logits -> class, back on the volume's grid. */
#include "model/predictor_parts.h"
#include "model/softmax.h"

#include "septum/process.h"

#include <string.h>

static void take_labels(sep_predictor *p, int sample, int z, sep_labels *labels)
{
    size_t pixels = (size_t)p->height * (size_t)p->width, classes = (size_t)p->classes;
    const float *score = p->sum + (size_t)sample * pixels * classes;

    for (size_t i = 0; i < pixels; i++, score += classes) {
        size_t best = 0;
        for (size_t c = 1; c < classes; c++)
            if (score[c] > score[best])
                best = c;
        p->label[i] = (uint8_t)best;
    }
    sep_slice_from_patch(p->label, p->height, p->width, labels, z);
}

/* Softmax of the mean logits in place of the sums. */
static void normalise_scores(sep_predictor *p, int sample, float passes)
{
    size_t pixels = (size_t)p->height * (size_t)p->width, classes = (size_t)p->classes;
    float *score = p->sum + (size_t)sample * pixels * classes;

    for (size_t i = 0; i < pixels; i++)
        sep_softmax_pixel(score + i * classes, p->classes, passes);
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
            p->turned[i] = p->sum[((size_t)sample * pixels + i) * classes + c];
        put_patch(p, z, &probabilities[c]);
    }
}

static void take_confidence(sep_predictor *p, int sample, int z, sep_volume *confidence)
{
    size_t pixels = (size_t)p->height * (size_t)p->width, classes = (size_t)p->classes;
    const float *probability = p->sum + (size_t)sample * pixels * classes;

    for (size_t i = 0; i < pixels; i++, probability += classes) {
        p->turned[i] = probability[0];
        for (size_t c = 1; c < classes; c++)
            p->turned[i] = probability[c] > p->turned[i] ? probability[c] : p->turned[i];
    }
    put_patch(p, z, confidence);
}

static void take_slice(sep_predictor *p, int sample, int z, float passes, const sep_predictor_outputs *out)
{
    take_labels(p, sample, z, out->labels);
    if (out->probabilities != NULL || out->confidence != NULL)
        normalise_scores(p, sample, passes);
    if (out->probabilities != NULL)
        take_probabilities(p, sample, z, out->probabilities);
    if (out->confidence != NULL)
        take_confidence(p, sample, z, out->confidence);
}

static sep_status create_like(const sep_volume *volume, sep_volume *created)
{
    SEP_TRY(sep_volume_create(created, volume->depth, volume->height, volume->width));
    memcpy(created->spacing, volume->spacing, sizeof volume->spacing);
    memcpy(created->affine, volume->affine, sizeof volume->affine);
    created->has_geometry = volume->has_geometry;
    return SEP_OK;
}

static sep_status create_outputs(const sep_predictor *p, const sep_volume *volume, const sep_predictor_outputs *out)
{
    const uint64_t voxels = (uint64_t)volume->depth * (uint64_t)volume->height * (uint64_t)volume->width;

    if (out->probabilities != NULL && sep_memory_check((uint64_t)p->classes * voxels * sizeof(float)) != SEP_OK)
        return sep_fail_within(SEP_ERR_MEMORY, "probabilities of %d classes", p->classes);
    SEP_TRY(sep_labels_create(out->labels, volume->depth, volume->height, volume->width));
    sep_labels_take_geometry(out->labels, volume);
    for (int c = 0; out->probabilities != NULL && c < p->classes; c++)
        SEP_TRY(create_like(volume, &out->probabilities[c]));
    return out->confidence != NULL ? create_like(volume, out->confidence) : SEP_OK;
}

static void free_outputs(const sep_predictor *p, const sep_predictor_outputs *out)
{
    sep_labels_free(out->labels);
    for (int c = 0; out->probabilities != NULL && c < p->classes; c++)
        sep_volume_free(&out->probabilities[c]);
    if (out->confidence != NULL)
        sep_volume_free(out->confidence);
}

static sep_status segment_slices(sep_predictor *p, const sep_volume *volume, const sep_segment_options *options,
                                 const sep_predictor_outputs *out)
{
    const size_t values = (size_t)p->channels * (size_t)p->height * (size_t)p->width;
    int networks = options->answer.student == SEP_ALL_STUDENTS ? p->students : 1;
    float passes = (float)(networks * sep_tta_passes(options->tta));

    if (options->smooth || sep_predictor_is_smooth(p))
        return sep_predictor_segment_smoothly(p, volume, options, passes, out);
    for (int first = 0; first < volume->depth; first += p->batch) {
        int count = volume->depth - first < p->batch ? volume->depth - first : p->batch;
        SEP_TRY(sep_stop_check());
        for (int i = 0; i < count; i++)
            SEP_TRY(
                sep_patch_from_slice(volume, first + i, p->zoom, p->height, p->width, p->patch + (size_t)i * values));
        SEP_TRY(sep_predictor_run_batch(p, options));
        for (int i = 0; i < count; i++)
            take_slice(p, i, first + i, passes, out);
    }
    return SEP_OK;
}

/* The outputs are zeros. */
static sep_status segment(sep_predictor *p, const sep_volume *volume, const sep_segment_options *options,
                          const sep_predictor_outputs *out)
{
    SEP_TRY(sep_answer_check(options->answer, p->students, p->networks > p->students));
    SEP_TRY(sep_check_channels(p->channels, volume));
    sep_status status = create_outputs(p, volume, out);
    if (status == SEP_OK)
        status = segment_slices(p, volume, options, out);
    if (status != SEP_OK)
        free_outputs(p, out);
    return status;
}

sep_status sep_predictor_segment(sep_predictor *p, const sep_volume *volume, const sep_segment_options *options,
                                 sep_labels *labels, sep_volume *probabilities)
{
    *labels = (sep_labels){0};
    if (probabilities != NULL)
        memset(probabilities, 0, (size_t)p->classes * sizeof *probabilities);
    return segment(p, volume, options, &(sep_predictor_outputs){.labels = labels, .probabilities = probabilities});
}

sep_status sep_predictor_segment_surely(sep_predictor *p, const sep_volume *volume, const sep_segment_options *options,
                                        sep_labels *labels, sep_volume *confidence)
{
    *labels = (sep_labels){0};
    *confidence = (sep_volume){0};
    return segment(p, volume, options, &(sep_predictor_outputs){.labels = labels, .confidence = confidence});
}
