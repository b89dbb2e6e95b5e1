/* Which file format: the suffix says it, the first bytes confirm it. */
#include "image/formats.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

static const struct {
    const char *suffix;
    sep_image_format format;
} suffixes[] =
    {
        {".nii.gz", SEP_IMAGE_NIFTI}, {".nii", SEP_IMAGE_NIFTI},    {".hdr", SEP_IMAGE_NIFTI},
        {".img", SEP_IMAGE_NIFTI},    {".hdr.gz", SEP_IMAGE_NIFTI}, {".img.gz", SEP_IMAGE_NIFTI},
        {".npy.h5", SEP_IMAGE_HDF5}, /* of the Synapse package that TransUNet published: its lists say "case0001" */
        {".h5", SEP_IMAGE_HDF5},      {".hdf5", SEP_IMAGE_HDF5},    {".png", SEP_IMAGE_PNG},
        {".jpg", SEP_IMAGE_JPEG},     {".jpeg", SEP_IMAGE_JPEG},
};

static const char *const format_names[] = {
    [SEP_IMAGE_UNKNOWN] = "unknown", [SEP_IMAGE_NIFTI] = "NIfTI", [SEP_IMAGE_HDF5] = "HDF5",
    [SEP_IMAGE_PNG] = "PNG",         [SEP_IMAGE_JPEG] = "JPEG",
};

/* In the first `length` bytes of a path. */
static const char *find_suffix(const char *path, size_t length, sep_image_format *format)
{
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        size_t tail = strlen(suffixes[i].suffix);
        if (length > tail && strncasecmp(path + length - tail, suffixes[i].suffix, tail) == 0) {
            *format = suffixes[i].format;
            return path + length - tail;
        }
    }
    *format = SEP_IMAGE_UNKNOWN;
    return NULL;
}

sep_image_format sep_image_format_by_name(const char *path)
{
    sep_image_format format;

    find_suffix(path, strlen(path), &format);
    return format;
}

/* ---- frames of a series ------------------------------------------------------------------------------------------ */

/* The number behind the '#'; -1 where that is no number, or one of more than nine digits. */
static int frame_number(const char *digits)
{
    const size_t count = strspn(digits, "0123456789");

    return count >= 1 && count <= 9 && digits[count] == '\0' ? atoi(digits) : -1;
}

bool sep_image_asks_for_frame(const char *path, size_t *length, int *frame)
{
    const char *mark = strrchr(path, '#');
    sep_image_format format;

    if (!mark || (*frame = frame_number(mark + 1)) < 0)
        return false;
    *length = (size_t)(mark - path);
    find_suffix(path, *length, &format);
    return format == SEP_IMAGE_NIFTI;
}

const char *sep_image_suffix(const char *path)
{
    sep_image_format format;
    size_t length;
    int frame;

    return find_suffix(path, sep_image_asks_for_frame(path, &length, &frame) ? length : strlen(path), &format);
}

/* "_4d" says of the file that it is a series, not of its frames. */
static char *frame_stem(const char *name, int length, int frame)
{
    if (length > 3 && strncasecmp(name + length - 3, "_4d", 3) == 0)
        length -= 3;
    return sep_format("%.*s_frame%02d", length, name, frame);
}

char *sep_image_stem(const char *path)
{
    const char *name = sep_file_name(path), *suffix = sep_image_suffix(name);
    size_t length;
    int frame;

    if (sep_image_asks_for_frame(name, &length, &frame))
        return frame_stem(name, (int)(suffix - name), frame);
    return suffix ? sep_format("%.*s", (int)(suffix - name), name) : sep_strdup(name);
}

char *sep_listed_stem(const char *line)
{
    char *stem = sep_image_stem(line);

    if (stem && strlen(stem) > strlen(".npy") && sep_has_suffix(stem, ".npy"))
        stem[strlen(stem) - strlen(".npy")] = '\0';
    return stem;
}

sep_status sep_image_list(const char *folder, sep_strings *names)
{
    sep_strings files = {0};
    sep_status status = sep_list_folder(folder, "", &files);

    for (int i = 0; i < files.count && status == SEP_OK; i++)
        if (sep_image_suffix(files.item[i]) && !sep_nifti_is_voxels(files.item[i]))
            status = sep_strings_add(names, files.item[i]);
    sep_strings_free(&files);
    return status;
}

/* ---- by content -------------------------------------------------------------------------------------------------- */

/* The magic numbers of the formats. A NIfTI header starts with its own length, 348 (540 in NIfTI-2), in either byte
 * order; nothing but NIfTI is read through gzip. */
static sep_image_format format_by_content(const unsigned char *start, size_t count)
{
    static const struct {
        const char *magic;
        size_t length;
        sep_image_format format;
    } magics[] = {
        {"\x89PNG\r\n\x1a\n", 8, SEP_IMAGE_PNG},  {"\xff\xd8\xff", 3, SEP_IMAGE_JPEG},
        {"\x89HDF\r\n\x1a\n", 8, SEP_IMAGE_HDF5}, {"\x1f\x8b", 2, SEP_IMAGE_NIFTI},
        {"\x5c\x01\x00\x00", 4, SEP_IMAGE_NIFTI}, {"\x00\x00\x01\x5c", 4, SEP_IMAGE_NIFTI},
        {"\x1c\x02\x00\x00", 4, SEP_IMAGE_NIFTI}, {"\x00\x00\x02\x1c", 4, SEP_IMAGE_NIFTI},
    };

    for (size_t i = 0; i < sizeof magics / sizeof *magics; i++)
        if (count >= magics[i].length && memcmp(start, magics[i].magic, magics[i].length) == 0)
            return magics[i].format;
    return SEP_IMAGE_UNKNOWN;
}

/* A pipe could be opened but not read twice, and opening it may take for ever. */
static sep_status check_regular(const char *path)
{
    struct stat info;

    if (stat(path, &info) == 0 && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode))
        return sep_fail(SEP_ERR_IO, "%s: is not a regular file", path);
    return SEP_OK;
}

static sep_status look_inside(const char *path, sep_image_format *format)
{
    unsigned char start[8];

    SEP_TRY(check_regular(path));
    FILE *file = fopen(path, "rb");

    if (!file)
        return sep_fail(SEP_ERR_IO, "%s: can't be opened: %s", path, strerror(errno));
    size_t count = fread(start, 1, sizeof start, file);
    bool failed = ferror(file) != 0;
    int reason = errno;
    fclose(file);
    if (failed)
        return sep_fail(SEP_ERR_IO, "%s: can't be read: %s", path, strerror(reason));
    if (count == 0)
        return sep_fail(SEP_ERR_FORMAT, "%s: the file is empty", path);
    *format = format_by_content(start, count);
    return SEP_OK;
}

static bool is_picture(sep_image_format format)
{
    return format == SEP_IMAGE_PNG || format == SEP_IMAGE_JPEG;
}

bool sep_image_is_picture(const char *path)
{
    return is_picture(sep_image_format_by_name(path));
}

sep_status sep_image_format_of_file(const char *path, sep_image_format *format)
{
    sep_image_format named = sep_image_format_by_name(path), found;

    SEP_TRY(look_inside(path, &found));
    if (sep_nifti_is_voxels(path)) /* which may begin with any bytes */
        found = SEP_IMAGE_NIFTI;
    *format = found != SEP_IMAGE_UNKNOWN ? found : named; /* the named reader says what is wrong with it */
    if (*format == SEP_IMAGE_UNKNOWN)
        return sep_fail(SEP_ERR_FORMAT, "%s: is no NIfTI, HDF5, PNG or JPEG file", path);
    if (named != SEP_IMAGE_UNKNOWN && named != *format && !(is_picture(named) && is_picture(*format)))
        return sep_fail(SEP_ERR_FORMAT, "%s: its name says %s, its content is %s; give it the right suffix", path,
                        format_names[named], format_names[*format]);
    return SEP_OK;
}

sep_status sep_fail_without_nifti(const char *path)
{
    return sep_fail(SEP_ERR_UNSUPPORTED,
                    "%s: this build has no NIfTI; install nifticlib (Debian: libniftiio-dev) and run ./configure again",
                    path);
}
