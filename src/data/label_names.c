/* See label_names.h. */
#include "data/label_names.h"

#include <string.h>

#define PREDICTION_ENDING "_seg"
#define FIRST_CHANNEL     "_0000"

sep_status sep_image_stems(const sep_strings *files, sep_strings *stems)
{
    for (int i = 0; i < files->count; i++) {
        char *stem = sep_image_stem(files->item[i]);
        sep_status status = stem != NULL ? sep_strings_add(stems, stem) : SEP_ERR_MEMORY;

        sep_free(stem);
        SEP_TRY(status);
    }
    return SEP_OK;
}

/* What follows the image's name and the ending in a stem; NULL: the stem is none of these. */
static const char *behind(const char *stem, const char *image, const char *ending)
{
    const size_t all = strlen(image), channel = strlen(FIRST_CHANNEL), end = strlen(ending);
    const bool numbered = all > channel && strcmp(image + all - channel, FIRST_CHANNEL) == 0;
    const size_t length = numbered ? all - channel : all;

    if (strncmp(stem, image, length) != 0 || strncmp(stem + length, ending, end) != 0)
        return NULL;
    return stem + length + end;
}

bool sep_is_prediction(const sep_strings *stems, const char *stem)
{
    for (int i = 0; i < stems->count; i++) {
        const char *rest = behind(stem, stems->item[i], PREDICTION_ENDING);

        if (rest != NULL && (*rest == '\0' || *rest == '_'))
            return true;
    }
    return false;
}

bool sep_is_annotation(const sep_strings *stems, const char *stem)
{
    for (int i = 0; i < stems->count; i++) {
        const char *rest = behind(stem, stems->item[i], SEP_ANNOTATION_ENDING);

        if (rest != NULL && *rest == '\0')
            return true;
    }
    return false;
}

void sep_warn_label_maps(const char *folder, const sep_strings *left_out)
{
    if (left_out->count > 0)
        sep_log(SEP_LOG_WARNING, "%s: %d file%s left out (%s%s), named as label maps of the images beside them", folder,
                left_out->count, left_out->count == 1 ? " is" : "s are", left_out->item[0],
                left_out->count == 1 ? "" : ", ...");
}

sep_status sep_take_images(const char *folder, const sep_strings *files, sep_strings *images)
{
    sep_strings stems = {0}, left_out = {0};
    sep_status status = sep_image_stems(files, &stems);

    for (int i = 0; i < files->count && status == SEP_OK; i++) {
        const char *stem = stems.item[i];
        const bool is_map = sep_is_prediction(&stems, stem) || sep_is_annotation(&stems, stem);
        status = sep_strings_add(is_map ? &left_out : images, files->item[i]);
    }
    sep_warn_label_maps(folder, &left_out);
    sep_strings_free(&left_out);
    sep_strings_free(&stems);
    return status;
}

sep_status sep_list_label_maps(const char *folder, sep_strings *labels)
{
    sep_strings files = {0}, stems = {0};
    bool beside_images = false;
    sep_status status = sep_image_list(folder, &files);

    if (status == SEP_OK)
        status = sep_image_stems(&files, &stems);
    for (int i = 0; i < stems.count && !beside_images; i++)
        beside_images = sep_is_annotation(&stems, stems.item[i]);
    for (int i = 0; i < files.count && status == SEP_OK; i++)
        if (!beside_images || sep_has_suffix(stems.item[i], SEP_ANNOTATION_ENDING))
            status = sep_strings_add(labels, files.item[i]);
    sep_strings_free(&stems);
    sep_strings_free(&files);
    return status;
}
