/* Phantoms by name, and images. */
#include "bench/volumes.h"

#include "septum/data.h"

#include <stdio.h>
#include <string.h>

enum { SEED = 1, LONGEST_NAME = 48 };

/* `ct` has the size of a clinical scan of the abdomen. */
static const struct phantom {
    const char *name;
    bool heart;
    int size, slices;
} phantoms[BENCH_PHANTOMS] = {
    {"cardiac", true, 128, 0},
    {"abdomen", false, 128, 0},
    {"ct", false, 512, 148},
};

const char *const bench_phantom_names[BENCH_PHANTOMS] = {"cardiac", "abdomen", "ct"};

static const struct phantom *find(const char *name)
{
    for (int i = 0; i < BENCH_PHANTOMS; i++)
        if (strcmp(phantoms[i].name, name) == 0)
            return &phantoms[i];
    return NULL;
}

bool bench_is_phantom(const char *name)
{
    return find(name) != NULL;
}

/* Another size than the usual one brings the number of slices that goes with it. */
static sep_status make_phantom(const struct phantom *phantom, int size, int patient, sep_volume *volume)
{
    const sep_phantom_config config = {
        .size = size > 0 ? size : phantom->size, .slices = size > 0 ? 0 : phantom->slices, .seed = SEED};
    sep_labels labels;

    SEP_TRY(phantom->heart ? sep_phantom_cardiac(&config, patient, SEP_END_DIASTOLE, volume, &labels)
                           : sep_phantom_abdomen(&config, patient, volume, &labels));
    sep_labels_free(&labels);
    return SEP_OK;
}

sep_status bench_volume_load(const bench_volume_source *source, int patient, sep_volume *volume)
{
    const struct phantom *phantom = find(source->name);

    return phantom ? make_phantom(phantom, source->size, patient, volume) : sep_volume_read(source->name, volume);
}

void bench_volume_word(const bench_volume_source *source, const sep_volume *volume, char word[BENCH_WORD])
{
    const char *name = sep_file_name(source->name);
    const size_t length = strcspn(name, ".");

    snprintf(word, BENCH_WORD, "%.*s-%dx%dx%d", (int)(length < LONGEST_NAME ? length : LONGEST_NAME), name,
             volume->width, volume->height, volume->depth);
}
