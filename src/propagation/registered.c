/* Registered label maps of unlabelled training scans: the files, and whether they are still those that would be made.
 */
#include "propagation/registered.h"
#include "propagation/propagation.h"

#include <string.h>

static uint64_t hash_number(uint64_t hash, uint64_t number)
{
    return sep_hash(hash, &number, sizeof number);
}

static uint64_t hash_real(uint64_t hash, double real)
{
    return sep_hash(hash, &real, sizeof real);
}

static uint64_t hash_options(const sep_propagation_options *o)
{
    uint64_t hash = hash_number(sep_registration_options_hash(&o->registration), (uint64_t)o->voters);

    hash = hash_number(hash, (uint64_t)o->weights);
    hash = hash_number(hash, o->selection.published);
    hash = hash_real(hash_real(hash, o->selection.rmse_weight), o->selection.mi_weight);
    hash = hash_number(hash, (uint64_t)o->selection.shortlist);
    return o->selection.random ? hash_number(hash, o->selection.seed) : hash;
}

uint64_t sep_registered_key(const sep_dataset *dataset, const sep_propagation_options *options, int scan)
{
    uint64_t hash = hash_number(hash_options(options), dataset->scan[scan].image_hash);

    for (int i = 0; i < dataset->training; i++) {
        const sep_scan *from = &dataset->scan[i];

        if (!from->labelled || from->group == dataset->scan[scan].group)
            continue;
        hash = sep_hash(hash, from->name, strlen(from->name) + 1);
        hash = hash_number(hash_number(hash, from->image_hash), from->label_hash);
    }
    return hash;
}

uint64_t sep_registered_hash(const sep_dataset *dataset, const sep_propagation_options *options)
{
    uint64_t hash = SEP_HASH_START;

    for (int i = 0; i < dataset->training; i++)
        if (!dataset->scan[i].labelled)
            hash = hash_number(hash, sep_registered_key(dataset, options, i));
    return hash;
}

/* ---- one file ---------------------------------------------------------------------------------------------------- */

static sep_status create_byte_map(const sep_volume *image, uint8_t value, sep_labels *map)
{
    SEP_TRY(sep_labels_create_on(image, map));
    memset(map->data, value, (size_t)image->depth * (size_t)image->height * (size_t)image->width);
    return SEP_OK;
}

/* Nobody says what it shows. */
static sep_status ignore_all(const sep_propagation_target *target, sep_propagated *result)
{
    sep_log(SEP_LOG_WARNING, "%s: no labelled scan could be registered with it: nothing is said of its voxels",
            target->name);
    result->sources = sep_strdup(SEP_NO_SOURCE);
    if (result->sources == NULL)
        return SEP_ERR_MEMORY;
    SEP_TRY(create_byte_map(target->image, SEP_IGNORED, &result->labels));
    return create_byte_map(target->image, 0, &result->agreement);
}

static sep_status write_file(const sep_propagation *p, int scan, sep_propagated *result, const char *path)
{
    const sep_derivation from = {.sources = result->sources,
                                 .inputs = sep_registered_inputs(p->dataset, scan, result->sources),
                                 .key = sep_registered_key(p->dataset, &p->options, scan)};

    return sep_hdf5_write_derived(path, &result->labels, &result->agreement, &from);
}

static sep_status write_target(sep_propagation *p, int target, const char *folder)
{
    const sep_propagation_target *t = &p->target[target];
    char *path = sep_format("%s/%s.h5", folder, t->name);
    sep_propagated result = {0};

    sep_status status = path != NULL ? sep_propagation_label(p, target, &result) : SEP_ERR_MEMORY;
    if (status == SEP_OK && result.voters == 0)
        status = ignore_all(t, &result);
    if (status == SEP_OK)
        status = write_file(p, t->scan, &result, path);
    sep_propagated_free(&result);
    sep_free(path);
    return status;
}

/* ---- many -------------------------------------------------------------------------------------------------------- */

/* Training looks up the maps of all of them, whichever label maps are still to be made. */
static sep_status add_unlabelled(sep_propagation *p, const bool *wanted)
{
    for (int i = 0; i < p->dataset->training; i++) {
        const sep_scan *scan = &p->dataset->scan[i];

        if (wanted != NULL && wanted[i])
            SEP_TRY(sep_propagation_add(p, scan->name, &scan->image, i));
        else if (!scan->labelled)
            SEP_TRY(sep_propagation_add_ranked(p, scan->name, &scan->image, i));
    }
    return SEP_OK;
}

static sep_status write_wanted(sep_propagation *p, const bool *wanted, const char *folder)
{
    SEP_TRY(sep_make_folders(folder));
    SEP_TRY(add_unlabelled(p, wanted));
    SEP_TRY(sep_propagation_run(p));
    for (int t = 0; t < p->targets; t++)
        if (!p->target[t].ranked_only)
            SEP_TRY(write_target(p, t, folder));
    return SEP_OK;
}

static sep_status check_hashes(const sep_dataset *dataset)
{
    for (int i = 0; i < dataset->training; i++)
        if (dataset->scan[i].image_hash == 0)
            return sep_fail(SEP_ERR_ARGUMENT, "%s: registered labels need the hashes of all scans (sep_data_config)",
                            dataset->scan[i].name);
    return SEP_OK;
}

sep_status sep_registered_write(const sep_dataset *dataset, const sep_propagation_options *options, const bool *wanted,
                                const char *registrations, const char *folder)
{
    sep_propagation *p;

    SEP_TRY(check_hashes(dataset));
    SEP_TRY(sep_propagation_open(dataset, options, registrations, &p));
    const sep_status status = write_wanted(p, wanted, folder);
    sep_propagation_close(p);
    return status;
}

sep_status sep_registered_missing_maps(const sep_dataset *dataset, const sep_propagation_options *options,
                                       const char *registrations, int *maps)
{
    sep_propagation *p;

    SEP_TRY(sep_propagation_open(dataset, options, registrations, &p));
    sep_status status = add_unlabelled(p, NULL);
    if (status == SEP_OK)
        status = sep_propagation_missing(p, maps);
    sep_propagation_close(p);
    return status;
}

sep_status sep_registered_write_all(const sep_dataset *dataset, const sep_propagation_options *options,
                                    const char *registrations, const char *folder, int *scans)
{
    bool *wanted = sep_calloc((size_t)dataset->training, sizeof *wanted);

    *scans = 0;
    if (wanted == NULL)
        return SEP_ERR_MEMORY;
    for (int i = 0; i < dataset->training; i++) {
        wanted[i] = !dataset->scan[i].labelled;
        *scans += wanted[i];
    }
    const sep_status status = *scans > 0 ? sep_registered_write(dataset, options, wanted, registrations, folder)
                                         : sep_fail(SEP_ERR_ARGUMENT, "all training scans are labelled");
    sep_free(wanted);
    return status;
}
