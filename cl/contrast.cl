/* Contrast: see the definition in septum/operation.h. The rows x that are worked out are held against a slab of the rows
 * y of their group at a time: `contrast_scores` leaves weighted exponentials p[group][row of y][row of x], which
 * `contrast_add` sums, or `contrast_products` multiplies with the slab. */

/* Of the class, or `none`, a table's last row and column. */
int class_in_range(int class, int none)
{
    return has_label(class, none) ? class : none;
}

/* What the keys of one class count for the anchors of each: weight[group][class of anchor][class of key], the last of
 * `classes` being none. */
__kernel void contrast_weights(INDICES(key_class), const int keys, const int classes, const int balanced,
                               const int own_class, const int skip_self, TENSOR(weight))
{
    const int key = get_global_id(0), group = get_global_id(1), none = classes - 1;

    if (key >= classes)
        return;
    OPEN_INDICES(key_class);
    OPEN(weight);
    __global float *const of_group = weight + (long)group * classes * classes;
    int count = 0;

    for (int k = 0; k < keys; k++)
        count += key_class[(long)group * keys + k] == key;
    for (int anchor = 0; anchor < classes; anchor++) {
        const bool own = anchor == key;
        const int others = count - (own && skip_self ? 1 : 0);
        const float share = balanced ? QUOTIENT(1.0f, (float)max(others, 1)) : 1.0f;

        of_group[anchor * classes + key] = anchor == none || key == none || (own && !own_class) ? 0.0f : share;
    }
}

/* Rows [first, first + count) of y by all rows of x; `anchors` and `keys` say what rows of x are. */
__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1))) void
contrast_scores(TENSOR(x), TENSOR(y), INDICES(anchor_class), INDICES(key_class), TENSOR(weight), TENSOR(dz),
                const int rows, const int others, const int depth, const int first, const int count, const int classes,
                const int anchors, const int keys, const int has_dz, const int skip_self, const float scale, TENSOR(p))
{
    OPEN_INDICES(anchor_class);
    OPEN_INDICES(key_class);
    OPEN(dz);
    TILES;
    const int column0 = get_group_id(0) * TILE_COLUMNS, row0 = get_group_id(1) * TILE_ROWS, group = get_group_id(2);
    const long x_row = (long)group * rows, y_row = (long)group * others + first;
    __global const float *const x = x_buffer + x_offset + x_row * depth;
    __global const float *const y = y_buffer + y_offset + y_row * depth;
    __global const float *const of_group = weight_buffer + weight_offset + (long)group * classes * classes;
    __global float *const out = p_buffer + p_offset + (long)group * count * rows;
    outputs acc;

    clear(&acc, ZERO(p));
#define A_VALUE (row0 + at < count ? y[(long)(row0 + at) * depth + k0 + k] : 0.0f)
#define B_VALUE (column0 + at < rows ? x[(long)(column0 + at) * depth + k0 + k] : 0.0f)
#define FILL_A  FILL_ALONG_STEPS(a_tile, A_PITCH, TILE_ROWS, steps, A_VALUE)
#define FILL_B  FILL_ALONG_STEPS(b_tile, B_PITCH, TILE_COLUMNS, steps, B_VALUE)
    RUN_CHAIN(0, depth, FILL_A, FILL_B)
#undef A_VALUE
#undef B_VALUE
#undef FILL_A
#undef FILL_B
    EACH_OUTPUT
    {
        const int j = row0 + item_row + SIDE * r, i = column0 + item_column + SIDE * c, none = classes - 1;
        float w = 0.0f;

        if (j < count && i < rows) {
            if (anchors) {
                const int own = class_in_range(anchor_class[x_row + i], none);
                const int other = class_in_range(key_class[y_row + j], none);

                w = (has_dz ? dz[x_row + i] * scale : 1.0f) * of_group[own * classes + other];
            }
            if (keys) {
                const int own = class_in_range(key_class[x_row + i], none);
                const int other = class_in_range(anchor_class[y_row + j], none);

                w = fma(dz[y_row + j] * scale, of_group[other * classes + own], w);
            }
            out[(long)j * rows + i] = (skip_self && first + j == i ? 0.0f : sep_expf(acc.value[r][c] * scale)) * w;
        }
    }
}

/* z = z (or +0) + the slab's rows in rising order. */
__kernel void contrast_add(TENSOR(p), INDICES(anchor_class), const int rows, const int count, const int classes,
                           const int goes_on, TENSOR(z))
{
    const int i = get_global_id(0), group = get_global_id(1);

    if (i >= rows)
        return;
    OPEN(p);
    OPEN_INDICES(anchor_class);
    OPEN(z);
    const long at = (long)group * rows + i;
    float sum = goes_on ? z[at] : ZERO(z);

    for (int j = 0; j < count; j++)
        sum = sum + p[((long)group * count + j) * rows + i];
    z[at] = has_label(anchor_class[at], classes - 1) ? sum : 0.0f;
}

/* dx = dx (or +0) + the chain over the slab's rows of p * y. */
__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1))) void
contrast_products(TENSOR(p), TENSOR(y), INDICES(anchor_class), INDICES(key_class), const int rows, const int others,
                  const int depth, const int first, const int count, const int classes, const int anchors,
                  const int keys, TENSOR(dx))
{
    OPEN_INDICES(anchor_class);
    OPEN_INDICES(key_class);
    TILES;
    const int column0 = get_group_id(0) * TILE_COLUMNS, row0 = get_group_id(1) * TILE_ROWS, group = get_group_id(2);
    __global const float *const p = p_buffer + p_offset + (long)group * count * rows;
    __global const float *const y = y_buffer + y_offset + ((long)group * others + first) * depth;
    __global float *const out = dx_buffer + dx_offset + (long)group * rows * depth;
    outputs acc;

    EACH_OUTPUT
    {
        const int i = row0 + item_row + SIDE * r, d = column0 + item_column + SIDE * c;

        acc.value[r][c] = first > 0 && i < rows && d < depth ? out[(long)i * depth + d] : ZERO(dx);
    }
#define A_VALUE (row0 + at < rows ? p[(long)(k0 + k) * rows + row0 + at] : 0.0f)
#define B_VALUE (column0 + at < depth ? y[(long)(k0 + k) * depth + column0 + at] : 0.0f)
#define FILL_A  FILL_ALONG_TILE(a_tile, A_PITCH, TILE_ROWS, steps, A_VALUE)
#define FILL_B  FILL_ALONG_TILE(b_tile, B_PITCH, TILE_COLUMNS, steps, B_VALUE)
    RUN_CHAIN(0, count, FILL_A, FILL_B)
#undef A_VALUE
#undef B_VALUE
#undef FILL_A
#undef FILL_B
    EACH_OUTPUT
    {
        const int i = row0 + item_row + SIDE * r, d = column0 + item_column + SIDE * c;

        if (i < rows && d < depth) {
            const long at = (long)group * rows + i;
            const bool takes_part = (anchors && has_label(anchor_class[at], classes - 1)) ||
                                    (keys && has_label(key_class[at], classes - 1));

            out[(long)i * depth + d] = takes_part ? acc.value[r][c] : 0.0f;
        }
    }
}
