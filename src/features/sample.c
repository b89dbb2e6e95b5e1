/* Drawing of points: how many of each class from each slice, then which. */
#include "features/sample.h"

#include <string.h>

/* The slices of all scans, one behind the other. */
typedef struct sampler {
    const sep_labels *labels;
    int scans, classes, slices;
    uint64_t seed;
    int *first;             /* slice of each scan */
    int64_t *voxels, *left; /* [classes, slices]: how many there are, how many to draw */
    int64_t *have, *share;  /* of each scan */
    int *order;             /* of scans, or of the slices of one */
} sampler;

static bool is_drawn_from(const sampler *s, const sep_labels *labels, size_t voxel)
{
    return !sep_labels_ignore(labels, voxel) && labels->data[voxel] < s->classes;
}

static void count_slice(const sampler *s, const sep_labels *labels, int z, int slice)
{
    const size_t pixels = (size_t)labels->height * (size_t)labels->width;

    for (size_t i = (size_t)z * pixels; i < (size_t)(z + 1) * pixels; i++)
        if (is_drawn_from(s, labels, i))
            s->voxels[(size_t)labels->data[i] * (size_t)s->slices + (size_t)slice]++;
}

static int64_t sum(const int64_t *value, int count)
{
    int64_t total = 0;

    for (int i = 0; i < count; i++)
        total += value[i];
    return total;
}

/* ---- how many ---------------------------------------------------------------------------------------------------- */

/* Who gets one more is drawn, so that it is not always the lowest slices. */
static void draw_order(sampler *s, int class_index, int scan, int count)
{
    const sep_random random = {s->seed, sep_stream("features.order") + (uint32_t)class_index, (uint32_t)scan};

    sep_random_permutation(&random, s->order, count);
}

/* First among the scans, then in each among its slices. */
static void share_class(sampler *s, int class_index, int64_t wanted)
{
    const int64_t *voxels = s->voxels + (size_t)class_index * (size_t)s->slices;
    int64_t *left = s->left + (size_t)class_index * (size_t)s->slices;

    for (int i = 0; i < s->scans; i++)
        s->have[i] = sum(voxels + s->first[i], s->labels[i].depth);
    draw_order(s, class_index, s->scans, s->scans);
    (void)sep_share_evenly(s->have, s->order, s->scans, wanted, s->share);
    for (int i = 0; i < s->scans; i++) {
        draw_order(s, class_index, i, s->labels[i].depth);
        (void)sep_share_evenly(voxels + s->first[i], s->order, s->labels[i].depth, s->share[i], left + s->first[i]);
    }
}

static int count_present(const sampler *s)
{
    int present = 0;

    for (int c = 0; c < s->classes; c++)
        present += sum(s->voxels + (size_t)c * (size_t)s->slices, s->slices) > 0;
    return present;
}

/* The first classes get what does not divide. */
static sep_status share_classes(sampler *s, int wanted)
{
    const int present = count_present(s);
    int turn = 0;

    if (present == 0)
        return sep_fail(SEP_ERR_ARGUMENT, "no voxel of the label maps is annotated");
    if (wanted < present)
        return sep_fail(SEP_ERR_ARGUMENT, "%d points are fewer than the %d classes that occur", wanted, present);
    for (int c = 0; c < s->classes; c++)
        if (sum(s->voxels + (size_t)c * (size_t)s->slices, s->slices) > 0) {
            share_class(s, c, wanted / present + (turn < wanted % present));
            turn++;
        }
    return SEP_OK;
}

/* ---- which ------------------------------------------------------------------------------------------------------- */

/* Knuth's algorithm S: of the voxels of a class that are still to come, each is as likely to be among those still to be
 * drawn. */
static bool draws(sampler *s, const sep_random *random, int class_index, int slice, size_t voxel)
{
    const size_t at = (size_t)class_index * (size_t)s->slices + (size_t)slice;
    const bool drawn =
        s->left[at] > 0 && (int64_t)sep_random_below(random, voxel, (uint32_t)s->voxels[at]) < s->left[at];

    s->voxels[at]--;
    s->left[at] -= drawn;
    return drawn;
}

static int draw_slice(sampler *s, int scan, int z, sep_point *point)
{
    const sep_labels *labels = &s->labels[scan];
    const sep_random random = {s->seed, sep_stream("features.voxels"), (uint32_t)(s->first[scan] + z)};
    int count = 0;

    for (int y = 0; y < labels->height; y++)
        for (int x = 0; x < labels->width; x++) {
            const size_t pixel = (size_t)y * (size_t)labels->width + (size_t)x;
            const size_t voxel = (size_t)z * (size_t)labels->height * (size_t)labels->width + pixel;
            const uint8_t label = labels->data[voxel];
            if (is_drawn_from(s, labels, voxel) && draws(s, &random, label, s->first[scan] + z, pixel))
                point[count++] = (sep_point){.scan = scan, .voxel = {z, y, x}, .label = label};
        }
    return count;
}

static sep_status draw_all(sampler *s, sep_point **point, int *count)
{
    const int total = (int)sum(s->left, s->classes * s->slices);
    int drawn = 0;

    *point = sep_calloc((size_t)total, sizeof **point);
    if (*point == NULL)
        return SEP_ERR_MEMORY;
    for (int i = 0; i < s->scans; i++)
        for (int z = 0; z < s->labels[i].depth; z++)
            drawn += draw_slice(s, i, z, *point + drawn);
    *count = drawn;
    return SEP_OK;
}

/* ---- together ---------------------------------------------------------------------------------------------------- */

static sep_status allocate(sampler *s)
{
    s->first = sep_calloc((size_t)s->scans, sizeof *s->first);
    if (s->first == NULL)
        return SEP_ERR_MEMORY;
    for (int i = 0; i < s->scans; i++) {
        s->first[i] = s->slices;
        s->slices += s->labels[i].depth;
    }
    const size_t cells = (size_t)s->classes * (size_t)s->slices, scans = (size_t)s->scans;
    s->voxels = sep_calloc(cells, sizeof *s->voxels);
    s->left = sep_calloc(cells, sizeof *s->left);
    s->have = sep_calloc(scans, sizeof *s->have);
    s->share = sep_calloc(scans, sizeof *s->share);
    s->order = sep_calloc((size_t)s->slices, sizeof *s->order); /* a scan has a slice at least */
    return s->voxels != NULL && s->left != NULL && s->have != NULL && s->share != NULL && s->order != NULL
               ? SEP_OK
               : SEP_ERR_MEMORY;
}

static void free_all(sampler *s)
{
    sep_free(s->first);
    sep_free(s->voxels);
    sep_free(s->left);
    sep_free(s->have);
    sep_free(s->share);
    sep_free(s->order);
}

sep_status sep_sample_points(const sep_labels *labels, int scans, int classes, int wanted, uint64_t seed,
                             sep_point **point, int *count)
{
    sampler s = {.labels = labels, .scans = scans, .classes = classes, .seed = seed};
    sep_status status = allocate(&s);

    *point = NULL;
    *count = 0;
    if (status == SEP_OK) {
        for (int i = 0; i < scans; i++)
            for (int z = 0; z < labels[i].depth; z++)
                count_slice(&s, &labels[i], z, s.first[i] + z);
        status = share_classes(&s, wanted);
    }
    if (status == SEP_OK)
        status = draw_all(&s, point, count);
    free_all(&s);
    return status;
}
