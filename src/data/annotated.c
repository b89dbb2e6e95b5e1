/* See annotated.h. */
#include "data/annotated.h"

#include "data/label_names.h"

#include <string.h>

typedef struct search {
    bool series; /* take the frames of series */
    sep_catalogue *catalogue;
    int left_out;    /* series */
    char *one_of_it; /* one of those */
    sep_strings predictions;
} search;

/* ---- one folder's files ------------------------------------------------------------------------------------------ */

/* The number of the file of that stem and ending; -1 for none. */
static int find_stem(const sep_strings *stems, const char *stem, const char *ending)
{
    const size_t length = strlen(stem);

    for (int i = 0; i < stems->count; i++)
        if (strncmp(stems->item[i], stem, length) == 0 && strcmp(stems->item[i] + length, ending) == 0)
            return i;
    return -1;
}

static sep_status add_scan(const search *s, const char *folder, const sep_strings *files, const sep_strings *stems,
                           int i)
{
    const int label = find_stem(stems, stems->item[i], SEP_ANNOTATION_ENDING);
    char *label_path = label < 0 ? NULL : sep_format("%s/%s", folder, files->item[label]);

    if (label >= 0 && label_path == NULL)
        return SEP_ERR_MEMORY;
    return sep_catalogue_add(s->catalogue, sep_strdup(stems->item[i]), sep_format("%s/%s", folder, files->item[i]),
                             label_path);
}

/* ---- series ------------------------------------------------------------------------------------------------------ */

static sep_status leave_out(search *s, const char *path)
{
    if (s->left_out++ > 0)
        return SEP_OK;
    s->one_of_it = sep_strdup(path);
    return s->one_of_it != NULL ? SEP_OK : SEP_ERR_MEMORY;
}

/* Where the frame has a file of its own, that one may have a label map, and no frame counts twice. */
static sep_status add_frame(const search *s, const char *path, const sep_strings *stems, int frame)
{
    char *name = sep_format("%s#%d", path, frame), *stem = name != NULL ? sep_image_stem(name) : NULL;

    if (stem == NULL || find_stem(stems, stem, "") >= 0) {
        sep_status status = stem != NULL ? SEP_OK : SEP_ERR_MEMORY;

        sep_free(stem);
        sep_free(name);
        return status;
    }
    SEP_TRY(sep_catalogue_add(s->catalogue, stem, name, NULL));
    s->catalogue->entry[s->catalogue->count - 1].is_frame = true;
    return SEP_OK;
}

static sep_status add_series(search *s, const char *path, const sep_strings *stems, int i, int frames)
{
    if (!s->series)
        return leave_out(s, path);
    if (find_stem(stems, stems->item[i], SEP_ANNOTATION_ENDING) >= 0)
        return sep_fail(SEP_ERR_UNSUPPORTED,
                        "%s: is a series of %d volumes with label maps, which don't say what frames were labelled; "
                        "split both",
                        path, frames);
    for (int frame = 1; frame <= frames; frame++)
        SEP_TRY(add_frame(s, path, stems, frame));
    return SEP_OK;
}

/* ---- all that there is ------------------------------------------------------------------------------------------- */

static sep_status add_file(search *s, const char *folder, const sep_strings *files, const sep_strings *stems, int i)
{
    char *path = sep_format("%s/%s", folder, files->item[i]);
    int frames = 1;

    if (path == NULL)
        return SEP_ERR_MEMORY;
    sep_status status = sep_image_frames(path, &frames);
    if (status == SEP_OK)
        status = frames > 1 ? add_series(s, path, stems, i, frames) : add_scan(s, folder, files, stems, i);
    sep_free(path);
    return status;
}

/* A label map is found from its image. */
static sep_status add_image(search *s, const char *folder, const sep_strings *files, const sep_strings *stems, int i)
{
    if (sep_has_suffix(stems->item[i], SEP_ANNOTATION_ENDING))
        return SEP_OK;
    if (sep_is_prediction(stems, stems->item[i]))
        return sep_strings_add(&s->predictions, files->item[i]);
    return add_file(s, folder, files, stems, i);
}

static sep_status add_folder(search *s, const char *folder)
{
    sep_strings files = {0}, stems = {0};
    sep_status status = sep_image_list(folder, &files);

    if (status == SEP_OK)
        status = sep_image_stems(&files, &stems);
    for (int i = 0; i < files.count && status == SEP_OK; i++)
        status = add_image(s, folder, &files, &stems, i);
    sep_strings_free(&files);
    sep_strings_free(&stems);
    return status;
}

static sep_status add_inner_folders(search *s, const char *folder)
{
    sep_strings names = {0};
    sep_status status = sep_list_folder(folder, "", &names);

    for (int i = 0; i < names.count && status == SEP_OK; i++) {
        char *inner = sep_format("%s/%s", folder, names.item[i]);

        status = inner != NULL ? SEP_OK : SEP_ERR_MEMORY;
        if (status == SEP_OK && sep_folder_exists(inner))
            status = add_folder(s, inner);
        sep_free(inner);
    }
    sep_strings_free(&names);
    return status;
}

sep_status sep_annotated_find(const char *folder, bool series, sep_catalogue *catalogue)
{
    search s = {.series = series, .catalogue = catalogue};
    sep_status status = add_folder(&s, folder);

    if (status == SEP_OK)
        status = add_inner_folders(&s, folder);
    if (status == SEP_OK && s.left_out > 0)
        sep_log(SEP_LOG_INFO, "%s: %d series of frames left out (%s%s); data.series = frames takes them as scans",
                folder, s.left_out, sep_file_name(s.one_of_it), s.left_out > 1 ? ", ..." : "");
    sep_warn_label_maps(folder, &s.predictions);
    if (status == SEP_OK && catalogue->count == 0)
        status = sep_fail(SEP_ERR_IO,
                          "%s: holds neither a folder 'images' with .png, .jpg or .jpeg files nor NAME.nii.gz with "
                          "NAME_gt.nii.gz",
                          folder);
    sep_strings_free(&s.predictions);
    sep_free(s.one_of_it);
    return status;
}
