/* Unlabelled training scans, with the label maps that training does not see. */
#include "data/channels.h"
#include "data/find_scans.h"
#include "data/scan.h"

void sep_withheld_free(sep_withheld *withheld)
{
    for (int i = 0; withheld->scan != NULL && i < withheld->scans; i++)
        sep_scan_free(&withheld->scan[i]);
    sep_free(withheld->scan);
    *withheld = (sep_withheld){0};
}

/* ---- which ------------------------------------------------------------------------------------------------------- */

/* HDF5 files may hold an image alone. */
static sep_status look_for_label(const sep_data_config *config, const sep_scan *scan, bool *found)
{
    const char *name = config->validation_label_name != NULL ? config->validation_label_name : config->labels.dataset;

    *found = scan->label_path != NULL;
    if (!*found || config->format != SEP_DATA_HDF5)
        return SEP_OK;
    return sep_hdf5_has(scan->label_path, name != NULL ? name : "label", found);
}

/* Marks the unlabelled scans that have label maps. */
static sep_status mark_known(const sep_data_config *config, const sep_dataset *dataset, bool *known)
{
    int unlabelled = 0, found = 0;

    for (int i = 0; i < dataset->training; i++) {
        if (dataset->scan[i].labelled)
            continue;
        SEP_TRY(look_for_label(config, &dataset->scan[i], &known[i]));
        unlabelled++;
        found += known[i];
    }
    if (unlabelled > 0 && found == 0)
        return sep_fail(SEP_ERR_ARGUMENT,
                        "%s: none of the %d unlabelled training scans has a label map that a network's labels of it "
                        "could be compared with",
                        config->folder, unlabelled);
    return SEP_OK;
}

/* Of `count` cases that are marked, leaves the marks of `wanted` that are evenly apart, the first among them. */
static void thin_out(bool *marked, int cases, int count, int wanted)
{
    for (int g = 0, number = 0; g < cases; g++)
        if (marked[g])
            marked[g] = (int64_t)number++ * wanted % count < wanted;
}

static void keep_cases(const sep_dataset *dataset, int wanted, bool *known, bool *marked)
{
    int count = 0;

    for (int i = 0; i < dataset->training; i++) {
        const int group = dataset->scan[i].group;
        count += known[i] && !marked[group];
        marked[group] = marked[group] || known[i];
    }
    if (wanted > 0 && wanted < count)
        thin_out(marked, dataset->training_cases, count, wanted);
    for (int i = 0; i < dataset->training; i++)
        known[i] = known[i] && marked[dataset->scan[i].group];
}

static sep_status choose(const sep_data_config *config, const sep_dataset *dataset, int cases, bool *chosen)
{
    bool *marked = sep_calloc((size_t)dataset->training_cases, sizeof *marked);
    sep_status status = marked != NULL ? mark_known(config, dataset, chosen) : SEP_ERR_MEMORY;

    if (status == SEP_OK)
        keep_cases(dataset, cases, chosen, marked);
    sep_free(marked);
    return status;
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

/* The configuration, with what the dataset itself says of its label maps. */
static sep_status complete(const sep_data_config *config, sep_data_config *own)
{
    sep_catalogue catalogue = {0};

    *own = *config;
    sep_status status = sep_find_scans(config, &catalogue);
    if (status == SEP_OK)
        status = sep_take_ignored(&catalogue, &own->labels);
    if (status == SEP_OK)
        status = sep_channels_choose(config, &catalogue, &own->channels);
    sep_catalogue_free(&catalogue);
    return status;
}

/* As the dataset has it: in the same orientation. */
static sep_status load(const sep_data_config *config, const sep_dataset *dataset, const sep_scan *from, sep_scan *scan)
{
    sep_order order;

    scan->group = from->group;
    SEP_TRY(sep_scan_name(from->name, from->image_path, from->label_path, scan));
    SEP_TRY(sep_scan_load(config, dataset->classes, true, scan));
    (void)sep_orientation_order(&dataset->orientation, &scan->image, &order);
    return sep_order_is_stored(&order) ? SEP_OK : sep_scan_reorder(&order, scan);
}

static int count_cases(const sep_withheld *withheld)
{
    int cases = 0;

    for (int i = 0; i < withheld->scans; i++) {
        int before = 0;
        while (withheld->scan[before].group != withheld->scan[i].group)
            before++;
        cases += before == i;
    }
    return cases;
}

static sep_status load_chosen(const sep_data_config *config, const sep_dataset *dataset, const bool *chosen,
                              sep_withheld *withheld)
{
    sep_data_config own;

    SEP_TRY(complete(config, &own));
    withheld->scan = sep_calloc((size_t)dataset->training, sizeof *withheld->scan);
    if (withheld->scan == NULL)
        return SEP_ERR_MEMORY;
    for (int i = 0; i < dataset->training; i++)
        if (chosen[i])
            SEP_TRY(load(&own, dataset, &dataset->scan[i], &withheld->scan[withheld->scans++]));
    withheld->cases = count_cases(withheld);
    return SEP_OK;
}

sep_status sep_withheld_load(const sep_data_config *config, const sep_dataset *dataset, int cases,
                             sep_withheld *withheld)
{
    bool *chosen = sep_calloc((size_t)dataset->training, sizeof *chosen);

    *withheld = (sep_withheld){0};
    sep_status status = chosen != NULL ? choose(config, dataset, cases, chosen) : SEP_ERR_MEMORY;
    if (status == SEP_OK && dataset->unlabelled_slices > 0)
        status = load_chosen(config, dataset, chosen, withheld);
    sep_free(chosen);
    return status;
}
