/* septum convert: volumes, label maps and pairs of both between NIfTI, HDF5 and PNG. */
#include "cli/commands.h"
#include "cli/label_reading.h"
#include "cli/outputs.h"
#include "cli/program.h"
#include "cli/space.h"
#include "septum/image.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool as_labels;
static const char *labels_out;
static const char *with_labels;
static int64_t threshold;
static const char *values_text;
static const char *colours_text;
static sep_label_reading reading; /* what these and the threshold say */
static const char *spacing_text;
static float spacing[3]; /* what spacing_text says */
static const char *like;
static const char *to;
static int64_t channels = 1;

/* ---- one case ---------------------------------------------------------------------------------------------------- */

/* What one conversion reads and writes; paths that do not apply are NULL. */
typedef struct job {
    const char *in, *out;
    const char *labels_in, *labels_out;
} job;

typedef struct contents {
    bool has_image, has_labels;
    sep_volume image;
    sep_labels labels;
} contents;

static bool is_hdf5(const char *path)
{
    const char *suffix = sep_image_suffix(path), *last = suffix ? strrchr(suffix, '.') : NULL;

    return last && (strcasecmp(last, ".h5") == 0 || strcasecmp(last, ".hdf5") == 0);
}

/* A label map from any file: nothing but class indices goes on. */
static sep_status read_classes(const char *path, sep_labels *labels)
{
    sep_label_counts counts = {0};

    SEP_TRY(sep_labels_read_as(path, &reading, labels));
    if (threshold > 0 || values_text || colours_text)
        return SEP_OK;
    sep_label_counts_add(&counts, labels);
    sep_status status = sep_label_counts_check(&counts, path);
    if (status != SEP_OK)
        sep_labels_free(labels);
    return status;
}

/* A label map from a file of its own, for an image that is there already. */
static sep_status read_labels_beside(const job *j, contents *c)
{
    SEP_TRY(read_classes(j->labels_in, &c->labels));
    c->has_labels = true;
    SEP_TRY(sep_match_in_space(j->labels_in, "the label map", &c->labels, "its image", &c->image));
    SEP_TRY(sep_check_same_size(j->in, &c->image, j->labels_in, &c->labels));
    sep_labels_take_geometry(&c->labels, &c->image);
    return SEP_OK;
}

/* The label map that lies with the image in one HDF5 file, where it goes anywhere. */
static sep_status read_labels_inside(const job *j, contents *c)
{
    bool has = false;

    if (!is_hdf5(j->in) || (!j->labels_out && !is_hdf5(j->out)))
        return SEP_OK;
    SEP_TRY(sep_hdf5_has(j->in, "label", &has));
    if (!has && !j->labels_out)
        return SEP_OK;
    SEP_TRY(j->labels_out ? read_classes(j->in, &c->labels) : sep_labels_read(j->in, &c->labels));
    c->has_labels = true;
    return SEP_OK;
}

static sep_status read_contents(const job *j, contents *c)
{
    if (as_labels) {
        SEP_TRY(read_classes(j->in, &c->labels));
        c->has_labels = true;
        return SEP_OK;
    }
    SEP_TRY(sep_image_read(j->in, (int)channels, &c->image));
    c->has_image = true;
    return j->labels_in ? read_labels_beside(j, c) : read_labels_inside(j, c);
}

/* ---- geometry ---------------------------------------------------------------------------------------------------- */

static sep_status change_spacing(contents *c)
{
    if (c->has_image)
        SEP_TRY(sep_volume_set_spacing(&c->image, spacing));
    return c->has_labels ? sep_labels_set_spacing(&c->labels, spacing) : SEP_OK;
}

static sep_status take_geometry(const sep_volume *model, const job *j, contents *c)
{
    if (!model->has_geometry)
        return sep_fail(SEP_ERR_FORMAT, "%s: knows neither spacing nor orientation that --like could take", like);
    if (c->has_labels) {
        SEP_TRY(sep_check_same_size(like, model, j->in, &c->labels));
        sep_labels_take_geometry(&c->labels, model);
    }
    if (!c->has_image)
        return SEP_OK;
    if (model->depth != c->image.depth || model->height != c->image.height || model->width != c->image.width)
        return sep_fail(SEP_ERR_SHAPE, "%s: is %dx%dx%d voxels, %s is %dx%dx%d", like, model->width, model->height,
                        model->depth, j->in, c->image.width, c->image.height, c->image.depth);
    sep_volume_take_geometry(&c->image, model);
    return SEP_OK;
}

static sep_status change_geometry(const job *j, contents *c)
{
    sep_volume model;

    if (like) {
        SEP_TRY(sep_volume_read(like, &model));
        sep_status status = take_geometry(&model, j, c);
        sep_volume_free(&model);
        SEP_TRY(status);
    }
    return spacing_text ? change_spacing(c) : SEP_OK;
}

/* ---- writing ----------------------------------------------------------------------------------------------------- */

static sep_status write_contents(const job *j, const contents *c)
{
    if (is_hdf5(j->out))
        SEP_TRY(sep_hdf5_write(j->out, c->has_image ? &c->image : NULL,
                               c->has_labels && !j->labels_out ? &c->labels : NULL));
    else if (c->has_image)
        SEP_TRY(sep_volume_write(j->out, &c->image));
    else
        SEP_TRY(sep_labels_write(j->out, &c->labels));
    if (!j->labels_out)
        return SEP_OK;
    return sep_labels_write(j->labels_out, &c->labels);
}

static void print_grid(const char *path, const char *what, const sep_volume *grid)
{
    sep_print("%s: %s, %dx%dx%d voxels", path, what, grid->width, grid->height, grid->depth);
    if (sep_volume_channels(grid) > 1)
        printf(" in %d channels", grid->channels);
    if (grid->has_geometry)
        printf(" of %gx%gx%g mm\n", (double)grid->spacing[0], (double)grid->spacing[1], (double)grid->spacing[2]);
    else
        printf(", spacing unknown\n");
}

static void print_result(const job *j, const contents *c)
{
    sep_volume grid = {.depth = c->labels.depth, .height = c->labels.height, .width = c->labels.width};
    bool both = c->has_image && c->has_labels && !j->labels_out;

    if (c->has_image)
        grid = c->image;
    else {
        memcpy(grid.spacing, c->labels.spacing, sizeof grid.spacing);
        grid.has_geometry = c->labels.has_geometry;
    }
    print_grid(j->out, both ? "image and labels" : c->has_image ? "image" : "labels", &grid);
    if (j->labels_out)
        print_grid(j->labels_out, "labels", &grid);
}

static sep_status convert_case(const job *j, bool print)
{
    contents c = {0};
    sep_status status = read_contents(j, &c);

    if (status == SEP_OK)
        status = change_geometry(j, &c);
    if (status == SEP_OK)
        status = write_contents(j, &c);
    if (status == SEP_OK && print)
        print_result(j, &c);
    sep_volume_free(&c.image);
    sep_labels_free(&c.labels);
    return status;
}

static sep_status declare(const job *j, sep_outputs *o)
{
    sep_reads(o, j->in);
    sep_reads(o, j->labels_in);
    sep_reads(o, like);
    sep_writes(o, j->out);
    sep_writes(o, j->labels_out);
    return o->status;
}

/* ---- a folder ---------------------------------------------------------------------------------------------------- */

/* "FOLDER/STEM.SUFFIX"; NULL when there is no memory. */
static char *join(const char *folder, int stem_length, const char *stem, const char *suffix)
{
    return sep_format("%s/%.*s.%s", folder, stem_length, stem, suffix);
}

static int stem_length(const char *name)
{
    return (int)(sep_image_suffix(name) - name);
}

static const char *find_stem(const sep_strings *names, const char *stem, int length)
{
    for (int i = 0; i < names->count; i++)
        if (sep_image_suffix(names->item[i]) && stem_length(names->item[i]) == length &&
            strncmp(names->item[i], stem, (size_t)length) == 0)
            return names->item[i];
    return NULL;
}

/* The label file of a case: of the same name, or, in nnU-Net's layout, of that name without its channel "_0000". */
static sep_status find_label_file(const char *name, char **path)
{
    sep_strings names = {0};
    int length = stem_length(name);
    bool has_channel = length > 5 && strncmp(name + length - 5, "_0000", 5) == 0;

    SEP_TRY(sep_list_folder(with_labels, "", &names));
    const char *found = find_stem(&names, name, length);
    if (!found && has_channel)
        found = find_stem(&names, name, length - 5);
    *path = found ? sep_format("%s/%s", with_labels, found) : NULL;
    sep_status status = *path   ? SEP_OK
                        : found ? SEP_ERR_MEMORY
                                : sep_fail(SEP_ERR_IO, "%s: has no label map for %s", with_labels, name);
    sep_strings_free(&names);
    return status;
}

/* What is done with a file of a folder: `use` gets the job. */
static sep_status with_member(const char *in, const char *out, const char *name,
                              sep_status (*use)(const job *, sep_outputs *), sep_outputs *o)
{
    char *from = sep_format("%s/%s", in, name);
    char *into = join(out, stem_length(name), name, to);
    char *labels_into = labels_out ? join(labels_out, stem_length(name), name, to) : NULL;
    char *labels_from = NULL;
    sep_status status = from && into && (labels_into || !labels_out) ? SEP_OK : SEP_ERR_MEMORY;

    if (status == SEP_OK && with_labels)
        status = find_label_file(name, &labels_from);
    if (status == SEP_OK)
        status = use(&(job){from, into, labels_from, labels_into}, o);
    sep_free(from);
    sep_free(into);
    sep_free(labels_into);
    sep_free(labels_from);
    return status;
}

static sep_status convert_member(const job *j, sep_outputs *o)
{
    (void)o;
    return convert_case(j, false);
}

/* No result of the folder may replace a file that is read, whichever comes first. */
static sep_status check_members(const char *in, const char *out, const sep_strings *names)
{
    sep_outputs o = {0};
    sep_status status = SEP_OK;

    for (int i = 0; i < names->count && status == SEP_OK; i++)
        status = with_member(in, out, names->item[i], declare, &o);
    if (status != SEP_OK)
        o.status = status;
    return sep_outputs_check(&o);
}

/* Two files that differ in nothing but the suffix would be written to one name. */
static sep_status check_stems(const char *folder, const sep_strings *images)
{
    sep_strings stems = {0};
    sep_status status = SEP_OK;

    for (int i = 0; i < images->count && status == SEP_OK; i++) {
        char *stem = sep_image_stem(images->item[i]);
        status = stem ? sep_strings_add(&stems, stem) : SEP_ERR_MEMORY;
        sep_free(stem);
    }
    sep_strings_sort(&stems);
    for (int i = 1; i < stems.count && status == SEP_OK; i++)
        if (strcmp(stems.item[i - 1], stems.item[i]) == 0)
            status = sep_fail(SEP_ERR_ARGUMENT, "%s: has two files called %s, which would be written to one name",
                              folder, stems.item[i]);
    sep_strings_free(&stems);
    return status;
}

static sep_status list_images(const char *folder, sep_strings *images)
{
    SEP_TRY(sep_image_list(folder, images));
    if (images->count == 0)
        return sep_fail(SEP_ERR_FORMAT, "%s: holds no .nii, .nii.gz, .hdr, .h5, .hdf5, .png, .jpg or .jpeg file",
                        folder);
    return check_stems(folder, images);
}

static sep_status convert_members(const char *in, const char *out, const sep_strings *names)
{
    sep_progress *progress = sep_progress_start("converting", names->count, 0);
    sep_status status = SEP_OK;

    for (int i = 0; i < names->count && status == SEP_OK; i++) {
        sep_progress_update(progress, i, names->item[i]);
        status = with_member(in, out, names->item[i], convert_member, NULL);
    }
    if (status == SEP_OK)
        sep_progress_update(progress, names->count, "");
    sep_progress_finish(progress);
    return status;
}

static sep_status convert_folder(const char *in, const char *out)
{
    sep_strings names = {0};

    if (!to)
        return sep_usage_error("%s is a folder: say with --to what its files become", in);
    SEP_TRY(sep_make_folders(out));
    if (labels_out)
        SEP_TRY(sep_make_folders(labels_out));
    sep_status status = list_images(in, &names);
    if (status == SEP_OK)
        status = check_members(in, out, &names);
    if (status == SEP_OK)
        status = convert_members(in, out, &names);
    if (status == SEP_OK)
        sep_print_line("%s: %d files", out, names.count);
    sep_strings_free(&names);
    return status;
}

/* ---- the command ------------------------------------------------------------------------------------------------- */

static sep_status parse_spacing(const char *text)
{
    const char *at = text;

    for (int axis = 0; axis < 3; axis++) {
        char *end;
        spacing[axis] = strtof(at, &end);
        if (end == at || *end != (axis < 2 ? ',' : '\0') || !(spacing[axis] > 0.0f))
            return sep_usage_error("--spacing %s: three positive numbers in mm are wanted, as in 1.5,1.5,10", text);
        at = end + 1;
    }
    return SEP_OK;
}

/* `out_name` has the suffix of what is written. */
static sep_status check_options(const char *out_name)
{
    if (as_labels && (with_labels || labels_out))
        return sep_usage_error(
            "--labels says that IN itself is a label map: no --with-labels or --labels-out beside it");
    if (with_labels && labels_out)
        return sep_usage_error("--with-labels puts two files into one, --labels-out takes one apart: not both");
    if (threshold > 0 && !as_labels && !with_labels)
        return sep_usage_error("--threshold makes a mask: it needs --labels or --with-labels");
    if (values_text && !as_labels && !with_labels && !labels_out)
        return sep_usage_error("--values is about a label map: it needs --labels, --with-labels or --labels-out");
    if (colours_text && !as_labels && !with_labels)
        return sep_usage_error("--colours is about a label map: it needs --labels or --with-labels");
    SEP_TRY(sep_parse_label_reading("", threshold, values_text, colours_text, &reading));
    if (with_labels && !is_hdf5(out_name))
        return sep_usage_error("--with-labels needs an HDF5 file to write to: no other format holds image and labels");
    if (channels > 1 && (as_labels || to || !is_hdf5(out_name)))
        return sep_usage_error("--channels is for one image that becomes an HDF5 file: of what is written only that "
                               "has an axis of channels");
    return spacing_text ? parse_spacing(spacing_text) : SEP_OK;
}

static sep_status run(int count, char **operand)
{
    const char *in = operand[0], *out = operand[1];

    (void)count;
    if (sep_folder_exists(in)) {
        char *sample = sep_format("x.%s", to ? to : "");
        sep_status status = sample ? check_options(sample) : SEP_ERR_MEMORY;
        sep_free(sample);
        return status == SEP_OK ? convert_folder(in, out) : status;
    }
    if (to)
        return sep_usage_error("--to is for folders: the suffix of %s says what it becomes", out);
    SEP_TRY(check_options(out));
    const job j = {in, out, with_labels, labels_out};
    sep_outputs o = {0};
    declare(&j, &o);
    SEP_TRY(sep_outputs_check(&o));
    return convert_case(&j, true);
}

static const sep_option options[] = {
    {"labels", 'l', NULL, "IN is a label map: class indices 0 to 255, written as such", .flag = &as_labels},
    {"threshold", 0, "N", "a label map is a mask: values of N and more become class 1, others 0; 0 keeps the classes",
     .integer = &threshold, .low = 0, .high = 65535},
    {"values", 0, "V,V,...",
     "a label map holds these values for classes 0, 1, ..., as in 0,85,170,255, not the classes",
     .string = &values_text},
    {"colours", 0, "RRGGBB,...", "a label map is a picture in which these colours stand for classes 0, 1, ...",
     .string = &colours_text},
    {"labels-out", 0, "FILE", "write the label map of an HDF5 file to FILE", .string = &labels_out},
    {"with-labels", 0, "FILE", "put the label map in FILE beside the image (OUT is HDF5)", .string = &with_labels},
    {"spacing", 's', "X,Y,Z", "set the size of a voxel in mm; directions and origin stay", .string = &spacing_text},
    {"like", 0, "FILE", "take spacing and orientation from FILE, a volume of the same size", .string = &like},
    {"channels", 0, "N", "IN is an image of N channels, as data.channels has them; OUT is HDF5", .integer = &channels,
     .low = 1, .high = SEP_MOST_IMAGE_CHANNELS},
    {"to", 0, "FORMAT", "what the files of a folder become", .string = &to, .choices = "nii.gz|nii|h5|hdf5|png"},
    {0},
};

const sep_command sep_command_convert = {
    .name = "convert",
    .operands = "IN OUT",
    .operands_low = 2,
    .operands_high = 2,
    .summary = "convert volumes and label maps between NIfTI, HDF5 and PNG",
    .description =
        "Reads IN and writes OUT in the format that its suffix names: .nii.gz or .nii, .h5 or .hdf5, .png. JPEG is "
        "read "
        "too. Voxels are not resampled or reoriented (but for a label map that --with-labels finds stored in another "
        "order than its image); spacing and orientation go along wherever both formats hold "
        "them. "
        "If IN is a folder, each image file in it is written to the folder OUT, and --labels-out and --with-labels "
        "name "
        "folders as well (a label map has its image's name, or that name without nnU-Net's _0000).\n\n"
        "HDF5: datasets 'image' (float32) and 'label' (uint8), axes slice, row, column; spacing and orientation as "
        "their "
        "attributes 'spacing', 'affine' and, of a NIfTI header, 'nifti_forms'. From HDF5 to HDF5 both datasets are "
        "kept. With --channels the image has a first axis of channels, from NAME_0000.nii.gz and its neighbours, a "
        "NIfTI of four axes, the colours of a picture, or HDF5 with channels first or last.\n\n"
        "Grey levels in place of class indices (0, 127, 255) are refused in a label map until --values says which "
        "stands for which class; it also reads values up to 65535, as in --values 0,205,420,500.\n\n"
        "Pictures as label maps: a palette's indices are the classes, and under --threshold all but index 0 is class "
        "1; "
        "a palette of greys is cut by its greys. Other colours are refused unless --colours says which class each "
        "stands "
        "for. Transparency is not looked at, which a warning says. Pictures are turned as their Exif orientation "
        "says.\n\n"
        "NIfTI: read as .nii, .nii.gz or .hdr with .img, versions 1 and 2; of a series (a 4-D file) one volume, named "
        "by "
        "its number from 1: cine.nii.gz#12. Written as version 1: float32; label maps uint8 with the label intent. "
        "qform "
        "and sform of a NIfTI file go along with both their codes; otherwise both are set.\n\n"
        "PNG: one file for a single slice, else OUT_000.png, OUT_001.png, ..., which are read again under the name "
        "OUT.png, and only if all that were written together are there. Label maps and whole numbers up to 65535 keep "
        "their values, in 8 or 16 bits; other volumes are "
        "stretched to 16 bits. A PNG has no place for spacing and orientation: --like and --spacing give them back.",
    .examples = "# an HDF5 case as a pair of NIfTI files, and back\n"
                "septum convert case.h5 case.nii.gz --labels-out case_seg.nii.gz --spacing 1.5,1.5,10\n"
                "septum convert case.nii.gz case.h5 --with-labels case_seg.nii.gz\n"
                "# a scan of two sequences in files beside each other as one file\n"
                "septum convert brain_0000.nii.gz brain.h5 --channels 2 --with-labels brain_seg.nii.gz\n"
                "# X-rays and their soft-edged masks as one HDF5 file each\n"
                "septum convert images cases --to h5 --with-labels masks --threshold 128\n"
                "# label maps of grey levels as class indices 0 to 3\n"
                "septum convert masks classes --to png --labels --values 0,85,170,255\n"
                "# masks drawn in black, red and green as classes 0, 1, 2\n"
                "septum convert drawn.png classes.png --labels --colours 000000,ff0000,00ff00\n"
                "# a label map drawn on PNG slices back in the scan's own grid\n"
                "septum convert --labels drawn.png drawn.nii.gz --like scan.nii.gz",
    .options = options,
    .run = run,
};
