/* Access to golden files; see support_golden.h. */
#include "support_golden.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define NAME_BYTES 160

static sep_safetensors *file;
static const char *file_path;

int golden_open(const char *path)
{
    file_path = path;
    if (sep_safetensors_open(path, &file) == SEP_OK)
        return 0;
    print_error("%s\n", sep_error_text());
    return -1;
}

int golden_close(void **state)
{
    (void)state;
    sep_safetensors_close(file);
    file = NULL;
    return 0;
}

const sep_stored_tensor *golden_find(const char *golden, const char *tensor)
{
    char name[NAME_BYTES];

    snprintf(name, sizeof name, "%s.%s", golden, tensor);
    const sep_stored_tensor *found = sep_safetensors_find(file, name);
    if (found == NULL)
        fail_msg("%s has no '%s'", file_path, name);
    return found;
}

support_array golden_array(const char *golden, const char *tensor)
{
    const sep_stored_tensor *stored = golden_find(golden, tensor);
    support_array array = support_array_create(stored->shape, stored->type == SEP_STORED_I32 ? SEP_I32 : SEP_F32);

    memcpy(array.f32, stored->data, stored->count * sizeof(float));
    return array;
}

int golden_count(const char *golden, const char *prefix)
{
    char start[NAME_BYTES];
    int length = snprintf(start, sizeof start, "%s.%s", golden, prefix), found = 0;

    for (int i = 0, count = sep_safetensors_count(file); i < count; i++)
        found += strncmp(sep_safetensors_at(file, i)->name, start, (size_t)length) == 0;
    return found;
}

double golden_largest(const float *values, size_t count)
{
    double largest = 0.0;

    for (size_t i = 0; i < count; i++)
        largest = fmax(largest, fabs((double)values[i]));
    return largest;
}

double golden_distance(const float *a, const float *b, size_t count)
{
    double distance = 0.0;

    for (size_t i = 0; i < count; i++) {
        double here = fabs((double)a[i] - (double)b[i]);
        distance = here <= distance ? distance : here; /* a NaN is taken, */
        if (isnan(distance))                           /* and kept */
            break;
    }
    return distance;
}
