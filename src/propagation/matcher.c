/* Kept registrations, asked by the training scans' own voxels. */
#include "septum/matcher.h"

#include "registration/transform/matrix.h"
#include "septum/registration_pairs.h"

#include <string.h>

/* What is known of a training scan. */
typedef struct known_scan {
    int volume; /* of the set; -1: none */
    sep_map to_world, to_voxel;
} known_scan;

typedef struct matcher {
    sep_pairs *set;
    int scans;
    known_scan scan[];
} matcher;

static void release(const void *registrations)
{
    const matcher *m = registrations;

    sep_pairs_free(m->set);
    sep_free((void *)(uintptr_t)m);
}

static bool find(const void *registrations, int fixed, int moving, const double voxel[3], double place[3])
{
    const matcher *m = registrations;
    const known_scan *from = &m->scan[fixed], *to = &m->scan[moving];
    const sep_pair *pair = from->volume < 0 || to->volume < 0 || from->volume == to->volume
                               ? NULL
                               : sep_pairs_find(m->set, from->volume, to->volume);

    if (pair == NULL || pair->state != SEP_PAIR_DONE)
        return false;
    sep_map_point(from->to_world, voxel, place);
    sep_spatial_point(&pair->transform, place, place);
    sep_map_point(to->to_voxel, place, place);
    return true;
}

/* ---- making one -------------------------------------------------------------------------------------------------- */

/* Registered as it is stored, or as the dataset has turned it. */
static bool is_volume(const sep_dataset *dataset, const sep_scan *scan, uint64_t hash)
{
    const sep_volume image = sep_registration_image(dataset, &scan->image);

    return scan->image_hash == 0 || scan->image_hash == hash || sep_volume_hash(&image) == hash;
}

static sep_status know(const char *path, const sep_dataset *dataset, const sep_scan *scan, const sep_pairs *set,
                       known_scan *known)
{
    known->volume = sep_pairs_find_volume(set, scan->name);
    if (known->volume < 0)
        return SEP_OK;
    if (!is_volume(dataset, scan, set->volume[known->volume].hash))
        return sep_fail(SEP_ERR_ARGUMENT, "%s: %s is another scan now than when it was registered", path, scan->name);
    if (scan->image.has_geometry)
        memcpy(known->to_world, scan->image.affine, sizeof known->to_world);
    else
        sep_map_identity(known->to_world);
    if (!sep_map_invert(known->to_world, known->to_voxel))
        return sep_fail(SEP_ERR_FORMAT, "%s: its voxels have no place in the world", scan->name);
    return SEP_OK;
}

static bool any_pair(const matcher *m)
{
    for (int i = 0; i < m->scans; i++)
        for (int j = 0; j < m->scans; j++) {
            const sep_pair *pair = i == j || m->scan[i].volume < 0 || m->scan[j].volume < 0
                                       ? NULL
                                       : sep_pairs_find(m->set, m->scan[i].volume, m->scan[j].volume);
            if (pair != NULL && pair->state == SEP_PAIR_DONE)
                return true;
        }
    return false;
}

static sep_status fill(const sep_dataset *dataset, const char *path, matcher *m)
{
    SEP_TRY(sep_pairs_open(path, NULL, &m->set));
    for (; m->scans < dataset->training; m->scans++)
        SEP_TRY(know(path, dataset, &dataset->scan[m->scans], m->set, &m->scan[m->scans]));
    if (!any_pair(m))
        return sep_fail(SEP_ERR_ARGUMENT, "%s: no two training scans are registered there", path);
    return SEP_OK;
}

sep_status sep_dataset_take_registrations(sep_dataset *dataset, const char *path)
{
    matcher *m = sep_calloc(1, sizeof *m + (size_t)dataset->training * sizeof m->scan[0]);

    if (m == NULL)
        return SEP_ERR_MEMORY;
    sep_status status = fill(dataset, path, m);
    if (status != SEP_OK) {
        release(m);
        return status;
    }
    if (dataset->matcher.release != NULL)
        dataset->matcher.release(dataset->matcher.registrations);
    dataset->matcher = (sep_matcher){.registrations = m, .find = find, .release = release};
    return SEP_OK;
}
