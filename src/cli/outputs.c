/* The one check of every command: what it writes must not be what it reads, and must have a place. */
#include "cli/outputs.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- what is read and written ------------------------------------------------------------------------------------ */

static void keep(sep_outputs *o, sep_strings *list, const char *path)
{
    if (o->status == SEP_OK && path)
        o->status = sep_strings_add(list, path);
}

/* Reads what has the first bytes of the path and another end, too. */
static void keep_other_end(sep_outputs *o, const char *path, size_t bytes, const char *end)
{
    char *other = sep_format("%.*s%s", (int)bytes, path, end);

    if (!other)
        o->status = SEP_ERR_MEMORY;
    keep(o, &o->in, other);
    sep_free(other);
}

/* The length of "a" in "a_007.png", the 8th slice of what is written as "a.png"; 0 for other names. */
static size_t series_length(const char *path)
{
    const size_t length = strlen(path);
    const char *suffix = length > 4 ? path + length - 4 : path, *digits = suffix;

    if (strcasecmp(suffix, ".png") != 0)
        return 0;
    while (digits > path && digits[-1] >= '0' && digits[-1] <= '9')
        digits--;
    const bool counts = suffix - digits == 3 || (suffix - digits == 4 && digits[0] != '0');
    return counts && digits - path > 1 && digits[-1] == '_' ? (size_t)(digits - path) - 1 : 0;
}

/* "a_000.png", "a_001.png", ... where "a.png" stands for them. */
static void keep_slices(sep_outputs *o, const char *path, size_t stem)
{
    for (int i = 0; o->status == SEP_OK; i++) {
        char *slice = sep_format("%.*s_%03d%s", (int)stem, path, i, path + stem);
        const bool there = slice && sep_file_exists(slice);

        if (!slice)
            o->status = SEP_ERR_MEMORY;
        if (there)
            keep(o, &o->in, slice);
        sep_free(slice);
        if (!there)
            return;
    }
}

/* What is read with a file, or lost with it: the other half of a NIfTI pair, the file of FILE#FRAME, the slices of a
 * series, and for one slice the name under which its series would be written. */
static void keep_companions(sep_outputs *o, const char *path)
{
    const size_t length = strlen(path), stem = length > 4 ? length - 4 : length, series = series_length(path);
    const bool there = sep_file_exists(path);
    const char *frame = there ? NULL : strrchr(path, '#');

    if (strcasecmp(path + stem, ".hdr") == 0)
        keep_other_end(o, path, stem, ".img");
    if (strcasecmp(path + stem, ".img") == 0)
        keep_other_end(o, path, stem, ".hdr");
    if (frame)
        keep_other_end(o, path, (size_t)(frame - path), "");
    if (strcasecmp(path + stem, ".png") == 0 && !there)
        keep_slices(o, path, stem);
    if (series > 0)
        keep_other_end(o, path, series, path + stem);
}

static void use_joined(sep_outputs *o, void (*use)(sep_outputs *, const char *), const char *folder, const char *name)
{
    char *path = folder && name ? sep_format("%s/%s", folder, name) : NULL;

    if (folder && name && !path)
        o->status = SEP_ERR_MEMORY;
    use(o, path);
    sep_free(path);
}

void sep_reads(sep_outputs *o, const char *path)
{
    keep(o, &o->in, path);
    if (path)
        keep_companions(o, path);
}

void sep_writes(sep_outputs *o, const char *path)
{
    keep(o, &o->out, path);
}

void sep_writes_below(sep_outputs *o, const char *path)
{
    keep(o, &o->below, path);
}

void sep_writes_made(sep_outputs *o, char *path)
{
    if (!path)
        o->status = SEP_ERR_MEMORY;
    sep_writes_below(o, path);
    sep_free(path);
}

void sep_reads_in(sep_outputs *o, const char *folder, const char *name)
{
    use_joined(o, sep_reads, folder, name);
}

void sep_writes_in(sep_outputs *o, const char *folder, const char *name)
{
    use_joined(o, sep_writes_below, folder, name);
}

void sep_writes_as(sep_outputs *o, const char *folder, const char *name, const char *suffix)
{
    char *file = sep_format("%s.%s", name, suffix);

    if (!file)
        o->status = SEP_ERR_MEMORY;
    sep_writes_in(o, folder, file);
    sep_free(file);
}

void sep_reads_folder(sep_outputs *o, const char *folder, const char *suffix)
{
    sep_strings names = {0};
    sep_status status = sep_folder_exists(folder) ? sep_list_folder(folder, suffix, &names) : SEP_OK;

    for (int i = 0; i < names.count; i++)
        sep_reads_in(o, folder, names.item[i]);
    sep_strings_free(&names);
    if (status != SEP_OK)
        o->status = status;
}

/* A list lies where the configuration says, or inside the dataset's folder. */
static void reads_list(sep_outputs *o, const char *folder, const char *list)
{
    if (list && sep_file_exists(list))
        sep_reads(o, list);
    else
        sep_reads_in(o, folder, list);
}

void sep_reads_dataset(sep_outputs *o, const char *configuration, const sep_data_config *config,
                       const sep_dataset *dataset)
{
    sep_reads(o, configuration);
    if (config->format == SEP_DATA_NNUNET)
        sep_reads_in(o, config->folder, "dataset.json");
    reads_list(o, config->folder, config->train_list);
    reads_list(o, config->folder, config->validation_list);
    reads_list(o, config->folder, config->labelled_list);
    for (int i = 0; i < dataset->scans; i++) {
        sep_reads(o, dataset->scan[i].image_path);
        if (dataset->scan[i].label_path && strcmp(dataset->scan[i].image_path, dataset->scan[i].label_path) != 0)
            sep_reads(o, dataset->scan[i].label_path);
    }
}

/* ---- which file a path is ---------------------------------------------------------------------------------------- */

typedef struct identity {
    dev_t device;
    ino_t inode;
    char *rest; /* "" for a file that is there; else the names below the deepest folder that is */
    const char *path;
    int there; /* bytes of the path that are there; 0: the working folder */
    bool is_folder, written, below;
} identity;

static int compare(const void *a, const void *b)
{
    const identity *first = a, *second = b;

    if (first->device != second->device)
        return first->device < second->device ? -1 : 1;
    if (first->inode != second->inode)
        return first->inode < second->inode ? -1 : 1;
    return strcmp(first->rest, second->rest);
}

/* The names of "./a//b/", parted by one '/' each. */
static void tidy(const char *names, char *to)
{
    while (*names) {
        size_t length = strcspn(names, "/");
        if (length > 0 && !(length == 1 && names[0] == '.')) {
            *to++ = '/';
            memcpy(to, names, length);
            to += length;
        }
        names += length + (names[length] == '/');
    }
    *to = '\0';
}

static size_t parent_length(const char *path)
{
    const char *slash = strrchr(path, '/');

    return !slash ? 0 : slash == path && path[1] != '\0' ? 1 : (size_t)(slash - path);
}

/* `folder` holds the path and is cut from behind until what is left is there. */
static void find_folder(const char *path, char *folder, identity *file)
{
    struct stat info = {0};
    size_t kept = strlen(path);

    while (stat(kept > 0 ? folder : ".", &info) != 0 && kept > 0) {
        kept = parent_length(folder);
        folder[kept] = '\0';
    }
    file->device = info.st_dev;
    file->inode = info.st_ino;
    file->is_folder = S_ISDIR(info.st_mode);
    file->there = (int)kept;
    tidy(path + kept, file->rest);
}

static sep_status identify(const char *path, bool written, identity *file)
{
    char *folder = sep_strdup(path);

    *file = (identity){.path = path, .written = written, .rest = sep_calloc(strlen(path) + 2, 1)};
    if (folder && file->rest)
        find_folder(path, folder, file);
    sep_free(folder);
    return folder && file->rest ? SEP_OK : SEP_ERR_MEMORY;
}

/* ---- the check --------------------------------------------------------------------------------------------------- */

/* Whether there is a place for what is written. */
static sep_status judge_place(const identity *file)
{
    const char *path = file->path, *there = file->there > 0 ? path : ".";
    const int length = file->there > 0 ? file->there : 1;

    if (file->rest[0] == '\0')
        return file->is_folder ? sep_fail(SEP_ERR_IO, "%s: can't be written: it is a folder", path) : SEP_OK;
    if (!file->is_folder)
        return sep_fail(SEP_ERR_IO, "%s: can't be written: %.*s is no folder", path, length, there);
    if (!file->below && strchr(file->rest + 1, '/') != NULL)
        return sep_fail(SEP_ERR_IO, "%s: can't be written: there is no folder %.*s", path,
                        (int)(sep_file_name(path) - path), path);
    char *folder = sep_format("%.*s", length, there);
    if (folder == NULL)
        return SEP_ERR_MEMORY;
    const bool writable = access(folder, W_OK | X_OK) == 0;
    sep_free(folder);
    return writable ? SEP_OK
                    : sep_fail(SEP_ERR_IO, "%s: can't be written: %.*s may not be written to", path, length, there);
}

static sep_status judge(const identity *a, const identity *b)
{
    const identity *written = a->written ? a : b, *other = a->written ? b : a;

    if (!written->written)
        return SEP_OK;
    if (!other->written)
        return sep_fail(SEP_ERR_ARGUMENT, "%s: is read and would be replaced; write to another name", written->path);
    return sep_fail(SEP_ERR_ARGUMENT, "%s and %s are one file: two results would be written to one name", a->path,
                    b->path);
}

/* Among files that are one, the first that is written decides with its neighbours. */
static sep_status judge_all(identity *files, int count)
{
    qsort(files, (size_t)count, sizeof *files, compare);
    for (int i = 0; i < count; i++)
        for (int k = i + 1; k < count && compare(&files[i], &files[k]) == 0; k++)
            SEP_TRY(judge(&files[i], &files[k]));
    return SEP_OK;
}

static sep_status identify_list(const sep_strings *list, bool written, bool below, identity **next)
{
    for (int i = 0; i < list->count; i++) {
        identity *file = (*next)++;
        SEP_TRY(identify(list->item[i], written, file));
        file->below = below;
    }
    return SEP_OK;
}

static sep_status identify_all(const sep_outputs *o, identity *files)
{
    SEP_TRY(identify_list(&o->in, false, false, &files));
    SEP_TRY(identify_list(&o->out, true, false, &files));
    return identify_list(&o->below, true, true, &files);
}

static sep_status check(const sep_outputs *o)
{
    const int count = o->in.count + o->out.count + o->below.count;
    identity *files = sep_calloc((size_t)count + 1, sizeof *files);
    sep_status status = files ? o->status : SEP_ERR_MEMORY;

    if (status == SEP_OK)
        status = identify_all(o, files);
    if (status == SEP_OK)
        status = judge_all(files, count);
    for (int i = 0; i < count && status == SEP_OK; i++)
        status = files[i].written ? judge_place(&files[i]) : SEP_OK;
    for (int i = 0; files && i < count; i++)
        sep_free(files[i].rest);
    sep_free(files);
    return status;
}

sep_status sep_outputs_check(sep_outputs *o)
{
    sep_status status = check(o);

    sep_strings_free(&o->in);
    sep_strings_free(&o->out);
    sep_strings_free(&o->below);
    return status;
}
