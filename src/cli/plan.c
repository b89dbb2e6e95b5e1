/* septum plan: from a folder of data to a configuration. */
#include "septum/plan.h"
#include "cli/commands.h"
#include "cli/compute.h"
#include "cli/label_reading.h"
#include "cli/outputs.h"
#include "cli/program.h"

#include <string.h>

static const char *out = "plan.ini";
static const char *train_list, *validation_list, *test_list, *method;
static double hours = 8;
static int64_t labelled;
static int64_t seed = 1337;
static bool force;

static const sep_option options[] = {
    {"hours", 'H', "HOURS", "how long training may take on this machine", .real = &hours, .low = 0.001, .high = 10000},
    {"out", 'o', "FILE.ini",
     "the configuration; the page is written beside it, as FILE.html, and where the plan chooses who validates, their "
     "list as FILE.val.list",
     .string = &out},
    {"labelled", 'l', "N", "count the first N cases as labelled, all others as unlabelled; 0: those with label maps",
     .integer = &labelled, .low = 0, .high = INT32_MAX},
    {"train-list", 0, "LIST", "the scans that train (default: train.list in FOLDER, if it is there)",
     .string = &train_list},
    {"validation-list", 0, "LIST", "the scans that validate (default: val.list in FOLDER, if it is there)",
     .string = &validation_list},
    {"test-list", 0, "LIST", "scans to keep for the test (default: test.list in FOLDER, if it is there)",
     .string = &test_list},
    SEP_LABEL_READING_OPTIONS,
    {"method", 'm', "NAME", "how to learn, instead of what the plan would choose", .string = &method},
    {"seed", 's', "N", "seed of all random numbers of the run", .integer = &seed, .low = 0, .high = INT64_C(1) << 31},
    {"force", 'f', NULL, "replace the files where they are there", .flag = &force},
    SEP_DEVICE_OPTION,
    SEP_MODE_OPTIONS,
    SEP_THREADS_OPTION,
    {0},
};

/* What is written beside FILE.ini: "FILE" and this. */
static char *path_beside(const char *suffix)
{
    const size_t length = strlen(out);

    return sep_format("%.*s%s", (int)(sep_has_suffix(out, ".ini") ? length - 4 : length), out, suffix);
}

static sep_status check_new(const sep_plan_request *request, const char *page)
{
    const char *const files[] = {out, page, request->own_validation_list};

    for (size_t i = 0; i < sizeof files / sizeof *files && !force; i++)
        if (files[i] != NULL && sep_file_exists(files[i]))
            return sep_fail(SEP_ERR_ARGUMENT, "%s: is there already; give another --out, or --force", files[i]);
    return SEP_OK;
}

/* `read`: what the plan was made of; NULL: before that is known. */
static sep_status check_outputs(const sep_strings *read, const char *page, const char *list)
{
    sep_outputs files = {0};

    for (int i = 0; read != NULL && i < read->count; i++)
        sep_reads(&files, read->item[i]);
    sep_writes(&files, out);
    sep_writes(&files, page);
    sep_writes(&files, list);
    return sep_outputs_check(&files);
}

static void print_plan(const sep_plan *plan, const char *page, const char *list)
{
    const sep_strings *lines = sep_plan_lines(plan), *findings = sep_plan_findings(plan);

    for (int i = 0; i < lines->count; i++)
        sep_print_line("%s", lines->item[i]);
    for (int i = 0; i < findings->count; i++)
        sep_print_line("looks wrong: %s", findings->item[i]);
    if (sep_plan_lists_validation(plan))
        sep_print_line("%s: who validates", list);
    const char *quote = strpbrk(out, " \t") != NULL ? "\"" : "";
    sep_print_line("%s: train with `septum train %s%s%s`; %s shows the data", out, quote, out, quote, page);
}

static sep_status make_and_write(const sep_plan_request *request, const char *page)
{
    const char *list = request->own_validation_list;
    sep_device *device = NULL;
    sep_plan *plan = NULL;

    sep_status status = sep_open_device(&device);
    if (status == SEP_OK)
        status = sep_plan_make(request, device, &plan);
    if (status == SEP_OK)
        status = check_outputs(sep_plan_files(plan), page, list);
    if (status == SEP_OK)
        status = sep_plan_write(plan, out, page);
    if (status == SEP_OK)
        print_plan(plan, page, list);
    sep_plan_destroy(plan);
    sep_device_destroy(device);
    return status;
}

static sep_status run(int count, char **operand)
{
    sep_plan_request request = {.folder = operand[0],
                                .train_list = train_list,
                                .validation_list = validation_list,
                                .test_list = test_list,
                                .labelled = (int)labelled,
                                .method = method,
                                .hours = hours,
                                .threads = (int)sep_threads_option,
                                .seed = (uint64_t)seed};
    (void)count;
    SEP_TRY(sep_read_label_options(&request.labels));
    char *page = path_beside(".html"), *list = path_beside(".val.list");
    request.own_validation_list = validation_list == NULL ? list : NULL;
    sep_status status = page != NULL && list != NULL ? check_new(&request, page) : SEP_ERR_MEMORY;
    if (status == SEP_OK)
        status = check_outputs(NULL, page, request.own_validation_list);
    if (status == SEP_OK)
        status = make_and_write(&request, page);
    sep_free(list);
    sep_free(page);
    return status;
}

const sep_command sep_command_plan = {
    .name = "plan",
    .operands = "FOLDER",
    .operands_low = 1,
    .operands_high = 1,
    .summary = "look at a data set and write a configuration that fits it",
    .description =
        "Looks at every scan of FOLDER and writes FILE.ini, a configuration for septum train in which each choice has "
        "its reason as a comment above it, and FILE.html, a page that shows the data: sizes, spacings, intensities, "
        "volumes of the classes, some labelled slices, and what looks wrong.\n\n"
        "FOLDER is one of:\n\n"
        "  nnU-Net's layout: dataset.json, imagesTr, labelsTr; scans without a label map are unlabelled\n"
        "  HDF5: FOLDER/volumes/NAME.h5 or FOLDER/NAME.h5, with datasets 'image' and 'label'\n"
        "  pairs: images/NAME.png and masks/NAME.png (or .jpg); or NAME.nii.gz and NAME_gt.nii.gz\n\n"
        "Where FOLDER has train.list and val.list they are the split. Else about one labelled case of five validates, "
        "none where there are fewer than six; FILE.val.list names their scans, so that they stay when more scans get "
        "label maps. Label maps of scans that count as unlabelled are never read.\n\n"
        "What the values of label maps stand for, where they are no class indices, is found by looking at them, unless "
        "--values, --threshold or --colours say it; the configuration then has it as label_values, mask_threshold or "
        "label_colours.\n\n"
        "How many iterations fit into --hours is measured: some steps of exactly this configuration are timed on this "
        "machine, and a tenth of the time is left for validation and the end. So plan on the machine that will train, "
        "with the --device and --threads of then.",
    .examples = "septum plan data/hearts --hours 8 --out hearts.ini\n"
                "septum train hearts.ini\n"
                "septum plan data/drawn --colours 000000,ff0000,00ff00 --out drawn.ini\n"
                "# three labelled cases of a set that has more, an hour\n"
                "septum plan data/acdc --labelled 3 --hours 1 --out acdc-3.ini",
    .options = options,
    .run = run,
};
