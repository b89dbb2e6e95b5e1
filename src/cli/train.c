/* septum train: a run from a configuration file. */
#include "septum/train.h"
#include "cli/commands.h"
#include "cli/compute.h"
#include "cli/outputs.h"
#include "cli/program.h"
#include "cli/space.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static sep_strings settings, changes;
static const char *out;
static const char *init;
static bool init_average, resume;

static const sep_option options[] = {
    {"set", 's', "KEY=VALUE", "change a setting of the configuration: section.key=value (may be repeated)",
     .list = &settings},
    {"out", 'o', "FOLDER", "where the run is kept (default: runs/ and the configuration's name)", .string = &out},
    {"init", 0, "RUN",
     "start the networks of a new run from those of another (its folder, or a checkpoint), or from pretrained weights "
     "(train.init)",
     .string = &init},
    {"init-average", 0, NULL, "with --init: from the moving averages that it has (train.init_average)",
     .flag = &init_average},
    {"resume", 'r', NULL, "continue the run in FOLDER where its last checkpoint is", .flag = &resume},
    {"change", 0, "KEY", "with --resume: go on though this setting is another now (may be repeated)", .list = &changes},
    SEP_DEVICE_OPTION,
    SEP_MODE_OPTIONS,
    SEP_THREADS_OPTION,
    {0},
};

#define IMAGES "scans.cache" /* in the run's folder, where data.memory is too small for them */

/* runs/NAME of folder/NAME.ini */
static char *default_folder(const char *config)
{
    const char *name = sep_file_name(config);
    const char *end = strrchr(name, '.');

    return sep_format("runs/%.*s", end != NULL ? (int)(end - name) : (int)strlen(name), name);
}

static sep_status load_settings(sep_options *given, const char *path)
{
    SEP_TRY(sep_options_load(given, path));
    for (int i = 0; i < settings.count; i++)
        SEP_TRY(sep_options_set(given, settings.item[i]));
    return SEP_OK;
}

static sep_status take_init(sep_options *given)
{
    char *assignment = sep_format("train.init=%s", init);
    sep_status status = assignment != NULL ? sep_options_set(given, assignment) : SEP_ERR_MEMORY;

    sep_free(assignment);
    return status == SEP_OK && init_average ? sep_options_set(given, "train.init_average=yes") : status;
}

static sep_status print_result(const sep_train_result *result, const char *folder)
{
    sep_print_line("%s: %" PRId64 " iterations, %.3f s each, hash %016" PRIx64, folder, result->iterations,
                   result->seconds_per_step, result->hash);
    if (result->best_dice >= 0.0)
        sep_print_line("best validation Dice %.4f: %s at iteration %" PRId64 " (%s/best.safetensors)",
                       result->best_dice, result->best_name, result->best_iteration, folder);
    return SEP_OK;
}

static void writes_registered(sep_outputs *files, const sep_dataset *dataset, const char *folder)
{
    char *maps = sep_format("%s/registered", folder);

    sep_writes_in(files, folder, "registrations.h5");
    sep_writes_in(files, folder, "registrations-affine.h5");
    for (int i = 0; i < dataset->training; i++)
        if (!dataset->scan[i].labelled)
            sep_writes_as(files, maps, dataset->scan[i].name, "h5");
    sep_free(maps);
}

/* A run that is continued has no need of it. */
static void reads_init(sep_outputs *files, const char *from)
{
    if (from == NULL || resume)
        return;
    if (!sep_folder_exists(from)) {
        sep_reads(files, from);
        return;
    }
    sep_reads_in(files, from, "best.safetensors");
    sep_reads_in(files, from, "last.safetensors");
}

/* A run that is continued writes its own config.ini anew, and may have been given it. */
static sep_status check_outputs(const sep_train_config *train_config, const sep_dataset *dataset,
                                const char *configuration, const char *folder)
{
    static const char *const names[] = {"log.jsonl",          "last.safetensors",   "best.safetensors",
                                        "evaluation.json",    "overlays/best.png",  "overlays/median.png",
                                        "overlays/worst.png", "overlays/index.json"};
    const sep_data_config *config = &train_config->data;
    sep_outputs files = {0};

    sep_reads_dataset(&files, configuration, config, dataset);
    reads_init(&files, train_config->init);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        sep_writes_in(&files, folder, names[i]);
    if (config->memory > 0)
        sep_writes_in(&files, folder, IMAGES);
    if (!resume)
        sep_writes_in(&files, folder, "config.ini");
    if (config->registers)
        writes_registered(&files, dataset, folder);
    return sep_outputs_check(&files);
}

static void warn_of_nothing_to_resume(const char *folder)
{
    char *path = sep_format("%s/last.safetensors", folder);

    if (resume && path != NULL && !sep_file_exists(path))
        sep_log(SEP_LOG_WARNING, "%s: there is no checkpoint to go on from, the run starts anew", folder);
    sep_free(path);
}

static sep_status train(sep_options *given, const char *configuration, const char *folder)
{
    sep_train_config config;
    sep_dataset *dataset = NULL;
    sep_device *device = NULL;
    sep_train_result result;

    SEP_TRY(sep_train_config_read(given, &config));
    config.accepted_changes = &changes;
    char *text = sep_options_text(given), *cache = sep_format("%s/" IMAGES, folder);
    sep_status status = text != NULL && cache != NULL ? sep_open_device(&device) : SEP_ERR_MEMORY;
    config.data.cache = cache;
    if (config.data.memory > 0) /* the cache can be stopped, images into memory can't */
        sep_stop_on_signals();
    if (status == SEP_OK)
        status = sep_dataset_load(&config.data, &dataset);
    if (status == SEP_OK)
        status = check_outputs(&config, dataset, configuration, folder);
    if (status == SEP_OK) {
        warn_of_nothing_to_resume(folder);
        sep_log_dataset(dataset);
        sep_log(SEP_LOG_INFO, "%s", device->description);
        sep_stop_on_signals();
    }
    if (status == SEP_OK && sep_train_registers(&config))
        status = sep_train_check_folder(&config, dataset, folder, text, resume);
    if (status == SEP_OK)
        status = sep_train_register(&config, dataset, folder);
    if (status == SEP_OK)
        status = sep_train(&config, dataset, device, folder, text, resume, &result);
    if (status == SEP_OK)
        status = print_result(&result, folder);
    sep_dataset_destroy(dataset);
    sep_device_destroy(device);
    sep_free(text);
    sep_free(cache);
    return status;
}

static sep_status run(int count, char **operand)
{
    sep_options *given = sep_options_create();
    char *folder = out != NULL ? sep_strdup(out) : default_folder(operand[0]);
    sep_status status = given != NULL && folder != NULL ? load_settings(given, operand[0]) : SEP_ERR_MEMORY;

    (void)count;
    if (status == SEP_OK && changes.count > 0 && !resume)
        status = sep_usage_error("--change %s goes with --resume: a new run takes any setting", changes.item[0]);
    if (status == SEP_OK && init_average && init == NULL)
        status = sep_usage_error("--init-average goes with --init");
    if (status == SEP_OK && init != NULL)
        status = take_init(given);
    if (status == SEP_OK)
        status = train(given, operand[0], folder);
    sep_options_destroy(given);
    sep_free(folder);
    return status;
}

const sep_command sep_command_train = {
    .name = "train",
    .operands = "CONFIG.ini",
    .operands_low = 1,
    .operands_high = 1,
    .summary = "train networks as a configuration says",
    .description =
        "Trains the networks of CONFIG.ini on its data and keeps everything in FOLDER: config.ini (all settings), "
        "log.jsonl (one JSON object a line), best.safetensors and last.safetensors, evaluation.json and overlays of "
        "the "
        "best validation so far.\n\n"
        "Ctrl-C, SIGTERM and SIGHUP save and leave, also amid a validation; --resume continues to the same bits as a "
        "run that was never stopped, also after a crash. One process at a time trains in a folder; reports and "
        "predictions may be made of it meanwhile.\n\n"
        "--resume compares the run with what the checkpoint was made with. Another seed, method, network, class or set "
        "of training scans is another run and is refused. Where things lie and how often something is logged, saved or "
        "validated may change freely. What else shapes the training (iterations, learning rates of networks, the "
        "supervised loss, batches, augmentation; data.validation, the scans that validate, by which the best is then "
        "sought anew; data.labels, what label maps of labelled scans hold, though a run from the start, or by --init, "
        "learns that better) is named and goes on with --change KEY. What a method or a contrast has in its own "
        "section, and with train.contrast = cct-r batches and augmentation, stays as it began. Configurations to start "
        "from are in configs/.\n\n"
        "--init starts the networks of a new run from the best checkpoint of another (its last, where it never "
        "validated): parameters and running statistics of student i from its student i (of an only one: student 0 "
        "alone); teachers "
        "and averages start as copies, optimisers and memories anew. Networks must be the same, but for the number of "
        "classes: where that is another, the head is left as it starts. The run keeps what it started from, and its "
        "hash, in its checkpoints and its log, and goes on without the other.\n\n"
        "--init FILE.safetensors also takes pretrained weights under the names that other programs give them: of "
        "Swin-T (Microsoft's and timm's names) for swin-unet, where each stage is mirrored into the decoder, and "
        "cs-unet; of ResNet-50 (torchvision, timm), with blocks_2 = 6, and of R50+ViT-B/16 (timm, and the original "
        "names) for r50-unet, r50-att-unet, trans-unet and r50-vit; of ViT-B/16 (timm, original) for vit. Sizes must "
        "be those of the network. Grey images pass all of an RGB layer's channels, as if its weights were summed; for "
        "N "
        "channels, neither 1 nor 3, they are repeated in turn and multiplied by 3 / N, as timm does. Positions "
        "are interpolated (bicubic) where the grid is another one. What was taken and what was not is printed, with "
        "--verbose by name. A network that has no part of the weights starts as the seed says.\n\n"
        "With data.registered = auto the unlabelled training scans are labelled by registration with the labelled ones "
        "before the first step, as section [registration] says (`septum info registration`), for methods that learn "
        "from such labels. They are kept in FOLDER/registered, and the pairs in FOLDER/registrations.h5 and, with "
        "B-splines, FOLDER/registrations-affine.h5: what is there and still of the same images, label maps and options "
        "is not made again, and what was stopped goes on.\n\n"
        "With data.memory = MIB images that take more MiB than that lie in FOLDER/scans.cache, which is made before "
        "the "
        "first step, from which the run reads what it needs, and which a stopped run goes on with; `septum info "
        "CONFIG.ini` says how large it will be. It may be deleted when no run needs it any more.",
    .examples = "septum train configs/acdc-cross-teaching.ini\n"
                "# three labelled cases instead of seven, in a folder of its own\n"
                "septum train configs/acdc-cross-teaching.ini --set data.labelled_cases=3 --out runs/acdc-3\n"
                "septum train configs/acdc-cross-teaching.ini --out runs/acdc-3 --resume\n"
                "# four labelled cases, from where three led to\n"
                "septum train configs/acdc-cross-teaching.ini --set data.labelled_cases=4 --out runs/acdc-4 "
                "--init runs/acdc-3\n"
                "# a Swin-Unet from weights of ImageNet\n"
                "septum train configs/acdc-cross-teaching.ini --init swin_tiny_patch4_window7_224.safetensors\n"
                "# more iterations than the run was begun with\n"
                "septum train configs/acdc-cross-teaching.ini --out runs/acdc-3 --resume "
                "--set train.iterations=60000 --change train.iterations",
    .options = options,
    .run = run,
};
