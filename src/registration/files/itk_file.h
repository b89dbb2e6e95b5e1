/* Private to the reader and the writer of ITK's transform files. */
#ifndef SEPTUM_REGISTRATION_ITK_FILE_H
#define SEPTUM_REGISTRATION_ITK_FILE_H

#include "registration/transform/matrix.h"
#include "septum/base.h"

#define SEP_ITK_FIRST_LINE "#Insight Transform File V1.0"

/* +1 or -1: an axis of ITK's world (LPS) against the same axis of septum's (RAS). */
static inline double sep_itk_sign(int axis)
{
    return axis < 2 ? -1.0 : 1.0;
}

/* From one world to the other, either way. */
static inline void sep_itk_turn(const sep_map map, sep_map out)
{
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 4; j++)
            out[i][j] = map[i][j] * sep_itk_sign(i) * (j < 3 ? sep_itk_sign(j) : 1.0);
}

/* What a kind of ITK transform makes of its parameters: y = map x in LPS. `fixed` holds the centre first, where the
 * kind has one, and then `fixed_count - 3` more. */
typedef struct sep_itk_kind {
    const char *name;
    int parameters, fixed_least;
    void (*map)(const double *parameter, const double *fixed, int fixed_count, sep_map map);
} sep_itk_kind;

/* Fails with what a file of another program is and how to make one of ITK's of it, where its `count` bytes show that.
 */
sep_status sep_refuse_foreign_transform(const char *path, const char *bytes, size_t count) SEP_MUST_CHECK;

/* NULL for a kind that is not read. `name` is that of the file without "_double_3_3". */
const sep_itk_kind *sep_itk_find_kind(const char *name);

#endif
