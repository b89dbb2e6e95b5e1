/* septum predict: label maps for volumes with a trained model. */
#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/compute.h"
#include "cli/outputs.h"
#include "cli/predict_jobs.h"
#include "cli/predict_maps.h"
#include "cli/predict_quality.h"
#include "cli/program.h"

#include <stdio.h>
#include <string.h>

static sep_strings model_paths;
static const char *out, *format = "nii.gz";
static const char *tta = "auto", *smooth = "auto", *components = "auto";
static bool mirror;
static sep_maps_wanted maps;
static double doubt = 0.8;

static const sep_option options[] = {
    {"model", 'm', "FILE", "a run's folder or a checkpoint in it; of several, probabilities are averaged",
     .list = &model_paths},
    {"out", 'o', "PATH", "the label map, or the folder for many (default: NAME_seg.nii.gz beside the input)",
     .string = &out},
    SEP_STUDENT_OPTION,
    SEP_AVERAGE_OPTION,
    {"tta", 0, "WHICH",
     "average over flips (4 passes), or all symmetries of a square (8); auto as the model's validation decided",
     .string = &tta, .choices = "auto|none|flips|all"},
    {"mirror", 0, NULL, "the same as --tta flips", .flag = &mirror},
    {"components", 0, "WHICH",
     "keep only the largest component of each class; auto of those where validation decided so", .string = &components,
     .choices = "auto|yes|no"},
    {"smooth", 0, "WHICH",
     "bring probabilities back to the image's grid bilinearly, and take the class there; auto as validation decided; "
     "models of windows or with a spacing do so anyway",
     .string = &smooth, .choices = "auto|yes|no"},
    {"probabilities", 0, NULL, "write a volume of probabilities for each class too", .flag = &maps.probabilities},
    {"uncertainty", 0, NULL, "write NAME_uncertainty.nii.gz too, and NAME_disagreement.nii.gz of several models",
     .flag = &maps.uncertainty},
    {"doubt", 0, "DICE", "flag cases whose estimated Dice is below it", .real = &doubt, .low = 0.0, .high = 1.0},
    {"format", 0, "FORMAT", "of label maps in a folder", .string = &format, .choices = "nii.gz|nii|h5|png"},
    SEP_DEVICE_OPTION,
    SEP_MODE_OPTIONS,
    SEP_THREADS_OPTION,
    {0},
};

/* The command while it works. */
typedef struct predicting {
    sep_asked_models models;
    sep_quality_table quality;
    bool unreadable; /* what failed last is the image's fault: others can do without it */
} predicting;

/* ---- one image --------------------------------------------------------------------------------------------------- */

/* A scan that is stored in another orientation than those of training, and what became of that. */
static void say_orientation(const char *in, const sep_volume *volume, const sep_orientation *trained)
{
    const sep_orientation own = sep_orientation_of(volume);
    sep_order order;
    char stored[4], wanted[4];

    const bool clear = sep_orientation_order(trained, volume, &order);
    sep_orientation_code(&own, stored);
    sep_orientation_code(trained, wanted);
    if (!clear)
        sep_log(SEP_LOG_WARNING, "%s: lies oblique to the orientation of training (%s): predicted as stored (%s)", in,
                wanted, stored);
    else if (!sep_order_is_stored(&order))
        sep_log(SEP_LOG_INFO, "%s: stored as %s, predicted as %s like the scans of training, and put back", in, stored,
                wanted);
}

static sep_status take_quality(predicting *p, const char *to, const sep_prediction *prediction)
{
    char *name = sep_image_stem(to);
    sep_status status = name != NULL ? sep_quality_add(&p->quality, &p->models, name, prediction) : SEP_ERR_MEMORY;

    sep_free(name);
    return status;
}

static sep_status predict_with_probabilities(predicting *p, const sep_volume *volume, const char *to)
{
    sep_prediction prediction;

    SEP_TRY(sep_models_predict(&p->models, volume, maps.uncertainty && p->models.count > 1, &prediction));
    sep_status status = sep_labels_write(to, &prediction.labels);
    if (status == SEP_OK)
        status = sep_maps_write(&maps, to, &prediction);
    if (status == SEP_OK)
        status = take_quality(p, to, &prediction);
    sep_prediction_free(&prediction);
    return status;
}

static sep_status predict_labels(predicting *p, const sep_volume *volume, const char *in, const char *to)
{
    sep_labels labels;

    sep_log(SEP_LOG_WARNING, "%s: no estimate of its quality: %s", in, sep_error_text());
    SEP_TRY(sep_models_label(&p->models, volume, &labels));
    sep_status status = sep_labels_write(to, &labels);
    sep_labels_free(&labels);
    return status;
}

/* Probabilities that nobody asked for, and that there is no room for, are done without. */
static sep_status predict_volume(predicting *p, const sep_volume *volume, const char *in, const char *to)
{
    const uint64_t voxels = (uint64_t)volume->depth * (uint64_t)volume->height * (uint64_t)volume->width;
    const bool asked_for = maps.probabilities || maps.uncertainty || p->models.count > 1;

    if (!asked_for && sep_memory_check((uint64_t)sep_models_classes(&p->models) * voxels * sizeof(float)) != SEP_OK)
        return predict_labels(p, volume, in, to);
    return predict_with_probabilities(p, volume, to);
}

static sep_status predict(predicting *p, const char *in, const char *to)
{
    const double start = sep_seconds();
    sep_volume volume;

    p->unreadable = true;
    SEP_TRY(sep_image_read(in, sep_models_channels(&p->models), &volume));
    say_orientation(in, &volume, &sep_model_get_info(p->models.model[0])->orientation);
    sep_status status = predict_volume(p, &volume, in, to);
    p->unreadable = status == SEP_ERR_FORMAT || status == SEP_ERR_NUMERIC;
    if (status == SEP_ERR_FORMAT)
        status = sep_fail_within(status, "%s", in);
    if (status == SEP_OK)
        sep_log(SEP_LOG_INFO, "%s: %d slices in %.2f s -> %s", in, volume.depth, sep_seconds() - start, to);
    sep_volume_free(&volume);
    return status;
}

/* ---- one image, or all of a folder ------------------------------------------------------------------------------- */

/* `folder`: NULL of one image. */
static sep_status check_files(const predicting *p, const sep_jobs *j, const char *folder)
{
    sep_outputs o = {0};

    for (int i = 0; i < p->models.count; i++)
        sep_reads(&o, p->models.path[i]);
    for (int i = 0; i < j->in.count; i++) {
        sep_reads(&o, j->in.item[i]);
        (folder != NULL ? sep_writes_below : sep_writes)(&o, j->to.item[i]);
        sep_maps_declare(&maps, &o, &p->models, j->to.item[i]);
    }
    if (folder != NULL) {
        sep_writes_in(&o, folder, SEP_QUALITY_FILE);
        sep_writes_in(&o, folder, SEP_QUALITY_PAGE);
    }
    return sep_outputs_check(&o);
}

static sep_status predict_one(predicting *p, const char *in)
{
    sep_jobs j = {0};
    char *to = out != NULL ? sep_strdup(out) : sep_default_output(in);
    sep_status status = to != NULL ? sep_strings_add(&j.in, in) : SEP_ERR_MEMORY;

    if (status == SEP_OK)
        status = sep_strings_add(&j.to, to);
    if (status == SEP_OK)
        status = check_files(p, &j, NULL);
    if (status == SEP_OK)
        status = predict(p, in, to);
    if (status == SEP_OK)
        status = sep_quality_finish(&p->quality, &p->models, NULL);
    sep_jobs_free(&j);
    sep_free(to);
    return status;
}

static sep_status predict_jobs(predicting *p, const sep_jobs *j)
{
    sep_progress *progress = sep_progress_start("predicting", j->in.count, 0);
    sep_status status = SEP_OK;
    int done = 0, unreadable = 0;

    while (done < j->in.count && status == SEP_OK) {
        const char *in = j->in.item[done];
        status = predict(p, in, j->to.item[done]);
        if (status != SEP_OK && status != SEP_ERR_INTERRUPTED && p->unreadable) {
            sep_log(SEP_LOG_WARNING, "left out: %s", sep_error_text());
            unreadable++;
            status = SEP_OK;
        }
        done += status == SEP_OK;
        sep_progress_update(progress, done, sep_file_name(in));
    }
    sep_progress_finish(progress);
    if (status == SEP_ERR_INTERRUPTED)
        return sep_fail(status, "stopped after %d of %d images", done, j->in.count);
    if (status == SEP_OK && unreadable > 0)
        return sep_fail(SEP_ERR_FORMAT, "%d of %d images could not be read", unreadable, j->in.count);
    return status;
}

/* The table of what was predicted, also where that is not all. */
static sep_status finish_table(predicting *p, const char *folder, sep_status status)
{
    char *why = status != SEP_OK ? sep_strdup(sep_error_text()) : NULL;
    const sep_status finished = sep_quality_finish(&p->quality, &p->models, folder);

    if (why != NULL)
        status = sep_fail(status, "%s", why);
    sep_free(why);
    return status != SEP_OK ? status : finished;
}

static sep_status predict_folder(predicting *p, const char *in, const char *folder)
{
    sep_jobs j = {0};

    SEP_TRY(sep_make_folders(folder));
    sep_status status = sep_jobs_find(&j, in, folder, format, sep_models_channels(&p->models));
    if (status == SEP_OK)
        status = check_files(p, &j, folder);
    if (status == SEP_OK)
        status = finish_table(p, folder, predict_jobs(p, &j));
    sep_jobs_free(&j);
    return status;
}

static sep_status check_options(bool folder, const char *in)
{
    if (model_paths.count == 0)
        return sep_usage_error("--model is missing: the checkpoint to predict with");
    if (mirror && strcmp(tta, "auto") != 0 && strcmp(tta, "flips") != 0)
        return sep_usage_error("--mirror is --tta flips: it can't stand beside --tta %s", tta);
    if (folder && out == NULL)
        return sep_usage_error("--out is missing: the folder for the label maps of %s", in);
    return SEP_OK;
}

/* Runs' folders become their checkpoints. */
static sep_status name_models(sep_strings *models)
{
    for (int i = 0; i < model_paths.count; i++) {
        char *path = sep_model_path(model_paths.item[i]);
        const sep_status status = path != NULL ? sep_strings_add(models, path) : SEP_ERR_MEMORY;
        sep_free(path);
        SEP_TRY(status);
    }
    return SEP_OK;
}

static sep_status run(int count, char **operand)
{
    const bool folder = sep_folder_exists(operand[0]);
    predicting p = {.quality = {.doubt = doubt}};
    sep_strings models = {0};
    sep_device *device;

    (void)count;
    SEP_TRY(check_options(folder, operand[0]));
    const sep_asking asking = {.tta = mirror ? "flips" : tta, .components = components, .smooth = smooth};
    SEP_TRY(sep_open_device(&device));
    sep_status status = name_models(&models);
    if (status == SEP_OK)
        status = sep_models_open(&models, &asking, device, &p.models);
    sep_stop_on_signals();
    if (status == SEP_OK)
        status = folder ? predict_folder(&p, operand[0], out) : predict_one(&p, operand[0]);
    sep_quality_free(&p.quality);
    sep_models_close(&p.models);
    sep_strings_free(&models);
    sep_device_destroy(device);
    return status;
}

const sep_command sep_command_predict = {
    .name = "predict",
    .operands = "IMAGE|FOLDER",
    .operands_low = 1,
    .operands_high = 1,
    .summary = "segment images with a trained model",
    .description =
        "Reads NIfTI (of a series one volume by its number from 1, cine.nii.gz#12), HDF5 (dataset 'image') or PNG and "
        "JPEG; writes a label map on the input's own grid (in the place of one of that name: keep corrected ones "
        "elsewhere), with "
        "its spacing and orientation, that opens in ITK-SNAP and 3D Slicer. The model knows how the "
        "intensities were normalised in training, and in which orientation slices were cut: a scan that is stored "
        "along other axes, or from another end, is put into that for the networks. A model that was trained with "
        "data.spacing resamples the image, which must know the size of its pixels, and one trained on windows "
        "(data.view) looks at larger slices in windows that overlap; the label map is on the image's grid all the "
        "same. A folder is taken as nnU-Net names "
        "its files: the label map of CASE_0000.nii.gz is called CASE. Of a model that was trained on several channels "
        "the "
        "image is CASE_0000.nii.gz with CASE_0001.nii.gz and so on beside it, or a file that holds all of them; "
        "channels beyond those that the model looks at are left out with a message.\n\n"
        "For each case the mean Dice of its foreground is estimated from the probabilities: the soft Dice of the label "
        "map with them, through the calibration that was made at the end of training (train.decide = yes), by "
        "validation or, without any, by "
        "augmented training scans; "
        "where a model has none, as it is. A folder gets quality.csv: case, estimate, flag (ok, or doubtful below "
        "--doubt), whether it is calibrated, and the estimate of each class, empty where the label map has none of "
        "it; and quality.html, a page of the same with the worst cases first.\n\n"
        "--uncertainty writes the entropy of the probabilities in each voxel, divided by log(classes): 0 to 1. Of "
        "several models it also writes how far they disagree: the entropy of their mean less the mean of their "
        "entropies, divided alike.",
    .examples =
        "septum predict --model runs/acdc/best.safetensors patient.nii.gz --out patient_seg.nii.gz\n"
        "septum predict --model runs/acdc/best.safetensors imagesTs --out predictions --student all --tta flips\n"
        "# three runs as one, and where they are unsure\n"
        "septum predict -m a/best.safetensors -m b/best.safetensors -m c/best.safetensors imagesTs -o out "
        "--uncertainty",
    .options = options,
    .run = run,
};
