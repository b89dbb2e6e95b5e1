/* septum phantom: synthetic scans with exact label maps, in nnU-Net's folder layout. */
#include "base/json.h"
#include "cli/commands.h"
#include "cli/program.h"
#include "septum/data.h"

#include <stdio.h>
#include <string.h>

static int64_t cases = 10;
static int64_t test_cases;
static int64_t seed = 1;
static int64_t size = 128;
static int64_t slices;

typedef struct phantom_kind {
    const char *name, *channel, *description;
    int classes;
    const char *const *class_names;
    int scans; /* of a case */
} phantom_kind;

static const phantom_kind KINDS[] = {
    {"cardiac", "MRI", "cardiac phantom: cine-like short axis, end diastole and end systole",
     SEP_PHANTOM_CARDIAC_CLASSES, sep_phantom_cardiac_names, 2},
    {"abdomen", "CT", "abdominal phantom: eight organs in Hounsfield units", SEP_PHANTOM_ABDOMEN_CLASSES,
     sep_phantom_abdomen_names, 1},
};

static const phantom_kind *find_kind(const char *name)
{
    for (size_t i = 0; i < sizeof KINDS / sizeof KINDS[0]; i++) {
        if (strcmp(KINDS[i].name, name) == 0)
            return &KINDS[i];
    }
    return NULL;
}

/* ---- one scan ---------------------------------------------------------------------------------------------------- */

/* Patients and frames as ACDC names them: frame 1 is end diastole, and end systole comes 7 to 13 frames later. */
static char *scan_name(const phantom_kind *kind, int index, int scan)
{
    if (kind->scans == 1)
        return sep_format("case%04d", index + 1);
    return sep_format("patient%03d_frame%02d", index + 1, scan == 0 ? 1 : 8 + index % 7);
}

static sep_status make_scan(const phantom_kind *kind, int index, int scan, sep_volume *volume, sep_labels *labels)
{
    const sep_phantom_config config = {.size = (int)size, .slices = (int)slices, .seed = (uint64_t)seed};

    if (kind->scans == 1)
        return sep_phantom_abdomen(&config, index, volume, labels);
    return sep_phantom_cardiac(&config, index, scan == 0 ? SEP_END_DIASTOLE : SEP_END_SYSTOLE, volume, labels);
}

/* `part` is "Tr" or "Ts". */
static sep_status write_scan(const char *folder, const char *part, const char *name, const sep_volume *volume,
                             const sep_labels *labels)
{
    char *image_path = sep_format("%s/images%s/%s_0000.nii.gz", folder, part, name);
    char *label_path = sep_format("%s/labels%s/%s.nii.gz", folder, part, name);
    sep_status status = image_path == NULL || label_path == NULL ? SEP_ERR_MEMORY : SEP_OK;

    if (status == SEP_OK)
        status = sep_volume_write(image_path, volume);
    if (status == SEP_OK)
        status = sep_labels_write(label_path, labels);
    sep_free(image_path);
    sep_free(label_path);
    return status;
}

static sep_status make_and_write(const phantom_kind *kind, const char *folder, const char *part, const char *name,
                                 int index, int scan)
{
    sep_volume volume;
    sep_labels labels;
    sep_status status;

    SEP_TRY(make_scan(kind, index, scan, &volume, &labels));
    status = write_scan(folder, part, name, &volume, &labels);
    sep_volume_free(&volume);
    sep_labels_free(&labels);
    return status;
}

static sep_status make_case(const phantom_kind *kind, const char *folder, int index, sep_progress *progress)
{
    const char *part = index < cases ? "Tr" : "Ts";

    for (int scan = 0; scan < kind->scans; scan++) {
        char *name = scan_name(kind, index, scan);
        sep_status status = name == NULL ? SEP_ERR_MEMORY : make_and_write(kind, folder, part, name, index, scan);

        if (status == SEP_OK)
            sep_progress_update(progress, (int64_t)index * kind->scans + scan + 1, name);
        sep_free(name);
        SEP_TRY(status);
    }
    return SEP_OK;
}

/* ---- the dataset ------------------------------------------------------------------------------------------------- */

static sep_status make_folders(const char *folder)
{
    static const char *const PARTS[] = {"dataset.json", "imagesTr", "labelsTr", "imagesTs", "labelsTs"};
    int parts = test_cases > 0 ? 5 : 3;

    for (int i = 0; i < parts; i++) {
        char *path = sep_format("%s/%s", folder, PARTS[i]);
        sep_status status = path == NULL ? SEP_ERR_MEMORY : SEP_OK;

        /* Scans of an earlier call would mix with these. */
        if (status == SEP_OK && sep_file_exists(path))
            status = sep_fail(SEP_ERR_ARGUMENT, "%s: is there already; give a new folder or remove it", path);
        if (status == SEP_OK && i > 0)
            status = sep_make_folders(path);
        sep_free(path);
        SEP_TRY(status);
    }
    return SEP_OK;
}

/* nnU-Net's description, version 2. NULL: no memory. */
static json_t *describe(const phantom_kind *kind)
{
    json_t *labels = json_object();

    for (int c = 0; c < kind->classes; c++) {
        if (json_object_set_new(labels, kind->class_names[c], json_integer(c)) != 0) {
            json_decref(labels);
            return NULL;
        }
    }
    return json_pack("{s:s, s:{s:s}, s:o, s:I, s:s, s:I, s:s}", "name", kind->name, "channel_names", "0", kind->channel,
                     "labels", labels, "numTraining", (json_int_t)(cases * kind->scans), "file_ending", ".nii.gz",
                     "seed", (json_int_t)seed, "description", kind->description);
}

static sep_status write_description(const phantom_kind *kind, const char *folder)
{
    char *text, *path = sep_format("%s/dataset.json", folder);
    sep_status status = sep_json_dump(describe(kind), JSON_INDENT(2), &text);

    if (status == SEP_OK)
        status = path != NULL ? sep_file_write_atomic(path, text, strlen(text)) : SEP_ERR_MEMORY;
    sep_free(path);
    sep_free(text);
    return status;
}

static sep_status make_cases(const phantom_kind *kind, const char *folder)
{
    int64_t count = cases + test_cases;
    sep_progress *progress = sep_progress_start(kind->name, count * kind->scans, 0);
    sep_status status = SEP_OK;

    for (int index = 0; status == SEP_OK && index < count; index++)
        status = make_case(kind, folder, index, progress);
    sep_progress_finish(progress);
    return status;
}

static sep_status run(int count, char **operand)
{
    const phantom_kind *kind = find_kind(operand[0]);
    const char *folder = operand[1];

    (void)count;
    if (kind == NULL)
        return sep_usage_error("there is no phantom '%s': give cardiac or abdomen", operand[0]);
    SEP_TRY(make_folders(folder));
    SEP_TRY(make_cases(kind, folder));
    SEP_TRY(write_description(kind, folder));
    sep_print_line("%s: %lld cases to train on, %lld to test on, %d scan%s each", folder, (long long)cases,
                   (long long)test_cases, kind->scans, kind->scans == 1 ? "" : "s");
    return SEP_OK;
}

static const sep_option options[] = {
    {"cases", 'n', "N", "make N cases to train on", .integer = &cases, .low = 1, .high = 100000},
    {"test", 't', "N", "make N more cases to test on, in imagesTs and labelsTs", .integer = &test_cases, .low = 0,
     .high = 100000},
    {"seed", 's', "N", "seed of all random numbers", .integer = &seed, .low = 0, .high = UINT32_MAX},
    {"size", 0, "N", "rows and columns of a slice", .integer = &size, .low = 16, .high = 1024},
    {"slices", 0, "N", "slices of a scan; 0 takes 8 to 12 for cardiac, 3/8 of the size for abdomen", .integer = &slices,
     .low = 0, .high = 1024},
    {0},
};

const sep_command sep_command_phantom = {
    .name = "phantom",
    .operands = "KIND FOLDER",
    .operands_low = 2,
    .operands_high = 2,
    .summary = "make synthetic scans with exact label maps",
    .description =
        "Writes a dataset of synthetic scans into FOLDER, in the layout of nnU-Net: dataset.json, imagesTr, labelsTr "
        "and, with --test, imagesTs and labelsTs. KIND is one of:\n\n"
        "cardiac: short-axis MRI-like scans of the heart at end diastole (frame01) and end systole, with the right "
        "ventricle, the myocardium and the left ventricle, of five groups of patients.\n\n"
        "abdomen: CT-like scans in Hounsfield units with aorta, gallbladder, kidneys, liver, pancreas, spleen and "
        "stomach.\n\n"
        "The same seed gives the same scans on every machine, and case N does not depend on how many are made.",
    .examples = "septum phantom cardiac hearts --cases 20 --test 5\n"
                "# the size of real CT\n"
                "septum phantom abdomen bellies --cases 4 --size 512 --slices 148",
    .options = options,
    .run = run,
};
