/* Files of registered pairs whose tables say anything: indices, states, matrices, ranks, names without an end.
 *
 * The input is a recipe: a small set is made, bytes of its rows are replaced, and septum writes and reads that. */
#include "config.h"
#include "septum/registration_pairs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#if SEP_HAVE_HDF5

#include "input_file.h"

#include <string.h>

enum { VOLUMES = 4 };

static const sep_registration_options options = {.kind = SEP_AFFINE, .levels = 1};

static void expect(bool holds)
{
    if (!holds)
        abort();
}

static sep_pairs *make_set(sep_volume *volume)
{
    sep_pairs *set;
    int index;

    expect(sep_pairs_open(NULL, &options, &set) == SEP_OK);
    for (int i = 0; i < VOLUMES; i++) {
        const char name[2] = {(char)('a' + i), '\0'};

        expect(sep_pairs_add_volume(set, name, volume, i < 2, -1, &index) == SEP_OK);
    }
    for (int i = 0; i < VOLUMES; i++)
        expect(sep_pairs_want(set, i, (i + 1) % VOLUMES) == SEP_OK);
    return set;
}

/* Each four bytes of the input: a row, a place in it, what is written there, how often. */
static void damage(void *rows, size_t bytes, const uint8_t *at, const uint8_t *end)
{
    for (; end - at >= 4; at += 4) {
        const size_t first = ((size_t)at[0] * 256 + at[1]) % bytes, count = (size_t)at[3] % 8 + 1;

        memset((char *)rows + first, at[2], first + count <= bytes ? count : bytes - first);
    }
}

/* Reads the file and uses what it says. */
static void read_back(const char *path, sep_volume *volume)
{
    const sep_selection selection = {0};
    const sep_pair *ranked[VOLUMES];
    sep_pairs *set;
    int index;

    if (sep_pairs_open(path, &options, &set) != SEP_OK)
        return;
    expect(set->volumes == VOLUMES);
    for (int i = 0; i < VOLUMES; i++)
        expect(sep_pairs_ranked(set, i, ranked, VOLUMES) <= VOLUMES);
    if (sep_pairs_add_volume(set, "a", volume, true, -1, &index) == SEP_OK)
        expect(sep_pairs_select(set, &selection) == SEP_OK);
    sep_pairs_free(set);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *path = input_file("input.h5", NULL, 0);
    sep_volume volume;

    expect(sep_volume_create(&volume, 1, 2, 2) == SEP_OK);
    sep_pairs *set = make_set(&volume);
    sep_pair kept[VOLUMES];
    memcpy(kept, set->pair, sizeof kept);
    if (size > 0 && data[0] % 2 == 0)
        damage(set->pair, VOLUMES * sizeof *set->pair, data + 1, data + size);
    else if (size > 0)
        damage(set->volume, VOLUMES * sizeof *set->volume, data + 1, data + size);
    for (int i = 0; i < VOLUMES; i++) { /* memory is not the file's to damage */
        memset(&set->pair[i].transform.spline, 0, sizeof set->pair[i].transform.spline);
        memset(&set->pair[i].transform.field, 0, sizeof set->pair[i].transform.field);
    }
    expect(sep_pairs_write(set, path) == SEP_OK);
    memcpy(set->pair, kept, sizeof kept);
    sep_pairs_free(set);
    read_back(path, &volume);
    sep_volume_free(&volume);
    return 0;
}

#else

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    (void)data;
    (void)size;
    return 0;
}

#endif
