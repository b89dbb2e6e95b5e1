/* A volume as PNG files, a slice each. No file system puts many files in place at once, so a series says of itself when
 * it is whole: each slice has a note with the number of slices and the fingerprint of the series, and slice 0 comes
 * last. Series of other programs have no notes; slices that another program has replaced, but for slice 0, need none.
 */
#include "image/series.h"

#include "base/temporary_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define NOTE         "slice %d of %d of series %016llx"
#define NOTE_PATTERN "slice %7d of %7d of series %16llx"
#define MOST_SLICES  1000000

/* ---- names ------------------------------------------------------------------------------------------------------- */

/* "case_007.png" for "case.png". */
static char *slice_name(const char *path, int z)
{
    const char *suffix = sep_image_suffix(path);

    return sep_format("%.*s_%03d%s", (int)(suffix - path), path, z, suffix);
}

static char *folder_of(const char *path)
{
    const char *name = sep_file_name(path);

    return name == path ? sep_strdup(".") : sep_format("%.*s", (int)(name - path), path);
}

/* The number of the slice that a file of that name is in the series of `path`; -1 for any other file. */
static int slice_number(const char *path, const char *name)
{
    const char *stem = sep_file_name(path), *suffix = sep_image_suffix(path);
    const size_t length = (size_t)(suffix - stem);

    if (strncmp(name, stem, length) != 0 || name[length] != '_')
        return -1;
    const char *digits = name + length + 1;
    const size_t count = strspn(digits, "0123456789");
    if (count < 3 || count > 6 || (count > 3 && digits[0] == '0') || strcasecmp(digits + count, suffix) != 0)
        return -1;
    return atoi(digits);
}

/* Slices of the series among the names, each at its number; those beyond the `count` names are left out. */
static sep_status order_slices(const char *path, const sep_strings *names, const char **slice)
{
    for (int i = 0; i < names->count; i++) {
        int z = slice_number(path, names->item[i]);
        if (z < 0 || z >= names->count)
            continue;
        if (slice[z])
            return sep_fail(SEP_ERR_FORMAT, "%s: both %s and %s are its slice %d; remove one", path, slice[z],
                            names->item[i], z);
        slice[z] = names->item[i];
    }
    return SEP_OK;
}

/* The last slice and how many there are. */
static const char *last_slice(const char *path, const sep_strings *names, int *count)
{
    const char *last = NULL;
    int highest = -1;

    *count = 0;
    for (int i = 0; i < names->count; i++) {
        int z = slice_number(path, names->item[i]);
        *count += z >= 0;
        if (z > highest) {
            highest = z;
            last = names->item[i];
        }
    }
    return last;
}

static sep_status collect(const char *path, const sep_strings *all, const char **slice, sep_strings *names)
{
    int count;
    const char *last = last_slice(path, all, &count);

    SEP_TRY(order_slices(path, all, slice));
    for (int z = 0; z < count; z++) {
        if (!slice[z])
            return sep_fail(SEP_ERR_FORMAT,
                            "%s: its slice %d (%.*s_%03d%s) is missing, but %s is there; was writing it cut short?",
                            path, z, (int)(sep_image_suffix(path) - sep_file_name(path)), sep_file_name(path), z,
                            sep_image_suffix(path), last);
        SEP_TRY(sep_strings_add(names, slice[z]));
    }
    return SEP_OK;
}

static sep_status find_in(const char *folder, const char *path, sep_strings *names)
{
    sep_strings all = {0};

    if (!sep_folder_exists(folder))
        return SEP_OK;
    sep_status status = sep_list_folder(folder, sep_image_suffix(path), &all);
    const char **slice = status == SEP_OK ? sep_calloc((size_t)all.count + 1, sizeof *slice) : NULL;
    if (status == SEP_OK)
        status = slice ? collect(path, &all, slice, names) : SEP_ERR_MEMORY;
    sep_free(slice);
    sep_strings_free(&all);
    return status;
}

sep_status sep_series_find(const char *path, sep_strings *names)
{
    char *folder = folder_of(path);
    sep_status status = folder ? find_in(folder, path, names) : SEP_ERR_MEMORY;

    sep_free(folder);
    return status;
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

/* What the note of a slice says; `slices` is 0 where there is none. */
typedef struct note {
    int slice, slices;
    unsigned long long series;
} note;

static note parse_note(const char *text)
{
    note n;

    return sscanf(text, NOTE_PATTERN, &n.slice, &n.slices, &n.series) == 3 ? n : (note){0};
}

/* Slice 0, which was put in place last, vouches for the others. */
static sep_status check_note(const char *path, int z, int depth, const note *own, const note *first)
{
    if (own->slices == 0)
        return SEP_OK;
    if (own->slices != depth)
        return sep_fail(
            SEP_ERR_FORMAT,
            "%s: is one of %d slices that were written together, but %d are here: writing them was cut short, "
            "or files were lost or added; write the series again",
            path, own->slices, depth);
    if (own->series != first->series || own->slice != z || first->slices == 0)
        return sep_fail(
            SEP_ERR_FORMAT,
            "%s: was not written together with slice 0: writing the series was cut short, or another program "
            "replaced one of the two; write the series again",
            path);
    return SEP_OK;
}

static sep_status check_size(const char *path, const sep_volume *slice, const sep_volume *first)
{
    if (slice->height == first->height && slice->width == first->width)
        return SEP_OK;
    return sep_fail(SEP_ERR_SHAPE, "%s: is %dx%d pixels, slice 0 is %dx%d", path, slice->width, slice->height,
                    first->width, first->height);
}

static sep_status create_volume(const char *path, int depth, const sep_volume *slice, sep_volume *volume)
{
    sep_status status =
        sep_memory_check((uint64_t)depth * (uint64_t)slice->height * (uint64_t)slice->width * sizeof *volume->data);

    if (status == SEP_OK)
        status = sep_volume_create(volume, depth, slice->height, slice->width);
    return status == SEP_OK ? SEP_OK : sep_fail_within(status, "%s", path);
}

/* Slice z into its place; slice 0 says how large all are. */
static sep_status read_slice(const char *path, int z, int depth, const sep_pixel_use *use, note *first,
                             sep_volume *volume)
{
    sep_volume slice = {0};
    char text[SEP_NOTE_BYTES];
    sep_status status = sep_picture_read(path, use, text, &slice);

    if (status == SEP_OK) {
        const note own = parse_note(text);
        if (z == 0) {
            *first = own;
            status = create_volume(path, depth, &slice, volume);
        }
        if (status == SEP_OK)
            status = check_note(path, z, depth, &own, first);
        if (status == SEP_OK)
            status = check_size(path, &slice, volume);
    }
    if (status == SEP_OK)
        memcpy(sep_volume_slice(volume, z), slice.data,
               (size_t)slice.height * (size_t)slice.width * sizeof *slice.data);
    sep_volume_free(&slice);
    return status;
}

sep_status sep_series_read(const char *path, const sep_strings *names, const sep_pixel_use *use, sep_volume *volume)
{
    const int folder = (int)(sep_file_name(path) - path);
    sep_status status = SEP_OK;
    note first = {0};

    for (int z = 0; z < names->count && status == SEP_OK; z++) {
        char *name = sep_format("%.*s%s", folder, path, names->item[z]);
        status = name ? read_slice(name, z, names->count, use, &first, volume) : SEP_ERR_MEMORY;
        sep_free(name);
    }
    return status;
}

/* ---- writing ----------------------------------------------------------------------------------------------------- */

/* What lies there already and would be read with the series, or instead of it. */
static sep_status check_no_leftover(const char *path, int depth)
{
    sep_strings all = {0};
    char *folder = folder_of(path);
    int count;

    if (sep_file_exists(path)) {
        sep_free(folder);
        return sep_fail(SEP_ERR_IO,
                        "%s: is a picture, which would be read instead of a series of that name; remove it first",
                        path);
    }
    sep_status status = !folder ? SEP_ERR_MEMORY : sep_list_folder(folder, sep_image_suffix(path), &all);
    if (status == SEP_OK) {
        const char *last = last_slice(path, &all, &count);
        if (last && slice_number(path, last) >= depth)
            status =
                sep_fail(SEP_ERR_IO, "%s/%s: is left from a longer series of that name; remove it first", folder, last);
    }
    sep_strings_free(&all);
    sep_free(folder);
    return status;
}

static sep_status write_slice(const char *folder, const char *path, int z, const char *text, sep_slice_encoder encode,
                              void *context)
{
    void *bytes;
    size_t count;
    char *name = slice_name(sep_file_name(path), z), *whole = name ? sep_format("%s/%s", folder, name) : NULL;
    sep_status status = whole ? encode(context, z, text, &bytes, &count) : SEP_ERR_MEMORY;

    if (status == SEP_OK) {
        status = sep_file_write_atomic(whole, bytes, count);
        sep_free(bytes);
    }
    sep_free(whole);
    sep_free(name);
    return status;
}

static sep_status write_slices(const char *folder, const char *path, int depth, uint64_t fingerprint,
                               sep_slice_encoder encode, void *context)
{
    sep_status status = SEP_OK;

    for (int z = 0; z < depth && status == SEP_OK; z++) {
        char *text = sep_format(NOTE, z, depth, (unsigned long long)fingerprint);
        status = text ? write_slice(folder, path, z, text, encode, context) : SEP_ERR_MEMORY;
        sep_free(text);
    }
    return status;
}

static sep_status put_in_place(const char *folder, const char *path, int z)
{
    char *to = slice_name(path, z), *from = to ? sep_format("%s/%s", folder, sep_file_name(to)) : NULL;
    sep_status status = from ? sep_put_in_place(from, to) : SEP_ERR_MEMORY;

    sep_free(from);
    sep_free(to);
    return status;
}

sep_status sep_series_write(const char *path, int depth, uint64_t fingerprint, sep_slice_encoder encode, void *context)
{
    sep_temporary_folder folder;

    if (depth > MOST_SLICES)
        return sep_fail(SEP_ERR_UNSUPPORTED, "%s: %d slices are too many for a PNG each", path, depth);
    SEP_TRY(check_no_leftover(path, depth));
    SEP_TRY(sep_temporary_folder_create(path, &folder));
    sep_status status = write_slices(folder.path, path, depth, fingerprint, encode, context);
    for (int z = 1; z < depth && status == SEP_OK; z++)
        status = put_in_place(folder.path, path, z);
    if (status == SEP_OK)
        status = put_in_place(folder.path, path, 0);
    if (status == SEP_OK)
        sep_sync_folder_of(path);
    sep_temporary_folder_remove(&folder);
    return status;
}
