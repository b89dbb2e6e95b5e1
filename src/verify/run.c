/* One run of `septum verify`: some steps of training on phantoms, an evaluation, and a hash of everything that came
 * out. */
#include "data/phantom_dataset.h"
#include "model/predictor.h"
#include "train/stages.h"
#include "verify/cases.h"

#include "septum/metrics.h"

#include <string.h>

enum { TRAINING = 4, LABELLED = 2, VALIDATION = 1, SLICES = 3, SLICES_AT_ONCE = 2 };

typedef struct verify_run {
    sep_options *options; /* own the configuration's strings */
    sep_train_config config;
    sep_dataset *dataset;
    sep_store *store;
    sep_stages stages;
    sep_loader *loader;
    sep_predictor *predictor;
    uint64_t hash;
    sep_verify_trace *trace; /* or NULL */
} verify_run;

static void hash_bytes(verify_run *r, const void *bytes, size_t count)
{
    r->hash = sep_hash(r->hash, bytes, count);
}

static sep_status keep(verify_run *r, const float *values, size_t count)
{
    sep_verify_trace *t = r->trace;

    hash_bytes(r, values, count * sizeof *values);
    if (t == NULL)
        return SEP_OK;
    float *longer = sep_grown(t->value, t->count, t->count + count, sizeof *longer);
    if (longer == NULL)
        return SEP_ERR_MEMORY;
    memcpy(longer + t->count, values, count * sizeof *values);
    t->value = longer;
    t->count += count;
    return SEP_OK;
}

/* ---- what is trained on ------------------------------------------------------------------------------------------ */

/* Hearts a little smaller than the patch, so that slices are resized on the way in and label maps on the way back. */
static sep_status make_phantoms(verify_run *r)
{
    const sep_phantom_dataset hearts = {
        .phantom = {.size = r->config.batch.height * 7 / 8, .slices = SLICES, .seed = 3},
        .classes = r->config.data.classes,
        .labelled = LABELLED,
        .training = TRAINING,
        .validation = VALIDATION,
    };

    SEP_TRY(sep_phantom_dataset_create(&hearts, &r->dataset));
    return sep_phantom_dataset_register(r->dataset);
}

static sep_status set_up(verify_run *r, const sep_verify_case *c, sep_device *device)
{
    r->hash = SEP_HASH_START;
    r->options = sep_options_create();
    if (r->options == NULL)
        return SEP_ERR_MEMORY;
    SEP_TRY(sep_options_load_text(r->options, "verify", sep_verify_common));
    SEP_TRY(sep_options_load_text(r->options, c->name, c->settings));
    SEP_TRY(sep_train_config_read(r->options, &r->config));
    SEP_TRY(make_phantoms(r));
    SEP_TRY(sep_store_create(device, r->config.seed, &r->store));
    SEP_TRY(sep_stages_build(&r->config, r->dataset->classes, r->store, &r->stages));
    SEP_TRY(sep_stages_compile(&r->stages));
    SEP_TRY(sep_predictor_create(r->store, r->stages.graph[0].step.spec, r->config.students, r->config.ema > 0.0f,
                                 SLICES_AT_ONCE, r->config.batch.image_zoom, &r->predictor));
    sep_batch_config batches;
    SEP_TRY(sep_stages_batches(&r->stages, &batches));
    return sep_loader_create(r->dataset, &batches, 0, &r->loader);
}

static void tear_down(verify_run *r)
{
    sep_loader_destroy(r->loader);
    sep_predictor_destroy(r->predictor);
    sep_stages_free(&r->stages);
    sep_store_destroy(r->store);
    sep_dataset_destroy(r->dataset);
    sep_options_destroy(r->options);
}

/* ---- training and evaluation ------------------------------------------------------------------------------------- */

static sep_status train(verify_run *r)
{
    for (int64_t i = 0; i < r->config.iterations; i++) {
        const sep_batch *batch;
        double rates[SEP_MAX_STUDENTS];
        SEP_TRY(sep_loader_next(r->loader, &batch));
        SEP_TRY(sep_stages_run(&r->stages, batch, i, rates));
        SEP_TRY(sep_stages_read_terms(&r->stages));
        const int s = r->stages.stage;
        SEP_TRY(keep(r, r->stages.terms[s], (size_t)r->stages.graph[s].step.terms));
    }
    if (r->trace != NULL)
        r->trace->losses = r->trace->count;
    uint64_t tensors;
    SEP_TRY(sep_store_hash(r->store, &tensors));
    hash_bytes(r, &tensors, sizeof tensors);
    return SEP_OK;
}

static sep_status score(verify_run *r, const sep_labels *prediction)
{
    sep_evaluation evaluation;

    SEP_TRY(sep_evaluation_create(&evaluation, r->dataset->classes, NULL));
    sep_status status = sep_evaluation_add(&evaluation, "scan", prediction, &r->dataset->scan[TRAINING].label);
    if (status == SEP_OK) {
        double dice = sep_evaluation_overall(&evaluation, SEP_EMPTY_STRICT, SEP_METRIC_DICE).mean;
        hash_bytes(r, &dice, sizeof dice);
    }
    sep_evaluation_free(&evaluation);
    return status;
}

/* All students together on the held-out scan. */
static sep_status evaluate(verify_run *r)
{
    sep_segment_options options = {.answer.student = SEP_ALL_STUDENTS};
    sep_labels labels;
    sep_volume probability[SEP_PHANTOM_CARDIAC_CLASSES];

    SEP_TRY(sep_predictor_segment(r->predictor, &r->dataset->scan[TRAINING].image, &options, &labels, probability));
    size_t voxels = (size_t)labels.depth * (size_t)labels.height * (size_t)labels.width;
    hash_bytes(r, labels.data, voxels * sizeof *labels.data);
    sep_status status = SEP_OK;
    for (int i = 0; i < SEP_PHANTOM_CARDIAC_CLASSES; i++) {
        if (status == SEP_OK)
            status = keep(r, probability[i].data, voxels);
        sep_volume_free(&probability[i]);
    }
    if (status == SEP_OK)
        status = score(r, &labels);
    sep_labels_free(&labels);
    return status;
}

sep_status sep_verify_run(const sep_verify_case *c, sep_device *device, uint64_t *hash, sep_verify_trace *trace)
{
    verify_run r = {.trace = trace};
    sep_status status = set_up(&r, c, device);

    if (status == SEP_OK)
        status = train(&r);
    if (status == SEP_OK)
        status = evaluate(&r);
    tear_down(&r);
    *hash = r.hash;
    return status;
}
