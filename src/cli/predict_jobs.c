/* The images that septum predict segments, and where their label maps go. */
#include "cli/predict_jobs.h"

#include "cli/targets.h"
#include "data/label_names.h"

#include <string.h>

char *sep_default_output(const char *in)
{
    char *name = sep_case_name(in);
    char *to = name != NULL ? sep_format("%.*s%s_seg.nii.gz", (int)(sep_file_name(in) - in), in, name) : NULL;

    sep_free(name);
    return to;
}

static sep_status add_job(sep_jobs *j, const char *in_folder, const char *file, const char *to_folder,
                          const char *format)
{
    char *name = sep_case_name(file), *in = sep_format("%s/%s", in_folder, file);
    char *to = name != NULL ? sep_format("%s/%s.%s", to_folder, name, format) : NULL;
    sep_status status = in != NULL && to != NULL ? sep_strings_add(&j->in, in) : SEP_ERR_MEMORY;

    if (status == SEP_OK)
        status = sep_strings_add(&j->to, to);
    sep_free(to);
    sep_free(in);
    sep_free(name);
    return status;
}

void sep_jobs_free(sep_jobs *j)
{
    sep_strings_free(&j->in);
    sep_strings_free(&j->to);
}

/* Images whose names differ in the suffix or in "_0000" only would share a label map. */
static sep_status check_outputs(const sep_jobs *j)
{
    sep_strings sorted = {0};
    sep_status status = SEP_OK;

    for (int i = 0; i < j->to.count && status == SEP_OK; i++)
        status = sep_strings_add(&sorted, j->to.item[i]);
    sep_strings_sort(&sorted);
    for (int i = 1; i < sorted.count && status == SEP_OK; i++)
        if (strcmp(sorted.item[i - 1], sorted.item[i]) == 0)
            status = sep_fail(SEP_ERR_ARGUMENT, "%s: two images would be written to this name", sorted.item[i]);
    sep_strings_free(&sorted);
    return status;
}

sep_status sep_jobs_find(sep_jobs *j, const char *in, const char *folder, const char *format, int channels)
{
    sep_strings files = {0}, inputs = {0}, images = {0};

    sep_status status = sep_image_list(in, &files);
    if (status == SEP_OK)
        status = sep_take_images(in, &files, &inputs);
    if (status == SEP_OK)
        status = sep_take_first_channels(in, &inputs, channels, &images);
    for (int i = 0; i < images.count && status == SEP_OK; i++)
        status = add_job(j, in, images.item[i], folder, format);
    sep_strings_free(&images);
    sep_strings_free(&inputs);
    sep_strings_free(&files);
    if (status == SEP_OK && j->in.count == 0)
        status = sep_fail(SEP_ERR_ARGUMENT, "%s: no image in this folder", in);
    return status == SEP_OK ? check_outputs(j) : status;
}
