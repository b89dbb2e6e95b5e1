/* Which way up the pictures of a data set are: chest radiographs and ultrasound have a top, hearts in MRI lie as the
 * scanner was turned. Each scan in small is compared with the mean of those of other cases, as it is, mirrored and
 * turned. No label map is needed, so that all scans say something, and few labelled ones can't mislead. */
#ifndef SEPTUM_DATA_WAYS_H
#define SEPTUM_DATA_WAYS_H

#include "septum/image.h"

/* A scan in small: rows and columns. */
enum { SEP_THUMBNAIL = 32, SEP_THUMBNAIL_CELLS = SEP_THUMBNAIL * SEP_THUMBNAIL };

/* Draws the mean of all slices of one channel, whose values are clipped to [low, high] first. */
void sep_thumbnail_draw(const sep_volume *channel, float low, float high, float thumbnail[SEP_THUMBNAIL_CELLS]);

/* Of many scans a few hundred tell enough: every so manieth. */
static inline int sep_view_step(int scans)
{
    enum { MOST_VIEWED = 400 };

    return scans / MOST_VIEWED + 1;
}

typedef struct sep_viewed {
    const float *thumbnail; /* [SEP_THUMBNAIL_CELLS]; NULL: the scan is left out */
    int group;              /* number of its case */
} sep_viewed;

/* How else a picture could be shown. */
typedef enum sep_way_up { SEP_WAY_COLUMNS_MIRRORED = 0, SEP_WAY_ROWS_MIRRORED, SEP_WAY_TURNED, SEP_WAYS } sep_way_up;

/* Of each way the share of such scans that are more like the mean of the others as they are than so shown; turned: to
 * the left or to the right, the lower. 0 where fewer than five cases are compared. Sums go over scans, then over
 * pixels. */
sep_status sep_ways_tell(const sep_viewed *scan, int scans, double alien[SEP_WAYS]) SEP_MUST_CHECK;

/* From here on scans are alike in which way up they are, and in which of their sides is which; a coin says 0.5. */
#define SEP_UPRIGHT   0.99
#define SEP_ONE_SIDED 0.75

static inline bool sep_has_top(const double alien[SEP_WAYS])
{
    return alien[SEP_WAY_TURNED] >= SEP_UPRIGHT;
}

/* Whether nothing looks like a scan whose columns, rows (axis 0, 1) are mirrored. */
static inline bool sep_has_sides(const double alien[SEP_WAYS], int axis)
{
    return sep_has_top(alien) && alien[axis == 0 ? SEP_WAY_COLUMNS_MIRRORED : SEP_WAY_ROWS_MIRRORED] >= SEP_ONE_SIDED;
}

#endif
