/* A checkpoint that says anything of itself: two small networks, sound tensors, and the input as what describes them
 * (the first line) and as the settings of the run (the rest). Refused with a text, or a model that segments. */
#include "input_file.h"

#include "model/checkpoint.h"
#include "model/predictor.h"

#include <math.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { STUDENTS = 2, SIDE = 32, CLASSES = 3, MOST_PIXELS = 64 * 64, ONE_IN = 8, MOST_BYTES = 64 << 20 };

static const char *const networks[STUDENTS][2] = {
    {"u-net", "base = 1"},
    {"cs-unet", "base = 4\nblocks = 1\nwindow = 1\nhead_channels = 2"},
};

static void expect(bool holds)
{
    if (!holds)
        abort();
}

/* ---- the checkpoint ---------------------------------------------------------------------------------------------- */

static void write_model(sep_device *device, const char *path)
{
    sep_model_info info = {.students = STUDENTS, .method = (char[]){"cross-teaching"}, .best_dice = -1};
    sep_predictor *predictor;
    sep_store *store;

    for (int i = 0; i < STUDENTS; i++) {
        expect(sep_net_spec_read(networks[i][0], networks[i][1], &info.spec[i]) == SEP_OK);
        info.spec[i].classes = CLASSES;
        info.spec[i].height = info.spec[i].width = SIDE;
        expect(sep_net_complete(&info.spec[i]) == SEP_OK);
    }
    for (int i = 0; i < CLASSES; i++)
        expect(sep_strings_add(&info.class_names, "class") == SEP_OK);
    expect(sep_store_create(device, 1, &store) == SEP_OK);
    expect(sep_predictor_create(store, info.spec, STUDENTS, false, 1, SEP_ZOOM_NEAREST, &predictor) == SEP_OK);
    expect(sep_checkpoint_write(path, store, &info) == SEP_OK);
    sep_predictor_destroy(predictor);
    sep_store_destroy(store);
    sep_strings_free(&info.class_names);
}

/* The tensors of a checkpoint that is made once. */
static const sep_safetensors *tensors(sep_device *device)
{
    static sep_safetensors *file;

    if (file == NULL) {
        const char *path = input_file("whole.safetensors", NULL, 0);

        write_model(device, path);
        expect(sep_safetensors_open(path, &file) == SEP_OK);
    }
    return file;
}

/* False where the notes can't be written: texts in another encoding. */
static bool write_described(const sep_safetensors *whole, const char *path, const char *description,
                            const char *settings)
{
    sep_safetensors_writer *writer = sep_safetensors_writer_create();

    expect(writer != NULL);
    bool written = sep_safetensors_add_note(writer, "septum", description) == SEP_OK &&
                   sep_safetensors_add_note(writer, "settings", settings) == SEP_OK;
    for (int i = 0; i < sep_safetensors_count(whole); i++) {
        const sep_stored_tensor *t = sep_safetensors_at(whole, i);
        expect(sep_safetensors_add(writer, t->name, t->type, &t->shape, t->data) == SEP_OK);
    }
    written = written && sep_safetensors_write(writer, path) == SEP_OK;
    sep_safetensors_writer_destroy(writer);
    return written;
}

/* ---- what is done with it ---------------------------------------------------------------------------------------- */

static void check_info(const sep_model_info *info)
{
    expect(info->students >= 1 && info->students <= STUDENTS);
    expect(info->best.student >= (info->students > 1 ? SEP_ALL_STUDENTS : 0) && info->best.student < info->students);
    expect(info->class_names.count == info->spec[0].classes && info->spec[0].classes == CLASSES);
    expect(info->intensity.rule[0].kind != SEP_INTENSITY_WINDOW ||
           info->intensity.rule[0].low < info->intensity.rule[0].high);
    expect(info->method != NULL && info->settings != NULL && info->iteration >= 0);
}

static void segment(sep_model *model)
{
    const sep_segment_options options = {.answer.student = SEP_ALL_STUDENTS};
    sep_volume volume, probability[CLASSES];
    sep_labels labels;

    expect(sep_volume_create(&volume, 2, 5, 7) == SEP_OK);
    for (int i = 0; i < 2 * 5 * 7; i++)
        volume.data[i] = (float)(i % 11);
    if (sep_model_segment(model, &volume, &options, &labels, probability) == SEP_OK) {
        for (int i = 0; i < 2 * 5 * 7; i++)
            expect(labels.data[i] < CLASSES);
        sep_labels_free(&labels);
        for (int c = 0; c < CLASSES; c++)
            sep_volume_free(&probability[c]);
    }
    sep_volume_free(&volume);
}

static void load(const char *path, sep_device *device)
{
    sep_model *model;

    if (sep_model_load(path, device, &model) != SEP_OK) {
        expect(sep_error_text()[0] != '\0');
        return;
    }
    const sep_model_info *info = sep_model_get_info(model);
    check_info(info);
    if (info->spec[0].height * info->spec[0].width <= MOST_PIXELS)
        segment(model);
    sep_model_destroy(model);
}

/* `loads`: takes a hundred times as long as reading the description. */
static void use(const char *path, sep_device *device, bool loads)
{
    sep_model_info info;

    if (sep_model_describe(path, &info) != SEP_OK) {
        expect(sep_error_text()[0] != '\0');
        return;
    }
    check_info(&info);
    sep_model_info_free(&info);
    if (loads)
        load(path, device);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = sep_calloc(size + 2, 1);
    sep_device *device;

    expect(text != NULL);
    expect(sep_cpu_create(1, NULL, &device) == SEP_OK);
    sep_memory_set_limit(MOST_BYTES);
    memcpy(text, data, size);
    char *settings = text + strcspn(text, "\n");
    if (*settings == '\n')
        *settings++ = '\0';
    const sep_safetensors *whole = tensors(device);
    const char *path = input_file("described.safetensors", NULL, 0);
    if (write_described(whole, path, text, settings))
        use(path, device, size % ONE_IN == 0);
    sep_device_destroy(device);
    sep_free(text);
    return 0;
}
