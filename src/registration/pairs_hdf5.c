/* A table's columns as an HDF5 compound type. */
#include "config.h"

#if SEP_HAVE_HDF5

#include "registration/pairs_hdf5.h"

#include <string.h>

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

hid_t sep_table_type(const sep_table *table)
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

#endif
