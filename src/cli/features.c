/* septum features: the space of a network's features as a picture. */
#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/compute.h"
#include "cli/feature_points.h"
#include "cli/label_reading.h"
#include "cli/program.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *labels_path, *out = "features", *map = "full";
static int64_t points = 2000, seed = 1, ignored = -1;
static double perplexity = 30.0;

/* ---- what the options say ---------------------------------------------------------------------------------------- */

static sep_feature_map chosen_map(void)
{
    return strcmp(map, "full") == 0      ? SEP_FEATURES_FULL
           : strcmp(map, "quarter") == 0 ? SEP_FEATURES_QUARTER
                                         : SEP_FEATURES_EIGHTH;
}

/* Features are those of one network. */
static sep_status choose_one(const char *model_path, const sep_model_info *info, sep_answer *answer)
{
    SEP_TRY(sep_choose_answer(model_path, info, answer));
    if (answer->student != SEP_ALL_STUDENTS)
        return SEP_OK;
    return sep_usage_error(
        "%s the mean of %d networks, and each has features of its own: --student 0 to %d chooses one",
        strcmp(sep_student_option, "all") == 0 ? "--student all is" : "the best answer is", info->students,
        info->students - 1);
}

static sep_status parse_reading(sep_label_reading *reading)
{
    SEP_TRY(sep_read_label_options(reading));
    reading->ignores = ignored >= 0;
    reading->ignored = reading->ignores ? (uint16_t)ignored : 0;
    return SEP_OK;
}

static sep_status check_outputs(const char *model_path, const sep_feature_scans *scans)
{
    sep_outputs files = {0};

    sep_reads(&files, model_path);
    sep_feature_scans_declare(scans, &files);
    for (int i = 0; sep_feature_file(i) != NULL; i++)
        sep_writes_in(&files, out, sep_feature_file(i));
    return sep_outputs_check(&files);
}

/* ---- results ----------------------------------------------------------------------------------------------------- */

static void print_silhouette(const char *name, int count, double silhouette)
{
    char text[16] = "-";

    if (isfinite(silhouette))
        snprintf(text, sizeof text, "%.3f", silhouette);
    sep_print_line("%-24s %8d %12s", name, count, text);
}

static void print_results(const sep_feature_view *view)
{
    printf("%-24s %8s %12s\n", "class", "points", "silhouette");
    for (int c = 0; c < view->classes; c++)
        if (view->silhouettes.points[c] > 0)
            print_silhouette(view->class_name[c], view->silhouettes.points[c], view->silhouettes.of_class[c]);
    print_silhouette("all", view->count, view->silhouettes.mean);
    printf("\nPCA: %.1f %% and %.1f %% of the variance\n", 100.0 * view->pca.explained[0],
           100.0 * view->pca.explained[1]);
    printf("t-SNE: perplexity %.4g, Kullback-Leibler divergence %.4f\n", view->tsne.perplexity, view->tsne.divergence);
    sep_print_line("%s/features.html", out);
}

static sep_status show(sep_feature_view *view)
{
    const sep_tsne_options how = {.perplexity = perplexity, .threads = (int)sep_threads_option};
    sep_status status = sep_feature_view_compute(view, &how);

    if (status == SEP_OK)
        status = sep_make_folders(out);
    if (status == SEP_OK)
        status = sep_feature_view_write(view, out);
    if (status == SEP_OK)
        print_results(view);
    sep_feature_view_free(view);
    return status;
}

/* ---- the command ------------------------------------------------------------------------------------------------- */

static sep_status look(const char *model_path, sep_model *model, const sep_feature_scans *scans)
{
    const sep_model_info *info = sep_model_get_info(model);
    sep_feature_points found = {0};
    sep_answer answer;

    SEP_TRY(choose_one(model_path, info, &answer));
    SEP_TRY(check_outputs(model_path, scans));
    sep_status status =
        sep_feature_points_gather(scans, model, answer, chosen_map(), (int)points, (uint64_t)seed, &found);
    if (status == SEP_OK)
        status = show(&(sep_feature_view){.model = model_path,
                                          .map = map,
                                          .answer = answer,
                                          .seed = (uint64_t)seed,
                                          .by_prediction = scans->label.count == 0,
                                          .classes = info->spec[0].classes,
                                          .class_name = (const char *const *)info->class_names.item,
                                          .scan_name = (const char *const *)scans->name.item,
                                          .count = found.count,
                                          .channels = found.channels,
                                          .point = found.point,
                                          .feature = found.feature});
    sep_feature_points_free(&found);
    return status;
}

/* Of the scans that `data` names. */
static sep_status look_at(const char *path, char **data, int count, sep_feature_scans *scans)
{
    sep_label_reading reading;
    sep_model_info info = {0};
    sep_device *device = NULL;
    sep_model *model = NULL;

    SEP_TRY(parse_reading(&reading));
    sep_status status = sep_model_describe(path, &info);
    if (status == SEP_OK)
        status = sep_feature_scans_find(data, count, labels_path, &reading, info.spec[0].channels, scans);
    sep_model_info_free(&info);
    if (status == SEP_OK)
        status = sep_open_device(&device);
    if (status == SEP_OK)
        status = sep_model_load(path, device, &model);
    sep_stop_on_signals();
    if (status == SEP_OK)
        status = look(path, model, scans);
    sep_model_destroy(model);
    sep_device_destroy(device);
    return status;
}

static sep_status run(int count, char **operand)
{
    sep_feature_scans scans = {0};
    char *path = sep_model_path(operand[0]);

    const sep_status status = path != NULL ? look_at(path, operand + 1, count - 1, &scans) : SEP_ERR_MEMORY;
    sep_feature_scans_free(&scans);
    sep_free(path);
    return status;
}

static const sep_option options[] = {
    {"labels", 'l', "PATH", "the scan's label map, a folder of those of all, or 'prediction': what the network says",
     .string = &labels_path},
    {"out", 'o', "FOLDER", "where the files go", .string = &out},
    {"map", 0, "MAP", "the network's last map before the head, or the decoder's at a quarter or an eighth of the size",
     .string = &map, .choices = "full|quarter|eighth"},
    {"points", 'n', "N", "how many voxels are looked at, as many of each class", .integer = &points, .low = 1,
     .high = 20000},
    {"perplexity", 0, "P", "about how many neighbours of a point t-SNE minds", .real = &perplexity, .low = 1,
     .high = 1000},
    {"seed", 's', "N", "seed of the choice of voxels", .integer = &seed, .low = 0, .high = UINT32_MAX},
    {"student", 0, "WHICH", "network to use: 0, 1, ..., or best (by validation)", .string = &sep_student_option},
    SEP_AVERAGE_OPTION,
    SEP_LABEL_READING_OPTIONS,
    {"ignore", 0, "N", "voxels of this value in label maps are not annotated and not drawn; -1: there are none",
     .integer = &ignored, .low = -1, .high = 65535},
    SEP_DEVICE_OPTION,
    SEP_MODE_OPTIONS,
    SEP_THREADS_OPTION,
    {0},
};

const sep_command sep_command_features = {
    .name = "features",
    .operands = "MODEL DATA...",
    .operands_low = 2,
    .operands_high = -1,
    .summary = "show the space of a model's features: t-SNE, principal components, silhouettes",
    .description =
        "MODEL is a run's folder or a checkpoint in it, DATA a configuration, of whose data set the scans for the test "
        "are taken (or, "
        "without data.test_list, those that validate), or images and folders of them, with their label maps in "
        "--labels. Voxels are drawn, as many of each class, spread over scans and slices, and the features that the "
        "network has of each just before it decides are shown as points of the plane, coloured by class.\n\n"
        "Where classes form groups of their own, the network tells them apart; where they mix, it can't. The "
        "silhouette says so in a number, by which two models can be compared (take the same data, points and seed): "
        "1 where a class is far from all others in the space of features brought to length 1, 0 where it lies between "
        "two, below 0 where it lies within another.\n\n"
        "Writes into the folder: features.html with both pictures, tsne.svg and pca.svg; features.npy [points, "
        "channels], labels.npy and predictions.npy for numpy.load; points.csv, where each point lies, counted from 0 "
        "as in memory; features.json, the numbers. The same data, points and seed give the same bits, on every "
        "processor and with any number of threads.\n\n"
        "t-SNE is exact, over all pairs: 2,000 points take seconds, twice as many four times that. It begins "
        "at the principal components.",
    .examples = "septum features runs/acdc/best.safetensors runs/acdc/config.ini\n"
                "septum features best.safetensors imagesTs --labels labelsTs --out features-best\n"
                "# one scan without a label map, deeper in the network\n"
                "septum features best.safetensors patient.nii.gz --labels prediction --map eighth",
    .options = options,
    .run = run,
};
