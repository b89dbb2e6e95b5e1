/* Runs the first steps of a training and writes what they saw and gave, so that the same method in PyTorch can be put
 * through them (replay_run.py).
 *
 *     record_run CONFIG.ini STEPS OUT.safetensors [SECTION.KEY=VALUE]...
 *
 * In OUT: `start.<tensor>` and `end.<tensor>`, the parameters before and after; `images` [T, N, H, W, C], `labels`
 * [T, N, H, W], `values` [T, V], what the method has the host say, in its order; `rates` [T, students]; `losses`
 * [T, terms]. Streams of the loader are not kept. */
#include "septum/safetensors.h"
#include "septum/train.h"
#include "train/stages.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_VALUES = 64 };

#define MUST(call)                                                                                                     \
    do {                                                                                                               \
        if ((call) != SEP_OK) {                                                                                        \
            fprintf(stderr, "record_run: %s\n", sep_error_text());                                                     \
            exit(1);                                                                                                   \
        }                                                                                                              \
    } while (0)

static void *room(size_t count, size_t size)
{
    void *memory = calloc(count, size);

    if (memory == NULL) {
        fprintf(stderr, "record_run: no memory\n");
        exit(1);
    }
    return memory;
}

/* A copy, since the writer keeps pointers until the end. */
static void add_parameters(sep_safetensors_writer *writer, const sep_store *store, const char *when)
{
    for (int i = 0; i < sep_store_count(store); i++) {
        const sep_tensor *tensor = sep_store_tensor(store, i);
        char name[256];

        if (tensor->role != SEP_ROLE_PARAMETER)
            continue;
        float *values = room((size_t)sep_shape_count(&tensor->shape), sizeof *values);
        MUST(sep_tensor_read(store, tensor, values));
        snprintf(name, sizeof name, "%s.%s", when, tensor->name);
        MUST(sep_safetensors_add(writer, name, SEP_STORED_F32, &tensor->shape, values));
    }
}

/* How many values of the host the recording has room for, and those of one iteration. */
static int values_of(const sep_train_config *config, const sep_step *step, int64_t iteration, float *values)
{
    sep_moment now = sep_step_moment(config, iteration, 0);
    int count = 0;

    for (int i = 0; i < step->host_values; i++) {
        int64_t more = sep_shape_count(sep_node_shape(step->host_value[i].node));
        if (count + more > MOST_VALUES)
            continue;
        now.stream = step->host_value[i].stream;
        step->host_value[i].value(&now, values + count, more);
        count += (int)more;
    }
    return count;
}

typedef struct recording {
    float *images, *values, *rates, *losses;
    int32_t *labels;
} recording;

static void record(const sep_train_config *config, const sep_dataset *dataset, sep_stages *stages, int steps,
                   sep_safetensors_writer *writer)
{
    const sep_step *step = &stages->graph[0].step;
    const sep_batch_config *b = &config->batch;
    const int count = b->labelled_batch + b->unlabelled_batch, channels = sep_node_shape(step->image)->dim[3];
    const size_t pixels = (size_t)count * (size_t)b->height * (size_t)b->width, image = pixels * (size_t)channels;
    float said[MOST_VALUES];
    const int values = values_of(config, step, 0, said);
    recording r = {.images = room((size_t)steps * image, sizeof(float)),
                   .labels = room((size_t)steps * pixels, sizeof(int32_t)),
                   .values = room((size_t)(steps * MOST_VALUES), sizeof(float)),
                   .rates = room((size_t)(steps * config->students), sizeof(float)),
                   .losses = room((size_t)(steps * step->terms), sizeof(float))};
    sep_batch_config batches;
    sep_loader *loader;

    MUST(sep_stages_batches(stages, &batches));
    MUST(sep_loader_create(dataset, &batches, 0, &loader));
    for (int t = 0; t < steps; t++) {
        const sep_batch *batch;
        double rates[SEP_MAX_STUDENTS];

        MUST(sep_loader_next(loader, &batch));
        memcpy(r.images + (size_t)t * image, batch->image, image * sizeof(float));
        memcpy(r.labels + (size_t)t * pixels, batch->label, pixels * sizeof(int32_t));
        values_of(config, step, t, r.values + t * values);
        MUST(sep_stages_run(stages, batch, t, rates));
        MUST(sep_stages_read_terms(stages));
        memcpy(r.losses + t * step->terms, stages->terms[0], (size_t)step->terms * sizeof(float));
        for (int i = 0; i < config->students; i++)
            r.rates[t * config->students + i] = (float)rates[i];
    }
    sep_loader_destroy(loader);
    MUST(sep_safetensors_add(writer, "images", SEP_STORED_F32, &SEP_SHAPE(steps, count, b->height, b->width * channels),
                             r.images));
    MUST(
        sep_safetensors_add(writer, "labels", SEP_STORED_I32, &SEP_SHAPE(steps, count, b->height, b->width), r.labels));
    MUST(sep_safetensors_add(writer, "values", SEP_STORED_F32, &SEP_SHAPE(steps, values), r.values));
    MUST(sep_safetensors_add(writer, "rates", SEP_STORED_F32, &SEP_SHAPE(steps, config->students), r.rates));
    MUST(sep_safetensors_add(writer, "losses", SEP_STORED_F32, &SEP_SHAPE(steps, step->terms), r.losses));
}

int main(int argc, char **argv)
{
    sep_options *options = sep_options_create();
    sep_safetensors_writer *writer = sep_safetensors_writer_create();
    sep_train_config config;
    sep_dataset *dataset;
    sep_device *device;
    sep_store *store;
    sep_stages stages;

    if (argc < 4 || options == NULL || writer == NULL) {
        fprintf(stderr, "usage: record_run CONFIG.ini STEPS OUT.safetensors [SECTION.KEY=VALUE]...\n");
        return 1;
    }
    MUST(sep_options_load(options, argv[1]));
    for (int i = 4; i < argc; i++)
        MUST(sep_options_set(options, argv[i]));
    MUST(sep_train_config_read(options, &config));
    MUST(sep_dataset_load(&config.data, &dataset));
    MUST(sep_cpu_create(1, NULL, &device));
    MUST(sep_store_create(device, config.seed, &store));
    MUST(sep_stages_build(&config, dataset->classes, store, &stages));
    MUST(sep_stages_compile(&stages));
    add_parameters(writer, store, "start");
    record(&config, dataset, &stages, atoi(argv[2]), writer);
    add_parameters(writer, store, "end");
    MUST(sep_safetensors_write(writer, argv[3]));
    return 0;
}
