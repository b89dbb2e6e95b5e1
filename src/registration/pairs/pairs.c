/* A set of registered pairs in memory: volumes by name, pairs by their two volumes. */
#include "registration/pairs/pairs_file.h"

#include <stdio.h>
#include <string.h>

/* ---- room -------------------------------------------------------------------------------------------------------- */

static int doubled(int capacity, int wanted)
{
    const int twice = capacity > 0 ? 2 * capacity : 64;

    return twice > wanted ? twice : wanted;
}

void sep_pairs_note_place(sep_pairs *set, int pair)
{
    const sep_pair *p = &set->pair[pair];

    set->place[(size_t)p->fixed * (size_t)set->volume_capacity + (size_t)p->moving] = pair + 1;
}

static sep_status reserve_volumes(sep_pairs *set, int wanted)
{
    const int capacity = doubled(set->volume_capacity, wanted);
    int *place = sep_calloc((size_t)capacity * (size_t)capacity, sizeof *place);
    void *volume =
        place == NULL ? NULL : sep_grown(set->volume, (size_t)set->volumes, (size_t)capacity, sizeof *set->volume);

    if (volume == NULL) {
        sep_free(place);
        return SEP_ERR_MEMORY;
    }
    sep_free(set->place);
    set->place = place;
    set->volume = volume;
    set->volume_capacity = capacity;
    for (int i = 0; i < set->pairs; i++)
        sep_pairs_note_place(set, i);
    return SEP_OK;
}

sep_status sep_pairs_reserve(sep_pairs *set, int volumes, int pairs)
{
    if (set->volumes + volumes > set->volume_capacity)
        SEP_TRY(reserve_volumes(set, set->volumes + volumes));
    if (set->pairs + pairs <= set->pair_capacity)
        return SEP_OK;
    const int capacity = doubled(set->pair_capacity, set->pairs + pairs);
    void *pair = sep_grown(set->pair, (size_t)set->pairs, (size_t)capacity, sizeof *set->pair);

    if (pair == NULL)
        return SEP_ERR_MEMORY;
    set->pair = pair;
    set->pair_capacity = capacity;
    return SEP_OK;
}

/* ---- options ----------------------------------------------------------------------------------------------------- */

static void word_of(const sep_column *column, int value, char *text, size_t size)
{
    const char *word = column->words;

    for (int i = 0; i < value && strchr(word, '|') != NULL; i++)
        word = strchr(word, '|') + 1;
    snprintf(text, size, "%.*s", (int)strcspn(word, "|"), word);
}

static void show(const sep_column *column, const void *options, char *text, size_t size)
{
    const void *value = (const char *)options + column->offset;
    uint64_t wide;
    double real;
    int whole;

    switch (column->kind) {
    case SEP_COLUMN_UINT64:
        memcpy(&wide, value, sizeof wide);
        snprintf(text, size, "%llu", (unsigned long long)wide);
        break;
    case SEP_COLUMN_DOUBLE:
        memcpy(&real, value, sizeof real);
        snprintf(text, size, "%.17g", real);
        break;
    default:
        memcpy(&whole, value, sizeof whole);
        if (column->words != NULL)
            word_of(column, whole, text, size);
        else
            snprintf(text, size, "%d", whole);
    }
}

/* As it is asked for: short, and 0 where a weight is none. */
static void spell(const sep_column *column, const void *options, char *text, size_t size)
{
    double real;

    if (column->kind != SEP_COLUMN_DOUBLE) {
        show(column, options, text, size);
        return;
    }
    memcpy(&real, (const char *)options + column->offset, sizeof real);
    snprintf(text, size, "%.15g", real > 0.0 ? real : 0.0);
}

static sep_status refuse(const char *path, const sep_column *column, const sep_registration_options *kept,
                         const sep_registration_options *asked)
{
    char was[64], is[64];

    spell(column, kept, was, sizeof was);
    spell(column, asked, is, sizeof is);
    return sep_fail(SEP_ERR_ARGUMENT, "%s: was made with %s %s, not %s: give the same options, or another file", path,
                    column->asked != NULL ? column->asked : column->name, was, is);
}

static sep_status check_options(const char *path, const sep_registration_options *kept,
                                const sep_registration_options *asked)
{
    for (int i = 0; i < sep_options_table.columns; i++) {
        const sep_column *column = &sep_options_table.column[i];
        char was[64], is[64];

        show(column, kept, was, sizeof was);
        show(column, asked, is, sizeof is);
        if (strcmp(was, is) != 0)
            return refuse(path, column, kept, asked);
    }
    return SEP_OK;
}

uint64_t sep_registration_options_hash(const sep_registration_options *options)
{
    uint64_t hash = SEP_HASH_START;
    char text[64];

    for (int i = 0; i < sep_options_table.columns; i++) {
        show(&sep_options_table.column[i], options, text, sizeof text);
        hash = sep_hash(hash, text, strlen(text) + 1);
    }
    return hash;
}

/* Files of B-splines from before kept auto where that came to yes. */
static void settle_tilt(sep_registration_options *options)
{
    options->tilt = sep_registration_tilt(options);
}

/* ---- a set ------------------------------------------------------------------------------------------------------- */

static sep_status open_file(const char *path, const sep_registration_options *options, sep_pairs *set)
{
    SEP_TRY(sep_pairs_read(path, set));
    settle_tilt(&set->options);
    return options != NULL ? check_options(path, &set->options, options) : SEP_OK;
}

static sep_status open_set(const char *path, const sep_registration_options *options, sep_pairs *set)
{
    sep_registration_options how = *options;

    settle_tilt(&how);
    if (path != NULL && sep_file_exists(path))
        SEP_TRY(open_file(path, &how, set));
    set->options = how;
    return SEP_OK;
}

sep_status sep_pairs_open(const char *path, const sep_registration_options *options, sep_pairs **set)
{
    *set = sep_calloc(1, sizeof **set);
    if (*set == NULL)
        return SEP_ERR_MEMORY;
    sep_status status = options != NULL ? open_set(path, options, *set) : open_file(path, NULL, *set);
    if (status != SEP_OK) {
        sep_pairs_free(*set);
        *set = NULL;
    }
    return status;
}

void sep_pairs_free(sep_pairs *set)
{
    if (set == NULL)
        return;
    for (int i = 0; i < set->pairs; i++)
        sep_spatial_free(&set->pair[i].transform);
    sep_free(set->pair);
    for (int i = 0; i < set->volumes; i++)
        sep_free(set->volume[i].volume);
    sep_free(set->volume);
    sep_free(set->place);
    sep_free(set);
}

int sep_pairs_find_volume(const sep_pairs *set, const char *name)
{
    for (int i = 0; i < set->volumes; i++)
        if (strcmp(set->volume[i].name, name) == 0)
            return i;
    return -1;
}

static sep_status new_volume(sep_pairs *set, const char *name, const sep_volume *volume, int same_case)
{
    SEP_TRY(sep_pairs_reserve(set, 1, 0));
    sep_pairs_volume *v = &set->volume[set->volumes];
    *v = (sep_pairs_volume){.hash = sep_volume_hash(volume),
                            .size = {volume->width, volume->height, volume->depth},
                            .of_case = same_case >= 0 ? set->volume[same_case].of_case : set->volumes};
    snprintf(v->name, sizeof v->name, "%s", name);
    memcpy(v->affine, volume->affine, sizeof v->affine);
    set->volumes++;
    return SEP_OK;
}

sep_status sep_pairs_add_volume(sep_pairs *set, const char *name, const sep_volume *volume, bool labelled,
                                int same_case, int *index)
{
    if (strlen(name) >= SEP_PAIRS_NAME)
        return sep_fail(SEP_ERR_ARGUMENT, "'%s': a name of more than %d bytes", name, SEP_PAIRS_NAME - 1);
    *index = sep_pairs_find_volume(set, name);
    if (*index < 0) {
        SEP_TRY(new_volume(set, name, volume, same_case));
        *index = set->volumes - 1;
    } else if (set->volume[*index].hash != sep_volume_hash(volume)) {
        return sep_fail(SEP_ERR_ARGUMENT,
                        "%s: is another volume now than when its registrations were kept: name another file for them",
                        name);
    }
    sep_pairs_volume *v = &set->volume[*index];
    if (same_case >= 0)
        v->of_case = set->volume[same_case].of_case;
    v->labelled = labelled || (v->volume != NULL && v->labelled);
    if (v->volume == NULL)
        v->volume = sep_malloc(1, sizeof *v->volume);
    if (v->volume == NULL)
        return SEP_ERR_MEMORY;
    *v->volume = *volume;
    v->volume->borrowed = true;
    return SEP_OK;
}

sep_pair *sep_pairs_find(const sep_pairs *set, int fixed, int moving)
{
    const int place = set->place[(size_t)fixed * (size_t)set->volume_capacity + (size_t)moving];

    return place > 0 ? &set->pair[place - 1] : NULL;
}

sep_status sep_pairs_want(sep_pairs *set, int fixed, int moving)
{
    if (fixed == moving)
        return sep_fail(SEP_ERR_ARGUMENT, "%s: is not registered to itself", set->volume[fixed].name);
    if (sep_pairs_find(set, fixed, moving) != NULL)
        return SEP_OK;
    SEP_TRY(sep_pairs_reserve(set, 0, 1));
    sep_pair *pair = &set->pair[set->pairs];
    *pair = (sep_pair){.fixed = fixed, .moving = moving, .rank = -1};
    sep_spatial_identity(&pair->transform);
    sep_pairs_note_place(set, set->pairs++);
    return SEP_OK;
}
