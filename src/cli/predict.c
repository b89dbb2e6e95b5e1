/* septum predict: label maps for volumes with a trained model. */
#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/compute.h"
#include "cli/outputs.h"
#include "cli/program.h"
#include "cli/targets.h"
#include "septum/model.h"

#include <stdio.h>
#include <string.h>

static const char *model_path, *out, *format = "nii.gz";
static bool mirror, probabilities;

static const sep_option options[] = {
    {"model", 'm', "FILE", "the checkpoint: best.safetensors of a run", .string = &model_path},
    {"out", 'o', "PATH", "the label map, or the folder for many (default: NAME_seg.nii.gz beside the input)",
     .string = &out},
    {"student", 0, "WHICH", "network to use: 0, 1, ..., best (by validation), or all (mean of their logits)",
     .string = &sep_student_option},
    SEP_AVERAGE_OPTION,
    {"mirror", 0, NULL, "average over flips of rows and columns: four times the work, often a little better",
     .flag = &mirror},
    {"probabilities", 0, NULL, "write a volume of probabilities for each class too", .flag = &probabilities},
    {"format", 0, "FORMAT", "of label maps in a folder", .string = &format, .choices = "nii.gz|nii|h5|png"},
    SEP_DEVICE_OPTION,
    SEP_MODE_OPTIONS,
    SEP_THREADS_OPTION,
    {0},
};

/* Where the probabilities of a class go, beside the label map. NULL without memory. */
static char *probability_path(const char *labels_path, int class_index)
{
    char *stem = sep_image_stem(labels_path);
    int folder = (int)(sep_file_name(labels_path) - labels_path);
    char *path =
        stem != NULL ? sep_format("%.*s%s_probability_%d.nii.gz", folder, labels_path, stem, class_index) : NULL;

    sep_free(stem);
    return path;
}

static sep_status write_probabilities(const char *labels_path, const sep_model_info *info, const sep_volume *volumes)
{
    for (int c = 0; c < info->spec[0].classes; c++) {
        char *path = probability_path(labels_path, c);
        sep_status status = path != NULL ? sep_volume_write(path, &volumes[c]) : SEP_ERR_MEMORY;
        sep_free(path);
        SEP_TRY(status);
    }
    return SEP_OK;
}

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

static sep_status predict(sep_model *model, const char *in, const char *to)
{
    const sep_model_info *info = sep_model_get_info(model);
    sep_segment_options how = {.mirror = mirror};
    sep_volume volume = {0}, volumes[SEP_MOST_CLASSES] = {0};
    sep_labels labels = {0};

    SEP_TRY(sep_choose_answer(model_path, info, &how.answer));
    SEP_TRY(sep_volume_read(in, &volume));
    say_orientation(in, &volume, &info->orientation);
    double start = sep_seconds();
    sep_status status = sep_model_segment(model, &volume, &how, &labels, probabilities ? volumes : NULL);
    if (status == SEP_OK)
        status = sep_labels_write(to, &labels);
    if (status == SEP_OK && probabilities)
        status = write_probabilities(to, info, volumes);
    if (status == SEP_OK)
        sep_log(SEP_LOG_INFO, "%s: %d slices in %.2f s -> %s", in, volume.depth, sep_seconds() - start, to);
    for (int c = 0; c < SEP_MOST_CLASSES; c++)
        sep_volume_free(&volumes[c]);
    sep_labels_free(&labels);
    sep_volume_free(&volume);
    return status;
}

/* ---- one image, or all of a folder ------------------------------------------------------------------------------- */

/* Beside the input; NULL without memory. */
static char *default_output(const char *in)
{
    char *name = sep_case_name(in);
    char *to = name != NULL ? sep_format("%.*s%s_seg.nii.gz", (int)(sep_file_name(in) - in), in, name) : NULL;

    sep_free(name);
    return to;
}

/* The images of a folder and where their label maps go. */
typedef struct jobs {
    sep_strings in, to;
} jobs;

static sep_status add_job(jobs *j, const char *in_folder, const char *file, const char *to_folder)
{
    char *name = sep_case_name(file), *in = sep_format("%s/%s", in_folder, file);
    char *to = name != NULL ? sep_format("%s/%s.%s", to_folder, name, format) : NULL;
    sep_status status = in != NULL && to != NULL ? sep_strings_add(&j->in, in) : SEP_ERR_MEMORY;

    if (status == SEP_OK)
        status = sep_strings_add(&j->to, to);
    sep_free(to);
    sep_free(in);
    sep_free(name);
    return status;
}

static void free_jobs(jobs *j)
{
    sep_strings_free(&j->in);
    sep_strings_free(&j->to);
}

static void declare_probabilities(sep_outputs *o, const sep_model_info *info, const char *to)
{
    for (int c = 0; c < info->spec[0].classes; c++) {
        char *path = probability_path(to, c);
        if (path == NULL)
            o->status = SEP_ERR_MEMORY;
        sep_writes(o, path);
        sep_free(path);
    }
}

static sep_status check_files(sep_model *model, const jobs *j)
{
    sep_outputs o = {0};

    sep_reads(&o, model_path);
    for (int i = 0; i < j->in.count; i++) {
        sep_reads(&o, j->in.item[i]);
        sep_writes(&o, j->to.item[i]);
        if (probabilities)
            declare_probabilities(&o, sep_model_get_info(model), j->to.item[i]);
    }
    return sep_outputs_check(&o);
}

static sep_status predict_one(sep_model *model, const char *in)
{
    jobs j = {0};
    char *to = out != NULL ? sep_strdup(out) : default_output(in);
    sep_status status = to != NULL ? sep_strings_add(&j.in, in) : SEP_ERR_MEMORY;

    if (status == SEP_OK)
        status = sep_strings_add(&j.to, to);
    if (status == SEP_OK)
        status = check_files(model, &j);
    if (status == SEP_OK)
        status = predict(model, in, to);
    free_jobs(&j);
    sep_free(to);
    return status;
}

/* Images whose names differ in the suffix or in "_0000" only would share a label map. */
static sep_status check_outputs(const jobs *j)
{
    sep_strings sorted = {0};
    sep_status status = SEP_OK;

    for (int i = 0; i < j->to.count && status == SEP_OK; i++)
        status = sep_strings_add(&sorted, j->to.item[i]);
    sep_strings_sort(&sorted);
    for (int i = 1; i < sorted.count && status == SEP_OK; i++)
        if (strcmp(sorted.item[i - 1], sorted.item[i]) == 0)
            status = sep_fail(SEP_ERR_ARGUMENT, "%s: two images would be written to this name", sorted.item[i]);
    sep_strings_free(&sorted);
    return status;
}

static sep_status find_jobs(jobs *j, const char *in, const char *folder)
{
    sep_strings files = {0}, images = {0};

    sep_status status = sep_image_list(in, &files);
    if (status == SEP_OK)
        status = sep_take_first_channels(in, &files, &images);
    for (int i = 0; i < images.count && status == SEP_OK; i++)
        status = add_job(j, in, images.item[i], folder);
    sep_strings_free(&images);
    sep_strings_free(&files);
    if (status == SEP_OK && j->in.count == 0)
        status = sep_fail(SEP_ERR_ARGUMENT, "%s: no image in this folder", in);
    return status == SEP_OK ? check_outputs(j) : status;
}

static sep_status predict_jobs(sep_model *model, const jobs *j)
{
    sep_progress *progress = sep_progress_start("predicting", j->in.count, 0);
    sep_status status = SEP_OK;
    int done = 0;

    while (done < j->in.count && status == SEP_OK) {
        const char *in = j->in.item[done];
        status = predict(model, in, j->to.item[done]);
        done += status == SEP_OK;
        sep_progress_update(progress, done, sep_file_name(in));
    }
    sep_progress_finish(progress);
    if (status == SEP_ERR_INTERRUPTED)
        return sep_fail(status, "stopped after %d of %d images", done, j->in.count);
    return status;
}

static sep_status predict_folder(sep_model *model, const char *in, const char *folder)
{
    jobs j = {0};

    SEP_TRY(sep_make_folders(folder));
    sep_status status = find_jobs(&j, in, folder);
    if (status == SEP_OK)
        status = check_files(model, &j);
    if (status == SEP_OK)
        status = predict_jobs(model, &j);
    free_jobs(&j);
    return status;
}

static sep_status run(int count, char **operand)
{
    sep_device *device;
    sep_model *model = NULL;
    bool folder = sep_folder_exists(operand[0]);

    (void)count;
    if (model_path == NULL)
        return sep_usage_error("--model is missing: the checkpoint to predict with");
    if (folder && out == NULL)
        return sep_usage_error("--out is missing: the folder for the label maps of %s", operand[0]);
    SEP_TRY(sep_open_device(&device));
    sep_status status = sep_model_load(model_path, device, &model);
    sep_stop_on_signals();
    if (status == SEP_OK)
        status = folder ? predict_folder(model, operand[0], out) : predict_one(model, operand[0]);
    sep_model_destroy(model);
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
        "JPEG; writes a label map on the input's own grid, with "
        "its spacing and orientation, that opens in ITK-SNAP and 3D Slicer. The model knows how the "
        "intensities were normalised in training, and in which orientation slices were cut: a scan that is stored "
        "along other axes, or from another end, is put into that for the networks. A folder is taken as nnU-Net names "
        "its files: the label map of CASE_0000.nii.gz is called CASE, and further channels beside it (CASE_0001 and "
        "up) are left out with a message, because models take one channel.",
    .examples = "septum predict --model runs/acdc/best.safetensors patient.nii.gz --out patient_seg.nii.gz\n"
                "septum predict --model runs/acdc/best.safetensors imagesTs --out predictions --student all --mirror",
    .options = options,
    .run = run,
};
