/* Rows of structs as HDF5 datasets: the compound type of a table, writing, reading. */
#include "config.h"

#if SEP_HAVE_HDF5

#include "image/formats.h"
#include "image/hdf5_dataset.h"
#include "registration/pairs/pairs_hdf5.h"

#include <string.h>

enum { ROWS_A_CHUNK = 1024 };

#define MOST_NUMBERS (INT64_MAX / 65536)

/* ---- types ------------------------------------------------------------------------------------------------------- */

/* An enumeration whose members are the words, 0, 1, ... */
static hid_t word_type(const char *words)
{
    hid_t type = H5Tenum_create(H5T_NATIVE_INT);
    char name[32];
    int value = 0;

    for (const char *word = words; type >= 0 && *word != '\0'; value++) {
        const size_t length = strcspn(word, "|");

        memcpy(name, word, length);
        name[length] = '\0';
        H5Tenum_insert(type, name, &value);
        word += length + (word[length] == '|');
    }
    return type;
}

static hid_t text_type(int bytes)
{
    hid_t type = H5Tcopy(H5T_C_S1);

    if (type >= 0 && H5Tset_size(type, (size_t)bytes) >= 0)
        return type;
    return -1;
}

static hid_t element_type(const sep_column *column)
{
    switch (column->kind) {
    case SEP_COLUMN_WORD:
        return word_type(column->words);
    case SEP_COLUMN_TEXT:
        return text_type(column->size[0]);
    case SEP_COLUMN_BOOL:
        return H5Tcopy(H5T_NATIVE_UINT8);
    case SEP_COLUMN_UINT64:
        return H5Tcopy(H5T_NATIVE_UINT64);
    case SEP_COLUMN_DOUBLE:
        return H5Tcopy(H5T_NATIVE_DOUBLE);
    case SEP_COLUMN_INT:
        break;
    }
    return H5Tcopy(H5T_NATIVE_INT);
}

static hid_t column_type(const sep_column *column)
{
    const hsize_t size[2] = {(hsize_t)column->size[0], (hsize_t)column->size[1]};
    hid_t element = element_type(column);

    if (column->kind == SEP_COLUMN_TEXT || column->size[0] == 0 || element < 0)
        return element;
    hid_t array = H5Tarray_create2(element, column->size[1] > 0 ? 2 : 1, size);
    H5Tclose(element);
    return array;
}

/* Of the struct in memory; packed it is the one of the file. Negative on failure. */
static hid_t table_type(const sep_table *table)
{
    hid_t whole = H5Tcreate(H5T_COMPOUND, table->row);
    bool inserted = whole >= 0;

    for (int i = 0; i < table->columns && inserted; i++) {
        const sep_column *column = &table->column[i];
        hid_t type = column_type(column);

        inserted = type >= 0 && H5Tinsert(whole, column->name, column->offset, type) >= 0;
        if (type >= 0)
            H5Tclose(type);
    }
    if (whole >= 0 && !inserted) {
        H5Tclose(whole);
        return -1;
    }
    return whole;
}

/* ---- writing ----------------------------------------------------------------------------------------------------- */

/* One row or more; `type` is the memory's, `stored` the file's. */
static bool write_rows(hid_t file, const char *name, hid_t type, hid_t stored, hsize_t rows, bool compress,
                       const void *row)
{
    const hsize_t chunk = rows < ROWS_A_CHUNK ? rows : ROWS_A_CHUNK;
    hid_t properties = sep_hdf5_dataset_properties(1, compress ? &chunk : NULL, 1);
    hid_t dataset = sep_hdf5_write_dataset(file, name, 1, &rows, type, stored, properties, row);

    return dataset >= 0 && H5Dclose(dataset) >= 0;
}

bool sep_table_write(hid_t file, const sep_table *table, int rows, const void *row)
{
    hid_t type = table_type(table), packed = type < 0 ? -1 : H5Tcopy(type);
    bool written = rows == 0 || (packed >= 0 && H5Tpack(packed) >= 0 &&
                                 write_rows(file, table->name, type, packed, (hsize_t)rows, true, row));

    if (packed >= 0)
        H5Tclose(packed);
    if (type >= 0)
        H5Tclose(type);
    return written;
}

bool sep_numbers_write(hid_t file, const char *name, size_t count, const double *number)
{
    return write_rows(file, name, H5T_NATIVE_DOUBLE, H5T_NATIVE_DOUBLE, (hsize_t)count, false, number);
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

sep_status sep_pairs_damaged(const sep_pairs_source *s, const char *what)
{
    return sep_fail(SEP_ERR_FORMAT, "%s: %s: this is no file of septum register --all, or a damaged one", s->path,
                    what);
}

/* One axis of at most `most` rows, all of them written: the file must be large enough for what it claims. */
static sep_status check_rows(const sep_pairs_source *s, sep_hdf5_dataset *d, int64_t most)
{
    if (d->axes != 1 || d->size[0] > (hsize_t)most)
        return sep_pairs_damaged(s, d->name);
    SEP_TRY(sep_hdf5_check_storage(d));
    if (d->size[0] * d->element > d->stored * SEP_DEFLATE_RATIO)
        return sep_hdf5_damaged(d, "it claims more rows than it stores");
    return SEP_OK;
}

static sep_status read_values(sep_hdf5_dataset *d, hid_t type, size_t size, void **row)
{
    const size_t rows = (size_t)d->size[0] + 1;
    sep_status status = sep_memory_check(rows * size);

    if (status != SEP_OK)
        return sep_fail_within(status, "%s: dataset '%s'", d->path, d->name);
    *row = sep_calloc(rows, size);
    return *row ? sep_hdf5_read_dataset(d, type, *row) : SEP_ERR_MEMORY;
}

/* The rows of a one-dimensional dataset, in memory of `size` bytes each (sep_free); none where it is not there. */
static sep_status read_rows(const sep_pairs_source *s, const char *name, hid_t type, size_t size, int64_t most,
                            void **row, int64_t *rows)
{
    sep_hdf5_dataset dataset;

    *row = NULL;
    *rows = 0;
    if (!sep_hdf5_holds(s->file, name))
        return SEP_OK;
    sep_status status = sep_hdf5_open_dataset(&dataset, s->path, s->file, name);
    if (status == SEP_OK)
        status = check_rows(s, &dataset, most);
    if (status == SEP_OK)
        status = read_values(&dataset, type, size, row);
    if (status == SEP_OK)
        *rows = (int64_t)dataset.size[0];
    sep_hdf5_close_dataset(&dataset);
    return status;
}

/* A flag of the file is a byte of any value. */
static void settle_flags(const sep_table *table, void *row, int64_t rows)
{
    for (int i = 0; i < table->columns; i++)
        for (int64_t r = 0; table->column[i].kind == SEP_COLUMN_BOOL && r < rows; r++) {
            unsigned char *flag = (unsigned char *)row + (size_t)r * table->row + table->column[i].offset;

            *flag = *flag != 0;
        }
}

static void end_texts(const sep_table *table, void *row, int64_t rows)
{
    for (int i = 0; i < table->columns; i++)
        for (int64_t r = 0; table->column[i].kind == SEP_COLUMN_TEXT && r < rows; r++)
            ((char *)row)[(size_t)r * table->row + table->column[i].offset + (size_t)table->column[i].size[0] - 1] = 0;
}

sep_status sep_table_read(const sep_pairs_source *s, const sep_table *table, int64_t most, void **row, int64_t *rows)
{
    hid_t type = table_type(table);
    sep_status status = type >= 0 ? read_rows(s, table->name, type, table->row, most, row, rows) : SEP_ERR_MEMORY;

    if (type >= 0)
        H5Tclose(type);
    if (status == SEP_OK) {
        settle_flags(table, *row, *rows);
        end_texts(table, *row, *rows);
    }
    return status;
}

sep_status sep_numbers_read(const sep_pairs_source *s, const char *name, double **number, int64_t *count)
{
    void *row;
    const sep_status status = read_rows(s, name, H5T_NATIVE_DOUBLE, sizeof(double), MOST_NUMBERS, &row, count);

    *number = row;
    return status;
}

#endif
