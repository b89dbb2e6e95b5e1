/* What the values of a label map stand for: class indices, or other numbers that a list gives a class each. */
#include "image/values.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the list ---------------------------------------------------------------------------------------------------- */

static int find_value(const sep_label_values *values, float value)
{
    for (int i = 0; i < values->count; i++)
        if ((float)values->value[i] == value)
            return i;
    return -1;
}

static sep_status add_value(const char *text, long value, sep_label_values *values)
{
    if (find_value(values, (float)value) >= 0)
        return sep_fail(SEP_ERR_ARGUMENT, "'%.60s': the value %ld stands there twice, but it can be one class only",
                        text, value);
    if (values->count == SEP_MOST_LABEL_VALUES)
        return sep_fail(SEP_ERR_ARGUMENT, "'%.60s': more than %d values", text, SEP_MOST_LABEL_VALUES);
    values->value[values->count++] = (uint16_t)value;
    return SEP_OK;
}

/* A whole number at *at, which then points behind it; -1 for anything else. */
static long take_number(const char **at)
{
    char *end;

    *at += strspn(*at, " ");
    if (**at < '0' || **at > '9')
        return -1;
    long value = strtol(*at, &end, 10);
    *at = end + strspn(end, " ");
    return value > UINT16_MAX ? -1 : value;
}

/* "85" or "0-255". */
static sep_status add_range(const char *text, const char **at, sep_label_values *values)
{
    long low = take_number(at), high = low;

    if (low >= 0 && **at == '-') {
        (*at)++;
        high = take_number(at);
    }
    if (low < 0 || high < low)
        return sep_fail(SEP_ERR_ARGUMENT,
                        "'%.60s': the values of the classes are whole numbers 0 to 65535 in the classes' order, as in "
                        "0,85,170",
                        text);
    for (long value = low; value <= high; value++)
        SEP_TRY(add_value(text, value, values));
    return SEP_OK;
}

sep_status sep_label_values_parse(const char *text, sep_label_values *values)
{
    const char *at = text;

    *values = (sep_label_values){0};
    SEP_TRY(add_range(text, &at, values));
    while (*at == ',') {
        at++;
        SEP_TRY(add_range(text, &at, values));
    }
    if (*at != '\0')
        return sep_fail(SEP_ERR_ARGUMENT, "'%.60s': '%.20s' is no value; the values stand side by side with commas",
                        text, at);
    if (values->count < 2)
        return sep_fail(SEP_ERR_ARGUMENT, "'%.60s': at least two values are needed, the background's first", text);
    return SEP_OK;
}

/* ---- mapping ----------------------------------------------------------------------------------------------------- */

/* "0,85,170", cut where `out` ends. */
static void write_list(const sep_label_values *values, char *out, size_t size)
{
    size_t length = 0;

    out[0] = '\0';
    for (int i = 0; i < values->count && length < size; i++)
        length += (size_t)snprintf(out + length, size - length, "%s%d", i ? "," : "", values->value[i]);
}

sep_status sep_label_values_apply(const sep_label_reading *reading, const char *path, const sep_volume *from,
                                  sep_labels *labels)
{
    const sep_label_values *values = &reading->values;
    size_t width = (size_t)from->width, height = (size_t)from->height;
    size_t count = (size_t)from->depth * height * width;
    int class = 0;
    char list[200];

    for (size_t i = 0; i < count; i++) {
        if (sep_is_unannotated(reading, from->data[i])) {
            labels->data[i] = SEP_IGNORED;
            continue;
        }
        /* neighbours are mostly of one class */
        if ((float)values->value[class] != from->data[i])
            class = find_value(values, from->data[i]);
        if (class < 0) {
            write_list(values, list, sizeof list);
            return sep_fail(SEP_ERR_FORMAT, "%s: voxel (x %zu, y %zu, z %zu) is %g, which is not among the values %s",
                            path, i % width, i / width % height, i / width / height, (double)from->data[i], list);
        }
        labels->data[i] = (uint8_t) class;
    }
    return SEP_OK;
}

/* ---- grey levels ------------------------------------------------------------------------------------------------- */

enum {
    MOST_LEVELS = 16,   /* more are no levels that somebody chose */
    LEAST_STEP = 16,    /* classes are numbered more closely */
    MOST_CLASSES = 117, /* the largest class index in common use: TotalSegmentator's */
    EVEN_FROM = 64,     /* evenly spread values up to here or more are levels */
    NEAR = 8,           /* how far JPEG leads away from black and white */
    MIDDLE_LOW = 32,    /* soft edges leave values in between */
    MIDDLE_HIGH = 224
};

void sep_label_counts_add(sep_label_counts *counts, const sep_labels *labels)
{
    size_t voxels = (size_t)labels->depth * (size_t)labels->height * (size_t)labels->width;

    for (size_t i = 0; i < voxels; i++)
        counts->voxels[labels->data[i]] += !sep_labels_ignore(labels, i);
}

/* The values that occur, 0 always among them. */
static sep_label_values values_of(const sep_label_counts *counts)
{
    sep_label_values values = {.count = 1};

    for (int v = 1; v < 256; v++)
        if (counts->voxels[v] > 0)
            values.value[values.count++] = (uint16_t)v;
    return values;
}

/* Multiples of the first, up to the rounding of 255 / n. */
static bool is_even(const sep_label_values *values)
{
    const int step = values->value[1];

    for (int i = 2; i < values->count; i++) {
        int off = values->value[i] % step;
        if (off > 3 && off < step - 3)
            return false;
    }
    return true;
}

static bool are_levels(const sep_label_values *values)
{
    const int largest = values->value[values->count - 1];

    if (values->count < 2 || values->count > MOST_LEVELS)
        return false;
    for (int i = 1; i < values->count; i++)
        if (values->value[i] - values->value[i - 1] < LEAST_STEP)
            return false;
    return largest > MOST_CLASSES || (values->count > 2 && largest >= EVEN_FROM && is_even(values));
}

static bool are_soft_edges(const sep_label_counts *counts, const sep_label_values *values)
{
    int64_t bright = 0, between = 0, middle = 0;

    for (int v = NEAR + 1; v < 256; v++) {
        *(v >= 255 - NEAR ? &bright : &between) += counts->voxels[v];
        middle += v >= MIDDLE_LOW && v < MIDDLE_HIGH ? counts->voxels[v] : 0;
    }
    return values->count > MOST_LEVELS && bright > between && middle > 0;
}

sep_status sep_label_counts_check(const sep_label_counts *counts, const char *name)
{
    const sep_label_values values = values_of(counts);
    char list[200];

    if (are_levels(&values)) {
        write_list(&values, list, sizeof list);
        return sep_fail(SEP_ERR_FORMAT,
                        "%s: the values %s are grey levels, not class indices: --values %s (label_values in [data]) "
                        "makes them classes 0 to %d, --values 0-255 keeps them%s",
                        name, list, list, values.count - 1,
                        values.count == 2 ? ", --threshold 128 (mask_threshold) cuts a mask" : "");
    }
    if (are_soft_edges(counts, &values))
        return sep_fail(SEP_ERR_FORMAT,
                        "%s: %d grey levels, most close to black or white, are a mask with soft edges and no class "
                        "indices: --threshold 128 (mask_threshold in [data]) cuts it, --values 0-255 keeps the values",
                        name, values.count);
    return SEP_OK;
}
