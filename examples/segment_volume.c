/* Loads a trained model and segments one volume: segment_volume MODEL.safetensors IN.nii.gz OUT.nii.gz */
#include <septum.h>

#include <stdio.h>

static sep_status segment(const char *model_path, const char *in, const char *out)
{
    sep_segment_options how = {.answer.student = SEP_ALL_STUDENTS};
    sep_device *device = NULL;
    sep_model *model = NULL;
    sep_volume volume = {0};
    sep_labels labels = {0};

    sep_status status = sep_cpu_create(0, NULL, &device);
    if (status == SEP_OK)
        status = sep_model_load(model_path, device, &model);
    if (status == SEP_OK)
        status = sep_volume_read(in, &volume);
    if (status == SEP_OK)
        status = sep_model_segment(model, &volume, &how, &labels, NULL);
    if (status == SEP_OK)
        status = sep_labels_write(out, &labels);
    sep_labels_free(&labels);
    sep_volume_free(&volume);
    sep_model_destroy(model);
    sep_device_destroy(device);
    return status;
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: segment_volume MODEL.safetensors IN.nii.gz OUT.nii.gz\n");
        return 2;
    }
    if (segment(argv[1], argv[2], argv[3]) == SEP_OK)
        return 0;
    fprintf(stderr, "segment_volume: %s\n", sep_error_text());
    return 1;
}
