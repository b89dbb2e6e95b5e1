/* septum: shapes, element types and storage that lives on a device. */
#ifndef SEPTUM_TENSOR_H
#define SEPTUM_TENSOR_H

#include "septum/base.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SEP_MAX_RANK 5 /* N D H W C: 3-D operations come later, their shapes fit already */

/* I32 holds class indices. F16, half precision (IEEE 754 binary16), is a way to store memories: see sep_memory. */
typedef enum sep_dtype { SEP_F32 = 0, SEP_I32 = 1, SEP_F16 = 2 } sep_dtype;
size_t sep_dtype_size(sep_dtype dtype); /* bytes of an element */

/* To the nearest half, of two as near to the even one; beyond the largest to infinity. Of a NaN only the sign stays. */
uint16_t sep_half_of(float value);
float sep_float_of_half(uint16_t half);

/* Row-major, the last axis innermost (NHWC: channels). Rank 0 is a scalar of one element. */
typedef struct sep_shape {
    int rank;
    int dim[SEP_MAX_RANK];
} sep_shape;

#define SEP_SHAPE(...) ((sep_shape){.rank = (int)(sizeof((int[]){__VA_ARGS__}) / sizeof(int)), .dim = {__VA_ARGS__}})

/* An error unless rank is 0 to SEP_MAX_RANK, every axis is 1 at least and the elements fit in memory at 4 bytes each.
 * The other functions take shapes that passed. */
sep_status sep_shape_check(const sep_shape *shape) SEP_MUST_CHECK;
int64_t sep_shape_count(const sep_shape *shape); /* elements */
bool sep_shape_equal(const sep_shape *a, const sep_shape *b);
int sep_shape_last(const sep_shape *shape);     /* size of the innermost axis (channels); 1 for rank 0 */
int64_t sep_shape_rows(const sep_shape *shape); /* elements / last */
/* "4x224x224x16" into `text` (SEP_SHAPE_TEXT bytes at least; "scalar" for rank 0); returns `text`. */
#define SEP_SHAPE_TEXT 64
const char *sep_shape_text(const sep_shape *shape, char *text);

#ifdef __cplusplus
}
#endif
#endif
