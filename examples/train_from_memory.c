/* Trains a small U-Net on arrays in memory: bright discs on a noisy ground. No file is read or written. */
#include <septum.h>

#include <stdio.h>

enum { SCANS = 6, SIZE = 32 };

static sep_status draw(int index, sep_volume *image, sep_labels *label)
{
    sep_random random = {.seed = 1, .stream = sep_stream("discs"), .iteration = (uint32_t)index};
    int cx = 10 + (int)sep_random_below(&random, 0, 12), cy = 10 + (int)sep_random_below(&random, 1, 12);

    SEP_TRY(sep_volume_create(image, 2, SIZE, SIZE));
    SEP_TRY(sep_labels_create(label, 2, SIZE, SIZE));
    for (int i = 0; i < 2 * SIZE * SIZE; i++) {
        int dx = i % SIZE - cx, dy = i / SIZE % SIZE - cy;
        label->data[i] = dx * dx + dy * dy < 36;
        image->data[i] = 0.5f * (float)label->data[i] + 0.5f * sep_random_uniform(&random, (uint64_t)i + 2);
    }
    return SEP_OK;
}

static sep_status train(sep_train_result *result)
{
    sep_train_config config = {.method = sep_method_find("supervised"),
                               .students = 1,
                               .iterations = 60,
                               .validate_every = 60,
                               .checkpoint_every = 60,
                               .log_every = 60,
                               .cross_entropy_weight = 0.5f,
                               .batch = {.height = SIZE, .width = SIZE, .labelled_batch = 4}};
    sep_volume image[SCANS];
    sep_labels label[SCANS];
    sep_dataset *dataset = NULL;
    sep_device *device = NULL;

    SEP_TRY(sep_net_spec_read("u-net", "base = 4", &config.student[0].net));
    config.student[0].net.height = config.student[0].net.width = SIZE;
    config.student[0].optimiser = sep_optimiser_default(SEP_ADAMW);
    config.student[0].schedule = (sep_schedule){.rate = 5e-3, .power = 0.9};
    for (int i = 0; i < SCANS; i++)
        SEP_TRY(draw(i, &image[i], &label[i]));
    SEP_TRY(sep_dataset_from_memory(2, image, label, SCANS - 2, 2, &dataset));
    sep_status status = sep_cpu_create(0, NULL, &device);
    if (status == SEP_OK)
        status = sep_train(&config, dataset, device, NULL, NULL, false, result);
    sep_device_destroy(device);
    sep_dataset_destroy(dataset);
    return status;
}

int main(void)
{
    sep_train_result result;

    if (train(&result) != SEP_OK) {
        fprintf(stderr, "train_from_memory: %s\n", sep_error_text());
        return 1;
    }
    printf("Dice of the discs: %.3f\n", result.best_dice);
    return result.best_dice > 0.8 ? 0 : 1;
}
