/* Reading the file of registered pairs. Nothing in it is believed before it was looked at. */
#include "config.h"
#include "image/formats.h"
#include "registration/pairs/pairs_file.h"

#if SEP_HAVE_HDF5

#include "image/hdf5_file.h"
#include "registration/pairs/pairs_hdf5.h"
#include "registration/transform/spline.h"

#include <math.h>
#include <string.h>

enum { MOST_VOLUMES = 1 << 15 };

static bool read_attribute(hid_t file, const char *name, hid_t type, void *value)
{
    hid_t attribute = H5Aexists(file, name) > 0 ? H5Aopen(file, name, H5P_DEFAULT) : -1;
    hid_t space = attribute < 0 ? -1 : H5Aget_space(attribute);
    bool read = space >= 0 && H5Sget_simple_extent_npoints(space) == 1 && H5Aread(attribute, type, value) >= 0;

    if (space >= 0)
        H5Sclose(space);
    if (attribute >= 0)
        H5Aclose(attribute);
    return read;
}

static sep_status check_kind(const sep_pairs_source *s)
{
    char text[sizeof SEP_PAIRS_FORMAT] = {0};
    int version = 0;
    hid_t type = H5Tcopy(H5T_C_S1);
    const bool known = type >= 0 && H5Tset_size(type, sizeof text) >= 0 &&
                       read_attribute(s->file, "format", type, text) &&
                       read_attribute(s->file, "format_version", H5T_NATIVE_INT, &version);

    if (type >= 0)
        H5Tclose(type);
    text[sizeof text - 1] = '\0';
    if (!known || strcmp(text, SEP_PAIRS_FORMAT) != 0)
        return sep_pairs_damaged(s, "no format");
    if (version != SEP_PAIRS_FORMAT_VERSION)
        return sep_fail(SEP_ERR_UNSUPPORTED, "%s: format version %d; this septum reads %d", s->path, version,
                        SEP_PAIRS_FORMAT_VERSION);
    return SEP_OK;
}

/* ---- what they hold ---------------------------------------------------------------------------------------------- */

static sep_status read_options(const sep_pairs_source *s, sep_pairs *set)
{
    void *row;
    int64_t rows;
    sep_status status = sep_table_read(s, &sep_options_table, 1, &row, &rows);

    if (status == SEP_OK && rows != 1)
        status = sep_pairs_damaged(s, "options");
    if (status == SEP_OK)
        memcpy(&set->options, row, sizeof set->options);
    sep_free(row);
    return status;
}

static sep_status take_volumes(const sep_pairs_source *s, sep_pairs *set, const sep_pairs_volume *row, int64_t rows)
{
    const sep_status status = sep_memory_check((uint64_t)rows * (uint64_t)rows * sizeof *set->place);

    if (status != SEP_OK)
        return sep_fail_within(status, "%s: %lld volumes", s->path, (long long)rows);
    SEP_TRY(sep_pairs_reserve(set, (int)rows, 0));
    for (int i = 0; i < rows; i++) {
        if (row[i].of_case < 0 || row[i].of_case >= rows)
            return sep_pairs_damaged(s, "volumes");
        set->volume[i] = row[i];
        set->volume[i].volume = NULL;
        set->volumes++;
    }
    return SEP_OK;
}

static bool all_finite(const double *number, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++)
        if (!isfinite(number[i]))
            return false;
    return true;
}

static bool is_pair(const sep_pairs *set, const sep_pair *p)
{
    const bool good = p->fixed >= 0 && p->fixed < set->volumes && p->moving >= 0 && p->moving < set->volumes &&
                      p->fixed != p->moving && (int)p->state >= SEP_PAIR_OPEN && (int)p->state <= SEP_PAIR_FAILED;

    return good && all_finite(p->transform.matrix[0], 12) && sep_pairs_find(set, p->fixed, p->moving) == NULL;
}

static sep_status take_pairs(const sep_pairs_source *s, sep_pairs *set, const sep_pair *row, int64_t rows)
{
    SEP_TRY(sep_pairs_reserve(set, 0, (int)rows));
    for (int i = 0; i < rows; i++) {
        if (!is_pair(set, &row[i]))
            return sep_pairs_damaged(s, "pairs");
        sep_pair *pair = &set->pair[i];
        *pair = row[i];
        pair->report.failed = row[i].state == SEP_PAIR_FAILED;
        sep_spatial_identity(&pair->transform);
        memcpy(pair->transform.matrix, row[i].transform.matrix, sizeof row[i].transform.matrix);
        memcpy(pair->transform.centre, row[i].transform.centre, sizeof row[i].transform.centre);
        set->pairs++;
        sep_pairs_note_place(set, i);
    }
    return SEP_OK;
}

static sep_status take_spline(const sep_pairs_source *s, sep_pairs *set, const sep_spline_row *row,
                              const double *coefficient, int64_t coefficients)
{
    uint64_t nodes = 1;
    sep_spline *spline;

    if (row->pair < 0 || row->pair >= set->pairs)
        return sep_pairs_damaged(s, "splines");
    for (int i = 0; i < 3; i++) {
        if (row->size[i] < 4 || row->size[i] > 1 << 16)
            return sep_pairs_damaged(s, "splines");
        nodes *= (uint64_t)row->size[i];
    }
    if (row->first > (uint64_t)coefficients || 3 * nodes > (uint64_t)coefficients - row->first)
        return sep_pairs_damaged(s, "splines");
    if (!all_finite(row->to_world[0], 12) || !all_finite(coefficient + row->first, 3 * nodes))
        return sep_pairs_damaged(s, "splines");
    spline = &set->pair[row->pair].transform.spline;
    if (spline->size[0] != 0)
        return sep_pairs_damaged(s, "splines");
    memcpy(spline->size, row->size, sizeof spline->size);
    memcpy(spline->to_world, row->to_world, sizeof spline->to_world);
    SEP_TRY(sep_spline_allocate(spline));
    for (uint64_t c = 0; c < 3; c++)
        memcpy(spline->coefficient[c], coefficient + row->first + c * nodes, nodes * sizeof *coefficient);
    return SEP_OK;
}

static sep_status read_splines(const sep_pairs_source *s, sep_pairs *set)
{
    double *coefficient = NULL;
    void *row;
    int64_t rows, coefficients = 0;
    sep_status status = sep_table_read(s, &sep_splines_table, set->pairs, &row, &rows);

    if (status == SEP_OK)
        status = sep_numbers_read(s, "coefficients", &coefficient, &coefficients);
    for (int64_t i = 0; i < rows && status == SEP_OK; i++)
        status = take_spline(s, set, (const sep_spline_row *)row + i, coefficient, coefficients);
    sep_free(coefficient);
    sep_free(row);
    return status;
}

static sep_status read_file(const sep_pairs_source *s, sep_pairs *set)
{
    void *row = NULL;
    int64_t rows;

    SEP_TRY(check_kind(s));
    SEP_TRY(read_options(s, set));
    sep_status status = sep_table_read(s, &sep_volumes_table, MOST_VOLUMES, &row, &rows);
    if (status == SEP_OK)
        status = take_volumes(s, set, row, rows);
    sep_free(row);
    SEP_TRY(status);
    status = sep_table_read(s, &sep_pairs_table, (int64_t)set->volumes * set->volumes, &row, &rows);
    if (status == SEP_OK)
        status = take_pairs(s, set, row, rows);
    sep_free(row);
    return status == SEP_OK ? read_splines(s, set) : status;
}

sep_status sep_pairs_read(const char *path, sep_pairs *set)
{
    sep_pairs_source s = {.path = path};
    sep_hdf5_session session;

    sep_status status = sep_hdf5_open(&session, path);
    s.file = session.file;
    if (status == SEP_OK)
        status = read_file(&s, set);
    return sep_hdf5_close(&session, path, status);
}

#else

sep_status sep_pairs_read(const char *path, sep_pairs *set)
{
    (void)set;
    return sep_fail_without_hdf5(path);
}

#endif
