/* septum info: what something is. A network, a method, a model, a volume, a configuration's data and memory. */
#include "base/json.h"
#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/compute.h"
#include "cli/info_dataset.h"
#include "cli/info_kinds.h"
#include "cli/info_memory.h"
#include "cli/info_net.h"
#include "cli/info_samples.h"
#include "cli/info_settings.h"
#include "cli/program.h"
#include "model/channels_json.h"
#include "model/decisions.h"
#include "septum/model.h"
#include "septum/train.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static bool json, memory;
static const char *samples;
static int64_t classes = 4, size, batch = 1, iteration;
static sep_strings settings;

static const sep_option options[] = {
    {"json", 'j', NULL, "print JSON", .flag = &json},
    {"memory", 0, NULL, "of a configuration: the planned peak of a training step, and what images take",
     .flag = &memory},
    {"samples", 0, "FILE", "of a configuration: write a page with the samples of a batch, as the networks get them",
     .string = &samples},
    {"iteration", 0, "N", "of --samples: the batch of this iteration, counted from 0", .integer = &iteration, .low = 0,
     .high = UINT32_MAX},
    {"classes", 'c', "N", "of a network: classes, background included", .integer = &classes, .low = 2, .high = 256},
    {"size", 0, "N", "of a network: height and width of its images (0: as published)", .integer = &size, .low = 0,
     .high = 4096},
    {"batch", 0, "N", "of a network: images at once", .integer = &batch, .low = 1, .high = 1024},
    {"set", 's', "KEY=VALUE", "of a network or a configuration: change a setting (may be repeated)", .list = &settings},
    SEP_DEVICE_OPTION,
    SEP_THREADS_OPTION,
    {0},
};

/* ---- networks ---------------------------------------------------------------------------------------------------- */

/* NULL: which there are. */
static sep_status info_net(const char *name)
{
    const sep_info_net asked = {.classes = (int)classes, .size = (int)size, .batch = (int)batch, .settings = &settings};
    json_t *root = NULL;

    if (name != NULL)
        SEP_TRY(sep_describe_net(name, &asked, json ? &root : NULL));
    else
        sep_list_nets(json ? &root : NULL);
    return json ? sep_print_json(root) : SEP_OK;
}

/* ---- sections that are a table ----------------------------------------------------------------------------------- */

static const sep_setting *find_section(const char *name)
{
    if (strcmp(name, "registration") == 0)
        return sep_propagation_table;
    return strcmp(name, "augmentation") == 0 ? sep_strong_table : NULL;
}

static sep_status info_section(const char *name)
{
    if (json)
        return sep_print_json(sep_setting_table_to_json(find_section(name)));
    sep_print_line("[%s]", name);
    sep_print_settings(find_section(name), NULL);
    return SEP_OK;
}

/* ---- a model ----------------------------------------------------------------------------------------------------- */

static void print_best(const sep_model_info *info)
{
    printf("  best validation Dice %.4f: ", info->best_dice);
    if (info->best.student == SEP_ALL_STUDENTS)
        printf("mean of all students");
    else
        printf("student %d", info->best.student);
    printf("%s at iteration %" PRId64 "\n", info->best.average ? ", moving average," : "", info->best_iteration);
}

/* What it sees of slices, where that isn't the whole as it is stored. */
static void print_slices(const sep_model_info *info)
{
    if (info->view == SEP_PATCH_WINDOW)
        printf("  sees windows of slices\n");
    if (info->spacing[0] > 0.0f)
        printf("  sees slices resampled to pixels of %g x %g mm\n", (double)info->spacing[0], (double)info->spacing[1]);
}

static void print_decisions(const sep_model_info *info)
{
    const sep_decisions *d = &info->decisions;

    if (!d->known)
        return;
    printf("  decided: averaging over symmetries %s; %s brought back to the scan's grid; largest component of",
           sep_tta_name(d->tta), d->smooth ? "probabilities" : "labels");
    const char *before = " ";
    for (int c = 1; c < info->class_names.count; c++)
        if (d->largest[c]) {
            sep_print("%s%s", before, info->class_names.item[c]);
            before = ", ";
        }
    puts(before[0] == ' ' ? " no class" : "");
    if (d->calibration.cases > 0)
        printf("  estimates of Dice calibrated on %d %sscans\n", d->calibration.cases,
               d->calibration.augmented ? "augmented training " : "");
}

static void print_rule(const sep_intensity *rule)
{
    printf("%s", sep_intensity_names[rule->kind]);
    if (rule->kind == SEP_INTENSITY_WINDOW)
        printf(" %g to %g", (double)rule->low, (double)rule->high);
}

/* The rule of intensities is the channel's own, or that of all. */
static void print_channels(const sep_model_info *info)
{
    const int channels = info->spec[0].channels;

    printf(channels > 1 ? "  channels:" : "  intensities: ");
    for (int c = 0; c < channels; c++) {
        if (channels > 1)
            sep_print(" %d%s%s (", c, c < info->channel_names.count ? " " : "",
                      c < info->channel_names.count ? info->channel_names.item[c] : "");
        print_rule(sep_intensity_of(&info->intensity, c));
        printf("%s%s", channels > 1 ? ")" : "", c + 1 < channels ? "," : "\n");
    }
}

static sep_status info_model(const char *path)
{
    sep_model_info info;
    char orientation[4];

    SEP_TRY(sep_model_describe(path, &info));
    sep_orientation_code(&info.orientation, orientation);
    json_t *nets = json_array();
    for (int i = 0; i < info.students; i++)
        json_array_append_new(nets, json_string(info.spec[i].net->name));
    sep_status status = SEP_OK;
    if (json) {
        json_t *root = json_pack(
            "{s:s, s:o, s:i, s:i, s:i, s:s, s:[f, f], s:s, s:I, s:f, s:I, s:i}", "method", info.method, "nets", nets,
            "classes", info.spec[0].classes, "height", info.spec[0].height, "width", info.spec[0].width, "view",
            info.view == SEP_PATCH_WINDOW ? "window" : "whole", "spacing", (double)info.spacing[0],
            (double)info.spacing[1], "orientation", orientation, "iteration", (json_int_t)info.iteration, "best_dice",
            info.best_dice, "best_iteration", (json_int_t)info.best_iteration, "best_student", info.best.student);
        json_object_set_new(root, "slice_axis", json_string(sep_slice_axis_names[info.slice_axis]));
        json_object_set_new(root, "channels", json_integer(info.spec[0].channels));
        json_object_set_new(root, "intensity", sep_intensity_to_json(&info.intensity.rule[0]));
        sep_channels_to_json(&info, root);
        sep_decisions_to_json(&info.decisions, root);
        status = sep_print_json(root);
    } else {
        sep_print_line("%s: %s after %" PRId64 " iterations", path, info.method, info.iteration);
        for (int i = 0; i < info.students; i++)
            printf("  student %d: %s, %dx%d%s\n", i, info.spec[i].net->name, info.spec[i].height, info.spec[i].width,
                   info.averages ? ", and its moving average" : "");
        printf("  classes:");
        for (int i = 0; i < info.class_names.count; i++)
            sep_print(" %d %s%s", i, info.class_names.item[i], i + 1 < info.class_names.count ? "," : "");
        putchar('\n');
        print_channels(&info);
        if (info.origin.imported)
            printf("  started from weights of elsewhere %016" PRIx64 "\n", info.origin.hash);
        else if (info.origin.known)
            printf("  started from checkpoint %016" PRIx64 ", iteration %" PRId64 "%s\n", info.origin.hash,
                   info.origin.iteration, info.origin.averages ? ", its moving averages" : "");
        if (info.orientation.known)
            printf("  trained on slices stored as %s\n", orientation);
        if (info.slice_axis != SEP_SLICE_AXIS_Z)
            printf("  trained on slices along the axis %s of files without geometry\n",
                   sep_slice_axis_names[info.slice_axis]);
        print_slices(&info);
        if (info.best_dice >= 0.0)
            print_best(&info);
        print_decisions(&info);
        json_decref(nets);
    }
    sep_model_info_free(&info);
    return status;
}

/* ---- a volume ---------------------------------------------------------------------------------------------------- */

typedef struct values {
    double low, high, mean;
} values;

static values values_of(const sep_volume *v)
{
    const size_t count = (size_t)sep_volume_channels(v) * sep_volume_voxels(v);
    values all = {.low = (double)v->data[0], .high = (double)v->data[0]};

    for (size_t i = 0; i < count; i++) {
        const double value = (double)v->data[i];
        all.low = value < all.low ? value : all.low;
        all.high = value > all.high ? value : all.high;
        all.mean += value;
    }
    all.mean /= (double)count;
    return all;
}

static sep_status print_volume_json(const sep_volume *v)
{
    const values all = values_of(v);
    json_t *rows = json_array();

    for (int r = 0; r < 3; r++)
        json_array_append_new(
            rows, json_pack("[f, f, f, f]", v->affine[r][0], v->affine[r][1], v->affine[r][2], v->affine[r][3]));
    json_t *root = json_pack("{s:i, s:i, s:i, s:[f, f, f], s:b, s:o, s:f, s:f, s:f}", "depth", v->depth, "height",
                             v->height, "width", v->width, "spacing", (double)v->spacing[0], (double)v->spacing[1],
                             (double)v->spacing[2], "has_geometry", v->has_geometry, "affine", rows, "minimum", all.low,
                             "maximum", all.high, "mean", all.mean);
    if (sep_volume_channels(v) > 1)
        json_object_set_new(root, "channels", json_integer(v->channels));
    return sep_print_json(root);
}

static void print_values(const sep_volume *v)
{
    for (int c = 0; c < sep_volume_channels(v); c++) {
        const sep_volume channel = sep_volume_channel(v, c);
        const values own = values_of(&channel);

        if (sep_volume_channels(v) > 1)
            printf("  channel %d:", c);
        else
            printf(" ");
        printf(" values from %g to %g, mean %g\n", own.low, own.high, own.mean);
    }
}

static void print_volume(const char *path, const sep_volume *v)
{
    sep_print_line("%s: %d slices of %d rows x %d columns", path, v->depth, v->height, v->width);
    if (v->has_geometry)
        printf("  voxels of %g x %g x %g mm (x, y, z)\n", (double)v->spacing[0], (double)v->spacing[1],
               (double)v->spacing[2]);
    else
        printf("  no geometry in the file: distances are in voxels\n");
    print_values(v);
}

static sep_status info_volume(const char *path)
{
    int channels;
    sep_volume v;

    SEP_TRY(sep_image_find_channels(path, &channels));
    SEP_TRY(sep_image_read(path, channels, &v));
    sep_status status = SEP_OK;
    if (json)
        status = print_volume_json(&v);
    else
        print_volume(path, &v);
    sep_volume_free(&v);
    return status;
}

/* ---- a configuration --------------------------------------------------------------------------------------------- */

static sep_status print_data(const sep_train_config *config, const sep_dataset *dataset)
{
    SEP_TRY(sep_print_dataset(&config->data, dataset));
    if (config->batch.view == SEP_PATCH_WINDOW)
        printf("  patches are windows of %d x %d pixels of these slices\n", config->batch.height, config->batch.width);
    return SEP_OK;
}

static sep_status info_dataset(const sep_train_config *config)
{
    sep_data_config data = config->data;
    sep_dataset *dataset;

    data.registers = false; /* nothing is registered here, and scans are shown as they will be in training */
    SEP_TRY(data.memory > 0 ? sep_load_grids(&data, &dataset) : sep_dataset_load(&data, &dataset));
    sep_status status = json ? sep_print_json(sep_dataset_to_json(&data, dataset)) : print_data(config, dataset);
    sep_dataset_destroy(dataset);
    return status;
}

/* `path` is the configuration's file. */
static sep_status info_of_config(const sep_train_config *config, const char *path)
{
    if (samples != NULL)
        return sep_write_samples(config, path, (uint32_t)iteration, samples);
    return memory ? sep_print_memory(config, json) : info_dataset(config);
}

static sep_status info_config(const char *path)
{
    sep_options *given = sep_options_create();
    sep_train_config config;
    sep_status status = given != NULL ? sep_options_load(given, path) : SEP_ERR_MEMORY;

    for (int i = 0; i < settings.count && status == SEP_OK; i++)
        status = sep_options_set(given, settings.item[i]);
    if (status == SEP_OK)
        status = sep_train_config_read(given, &config);
    if (status == SEP_OK)
        status = info_of_config(&config, path);
    sep_options_destroy(given);
    return status;
}

/* Of a run's folder: the model that septum predict takes. */
static sep_status info_run(const char *folder)
{
    char *path = sep_model_path(folder);
    sep_status status = path != NULL ? SEP_OK : SEP_ERR_MEMORY;

    if (status == SEP_OK && !sep_file_exists(path))
        status = sep_fail(SEP_ERR_IO,
                          "%s: holds no checkpoint (%s), so it is no run; of a data set septum info takes the "
                          "configuration, which septum plan writes",
                          folder, sep_file_name(path));
    if (status == SEP_OK)
        status = info_model(path);
    sep_free(path);
    return status;
}

static sep_status run(int count, char **operand)
{
    if (samples != NULL && (json || memory || !sep_has_suffix(operand[0], ".ini")))
        return sep_usage_error("--samples FILE: of a configuration (.ini), without --json and --memory");
    if (strcmp(operand[0], "net") == 0)
        return info_net(count == 2 ? operand[1] : NULL);
    if (count == 1 && find_section(operand[0]) != NULL)
        return info_section(operand[0]);
    if (sep_is_kind(operand[0]))
        return count == 2 ? sep_print_one_of_kind(operand[0], operand[1], json) : sep_print_kind(operand[0], json);
    if (count > 1)
        return sep_usage_error("one thing at a time");
    if (sep_folder_exists(operand[0]))
        return info_run(operand[0]);
    if (sep_has_suffix(operand[0], ".safetensors"))
        return info_model(operand[0]);
    if (sep_has_suffix(operand[0], ".ini"))
        return info_config(operand[0]);
    return info_volume(operand[0]);
}

const sep_command sep_command_info = {
    .name = "info",
    .operands = "net|method|loss|contrast [NAME], registration|augmentation, or FILE",
    .operands_low = 1,
    .operands_high = 2,
    .summary = "describe a network, method, loss, contrast, a model, a volume or a configuration",
    .description =
        "FILE is a volume (NIfTI, HDF5, PNG, JPEG; cine.nii.gz#12: the twelfth of a series), a checkpoint "
        "(.safetensors; of the folder of a run its best), or a configuration (.ini): its "
        "data set, with --memory what a training step will take, before anything is allocated, or with --samples "
        "an HTML page of what the networks get in one iteration, augmented and with what the method asks "
        "for. Without NAME, net lists the networks, method the methods, loss the supervised losses and contrast the "
        "contrastive ones; registration and augmentation are sections with their settings.",
    .examples = "septum info net u-net --classes 4\n"
                "septum info net swin-unet --set window=8 --size 256 --json\n"
                "septum info method mean-teacher\n"
                "septum info loss focal\n"
                "septum info contrast mcsc-v2\n"
                "septum info registration\n"
                "septum info configs/acdc-cross-teaching.ini --memory\n"
                "septum info configs/acdc-supervised-strong.ini --samples batch.html --iteration 100\n"
                "septum info patient.nii.gz",
    .options = options,
    .run = run,
};
