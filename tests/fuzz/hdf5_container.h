/* For targets that damage files of HDF5: one that was built is kept as bytes, opened in memory, changed, taken out. */
#ifndef SEPTUM_TESTS_FUZZ_HDF5_CONTAINER_H
#define SEPTUM_TESTS_FUZZ_HDF5_CONTAINER_H

#include "input_file.h"
#include "septum/image.h"
#include "septum/registration_pairs.h"

#include <hdf5.h>
#include <string.h>

enum { CONTAINER_VOLUMES = 4 };

typedef struct container {
    void *bytes;
    size_t count;
} container;

static const sep_registration_options container_options = {.kind = SEP_DEFORMABLE, .levels = 1};

static void must(bool holds)
{
    if (!holds)
        abort();
}

static sep_volume container_volume(int depth, int height, int width)
{
    sep_volume volume;

    must(sep_volume_create(&volume, depth, height, width) == SEP_OK);
    for (int i = 0; i < depth * height * width; i++)
        volume.data[i] = (float)(i * 7 % 31);
    must(sep_volume_set_spacing(&volume, (const float[3]){1.5f, 1.5f, 8.0f}) == SEP_OK);
    return volume;
}

/* A spline of few nodes, in memory of its own (sep_spatial_free). */
static void bend(sep_pair *pair, int nodes)
{
    sep_spline *spline = &pair->transform.spline;
    const size_t all = (size_t)(nodes * 4 * 4);

    spline->size[0] = nodes;
    spline->size[1] = spline->size[2] = 4;
    for (int c = 0; c < 3; c++) {
        spline->to_world[c][c] = 2.0;
        spline->coefficient[c] = sep_calloc(all, sizeof(double));
        must(spline->coefficient[c] != NULL);
        for (size_t i = 0; i < all; i++)
            spline->coefficient[c][i] = (double)(i % 5) * 0.25;
    }
}

/* A file of pairs, half of them with splines, at `path`. */
static void write_pairs(const char *path, const sep_volume *volume)
{
    sep_pairs *set;
    int index;

    must(sep_pairs_open(NULL, &container_options, &set) == SEP_OK);
    for (int i = 0; i < CONTAINER_VOLUMES; i++)
        must(sep_pairs_add_volume(set, (const char[]){(char)('a' + i), '\0'}, volume, i < 2, -1, &index) == SEP_OK);
    for (int i = 0; i < CONTAINER_VOLUMES; i++) {
        must(sep_pairs_want(set, i, (i + 1) % CONTAINER_VOLUMES) == SEP_OK);
        set->pair[i].state = SEP_PAIR_DONE;
        if (i % 2 == 0)
            bend(&set->pair[i], 4 + i);
    }
    must(sep_pairs_write(set, path) == SEP_OK);
    sep_pairs_free(set);
}

static container take_file(const char *path)
{
    container whole;

    must(sep_file_read(path, &whole.bytes, &whole.count) == SEP_OK);
    return whole;
}

/* Reads the file and uses what it says. */
static void use_pairs(const char *path, sep_volume *volume)
{
    const sep_selection selection = {0};
    const sep_pair *ranked[CONTAINER_VOLUMES];
    sep_pairs *set;
    int index;

    if (sep_pairs_open(path, &container_options, &set) != SEP_OK) {
        must(sep_error_text()[0] != '\0');
        return;
    }
    for (int i = 0; i < set->volumes; i++)
        must(sep_pairs_ranked(set, i, ranked, CONTAINER_VOLUMES) <= CONTAINER_VOLUMES);
    if (sep_pairs_add_volume(set, "a", volume, true, -1, &index) == SEP_OK)
        must(sep_pairs_select(set, &selection) == SEP_OK);
    sep_pairs_free(set);
}

#endif
