/* The two files of a NIfTI pair: NAME.hdr and NAME.img, either of them perhaps in gzip. */
#include "image/formats.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static bool is_half(const char *path, const char *half)
{
    const char *suffix = sep_image_suffix(path);

    return suffix && strncasecmp(suffix + 1, half, 3) == 0;
}

bool sep_nifti_is_pair(const char *path)
{
    return is_half(path, "hdr") || is_half(path, "img");
}

bool sep_nifti_is_voxels(const char *path)
{
    return is_half(path, "img");
}

/* NAME.HALF where that is there; else NULL, and *status says whether for want of memory. */
static char *existing(const char *path, int stem, const char *half, const char *packing, sep_status *status)
{
    char *name = sep_format("%.*s.%s%s", stem, path, half, packing);

    if (!name)
        *status = SEP_ERR_MEMORY;
    if (name && sep_file_exists(name))
        return name;
    sep_free(name);
    return NULL;
}

sep_status sep_nifti_find_half(const char *path, const char *half, char **found)
{
    const char *suffix = sep_image_suffix(path);
    const int stem = (int)(suffix - path);
    const bool is_loud = isupper((unsigned char)suffix[1]) != 0, is_packed = strlen(suffix) > 4;
    const char *name = !is_loud ? half : half[0] == 'h' ? "HDR" : "IMG", *gz = is_loud ? ".GZ" : ".gz";
    sep_status status = SEP_OK;

    if (is_half(path, half)) {
        *found = sep_strdup(path);
        return *found ? SEP_OK : SEP_ERR_MEMORY;
    }
    *found = existing(path, stem, name, is_packed ? gz : "", &status);
    if (!*found && status == SEP_OK)
        *found = existing(path, stem, name, is_packed ? "" : gz, &status);
    if (*found || status != SEP_OK)
        return status;
    return sep_fail(SEP_ERR_IO, "%s: is one half of a NIfTI pair, but there is no %.*s.%s beside it", path, stem, path,
                    name);
}
