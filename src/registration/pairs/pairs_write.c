/* Writing the file of registered pairs: built in memory, put in place atomically. */
#include "config.h"
#include "image/formats.h"
#include "registration/pairs/pairs_file.h"

#if SEP_HAVE_HDF5

#include "image/hdf5_file.h"
#include "registration/pairs/pairs_hdf5.h"
#include "registration/transform/spline.h"

#include <stdlib.h>
#include <string.h>

/* ---- splines ----------------------------------------------------------------------------------------------------- */

/* The coefficients of `count` pairs side by side; *rows of the table. */
static double *gather_splines(const sep_pair *pair, int count, sep_spline_row *row, int *rows, size_t *coefficients)
{
    size_t total = 0;

    for (int i = 0; i < count; i++)
        total += sep_spatial_is_affine(&pair[i].transform) ? 0 : 3 * sep_spline_nodes(&pair[i].transform.spline);
    double *all = sep_calloc(total + 1, sizeof *all);
    *rows = 0;
    *coefficients = 0;
    for (int i = 0; i < count && all != NULL; i++) {
        const sep_spline *spline = &pair[i].transform.spline;
        const size_t nodes = sep_spline_nodes(spline);

        if (sep_spatial_is_affine(&pair[i].transform))
            continue;
        row[*rows] = (sep_spline_row){.pair = i, .first = *coefficients};
        memcpy(row[*rows].size, spline->size, sizeof spline->size);
        memcpy(row[(*rows)++].to_world, spline->to_world, sizeof spline->to_world);
        for (int c = 0; c < 3; c++, *coefficients += nodes)
            memcpy(all + *coefficients, spline->coefficient[c], nodes * sizeof *all);
    }
    return all;
}

static bool write_splines(hid_t file, const sep_pair *pair, int count)
{
    sep_spline_row *row = sep_calloc((size_t)count + 1, sizeof *row);
    size_t coefficients = 0;
    int rows = 0;
    double *all = row == NULL ? NULL : gather_splines(pair, count, row, &rows, &coefficients);
    const bool written = all != NULL && (rows == 0 || (sep_table_write(file, &sep_splines_table, rows, row) &&
                                                       sep_numbers_write(file, "coefficients", coefficients, all)));

    sep_free(all);
    sep_free(row);
    return written;
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

static int by_volumes(const void *a, const void *b)
{
    const sep_pair *p = a, *q = b;

    return p->fixed != q->fixed ? p->fixed - q->fixed : p->moving - q->moving;
}

static bool write_set(hid_t file, const sep_pairs *set, const sep_pair *sorted)
{
    const int version = SEP_PAIRS_FORMAT_VERSION;

    return sep_hdf5_write_text(file, "format", 0, NULL, SEP_PAIRS_FORMAT) &&
           sep_hdf5_write_attribute(file, "format_version", 0, NULL, H5T_NATIVE_INT, &version) &&
           sep_hdf5_write_text(file, "septum_version", 0, NULL, SEP_VERSION) &&
           sep_table_write(file, &sep_options_table, 1, &set->options) &&
           sep_table_write(file, &sep_volumes_table, set->volumes, set->volume) &&
           sep_table_write(file, &sep_pairs_table, set->pairs, sorted) && write_splines(file, sorted, set->pairs);
}

static sep_status build(const char *path, const sep_pairs *set, const sep_pair *sorted, void **bytes, size_t *count)
{
    sep_hdf5_session session;
    sep_status status = SEP_OK;

    sep_hdf5_enter(&session);
    hid_t file = sep_hdf5_create_in_memory(path);
    if (file < 0 || !write_set(file, set, sorted) || !sep_hdf5_take_bytes(file, bytes, count))
        status = sep_hdf5_fail(SEP_ERR_IO, "%s: the HDF5 file can't be built", path);
    if (file >= 0)
        H5Fclose(file);
    return sep_hdf5_leave(&session, path, status);
}

sep_status sep_pairs_write(const sep_pairs *set, const char *path)
{
    sep_pair *sorted = sep_calloc((size_t)set->pairs + 1, sizeof *sorted);
    void *bytes = NULL;
    size_t count = 0;

    if (sorted == NULL)
        return SEP_ERR_MEMORY;
    if (set->pairs > 0)
        memcpy(sorted, set->pair, (size_t)set->pairs * sizeof *sorted);
    qsort(sorted, (size_t)set->pairs, sizeof *sorted, by_volumes);
    sep_status status = build(path, set, sorted, &bytes, &count);
    if (status == SEP_OK)
        status = sep_file_write_atomic(path, bytes, count);
    sep_free(bytes);
    sep_free(sorted);
    return status;
}

#else

sep_status sep_pairs_write(const sep_pairs *set, const char *path)
{
    (void)set;
    return sep_fail_without_hdf5(path);
}

#endif
