/* The catalogue of operations: their names, and the two rules of their arithmetic that depend on shapes. */
#include "septum/operation.h"

static const char *const names[SEP_OP_COUNT] = {
#define OPERATION_NAME(NAME, name) [SEP_OP_##NAME] = #name,
    SEP_OPERATIONS(OPERATION_NAME)
#undef OPERATION_NAME
};

const char *sep_op_name(sep_op op)
{
    return (int)op >= 0 && op < SEP_OP_COUNT ? names[op] : "unknown operation";
}

bool sep_is_each(const sep_shape *a, const sep_shape *b)
{
    int axis = 0;

    if (a->rank != b->rank)
        return false;
    while (axis < a->rank && a->dim[axis] == b->dim[axis])
        axis++;
    int kept = axis;
    while (axis < b->rank && b->dim[axis] == 1)
        axis++;
    return axis == b->rank && kept > 0;
}

/* More blocks than this would only add memory traffic for partial gradients. */
#define MAX_BLOCKS        256
#define MAX_PARTIAL_BYTES (16 << 20)

static int64_t ceiling_ratio(int64_t a, int64_t b)
{
    return (a + b - 1) / b;
}

int sep_image_block_rows(int image_rows, int row_pixels, int64_t weights)
{
    int64_t blocks = MAX_PARTIAL_BYTES / ((weights > 0 ? weights : 1) * (int64_t)sizeof(float));
    int64_t by_pixels = ceiling_ratio(SEP_BLOCK_ROWS, row_pixels > 0 ? row_pixels : 1), by_count, rows;

    blocks = blocks < 1 ? 1 : blocks > MAX_BLOCKS ? MAX_BLOCKS : blocks;
    by_count = ceiling_ratio(image_rows, blocks);
    rows = by_pixels > by_count ? by_pixels : by_count;
    return rows < 1 ? 1 : rows > image_rows ? image_rows : (int)rows;
}

/* Measured: with fewer channels the transforms cost what the products save; with fewer tiles an image, transforming the
 * weights does when there are few images. */
#define WINOGRAD_CHANNELS 16
#define WINOGRAD_TILES    4

bool sep_conv_is_winograd(const sep_attributes *a, int height, int width, int in, int out)
{
    int64_t tiles = ceiling_ratio(height, 4) * ceiling_ratio(width, 4);

    if (a->kernel != 3 || a->stride != 1 || a->padding != 1 || a->algorithm == SEP_DIRECT)
        return false;
    return a->algorithm == SEP_WINOGRAD ||
           (in >= WINOGRAD_CHANNELS && out >= WINOGRAD_CHANNELS && tiles >= WINOGRAD_TILES);
}
