/* Unlabelled training scans, with the label maps that training does not see. */
#include "data/channels.h"
#include "data/find_scans.h"
#include "data/scan.h"

#include <string.h>

void sep_withheld_free(sep_withheld *withheld)
{
    for (int i = 0; withheld->scan != NULL && i < withheld->scans; i++)
        sep_scan_free(&withheld->scan[i]);
    sep_free(withheld->scan);
    *withheld = (sep_withheld){0};
}

/* ---- which ------------------------------------------------------------------------------------------------------- */

/* As the folder has it: in the dataset registered labels, or ones of its own, may have taken its place. */
static const char *find_label(const sep_catalogue *catalogue, const sep_scan *scan)
{
    for (int i = 0; i < catalogue->count; i++)
        if (strcmp(catalogue->entry[i].name, scan->name) == 0)
            return catalogue->entry[i].label_path;
    return NULL;
}

/* Marks the unlabelled scans that have label maps. */
static sep_status mark_known(const sep_catalogue *catalogue, const sep_dataset *dataset, const char *folder,
                             bool *known)
{
    int unlabelled = 0, found = 0;

    for (int i = 0; i < dataset->training; i++) {
        if (dataset->scan[i].labelled)
            continue;
        known[i] = find_label(catalogue, &dataset->scan[i]) != NULL;
        unlabelled++;
        found += known[i];
    }
    if (unlabelled > 0 && found == 0)
        return sep_fail(SEP_ERR_ARGUMENT,
                        "%s: none of the %d unlabelled training scans has a label map that a network's labels of it "
                        "could be compared with",
                        folder, unlabelled);
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

static sep_status choose(const sep_catalogue *catalogue, const sep_dataset *dataset, const char *folder, int cases,
                         bool *chosen)
{
    bool *marked = sep_calloc((size_t)dataset->training_cases, sizeof *marked);
    sep_status status = marked != NULL ? mark_known(catalogue, dataset, folder, chosen) : SEP_ERR_MEMORY;

    if (status == SEP_OK)
        keep_cases(dataset, cases, chosen, marked);
    sep_free(marked);
    return status;
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

/* As the dataset has it: in the same orientation. */
static sep_status load(const sep_data_config *config, const sep_dataset *dataset, const sep_scan *from,
                       const char *label_path, sep_scan *scan)
{
    sep_order order;

    scan->group = from->group;
    SEP_TRY(sep_scan_name(from->name, from->image_path, label_path, scan));
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

/* By the configuration, with what the dataset itself says of its label maps. */
static sep_status load_chosen(const sep_data_config *config, const sep_catalogue *catalogue, const sep_dataset *dataset,
                              const bool *chosen, sep_withheld *withheld)
{
    sep_data_config own = *config;

    SEP_TRY(sep_take_ignored(catalogue, &own.labels));
    SEP_TRY(sep_channels_choose(config, catalogue, &own.channels));
    withheld->scan = sep_calloc((size_t)dataset->training, sizeof *withheld->scan);
    if (withheld->scan == NULL)
        return SEP_ERR_MEMORY;
    for (int i = 0; i < dataset->training; i++) {
        const sep_scan *from = &dataset->scan[i];
        if (chosen[i])
            SEP_TRY(load(&own, dataset, from, find_label(catalogue, from), &withheld->scan[withheld->scans++]));
    }
    withheld->cases = count_cases(withheld);
    return SEP_OK;
}

static sep_status choose_and_load(const sep_data_config *config, const sep_catalogue *catalogue,
                                  const sep_dataset *dataset, int cases, sep_withheld *withheld)
{
    bool *chosen = sep_calloc((size_t)dataset->training, sizeof *chosen);

    sep_status status = chosen != NULL ? choose(catalogue, dataset, config->folder, cases, chosen) : SEP_ERR_MEMORY;
    if (status == SEP_OK)
        status = load_chosen(config, catalogue, dataset, chosen, withheld);
    sep_free(chosen);
    return status;
}

sep_status sep_withheld_load(const sep_data_config *config, const sep_dataset *dataset, int cases,
                             sep_withheld *withheld)
{
    sep_catalogue catalogue;

    *withheld = (sep_withheld){0};
    if (dataset->unlabelled_slices == 0)
        return SEP_OK;
    sep_status status = sep_find_scans(config, &catalogue);
    if (status == SEP_OK)
        status = choose_and_load(config, &catalogue, dataset, cases, withheld);
    sep_catalogue_free(&catalogue);
    return status;
}
