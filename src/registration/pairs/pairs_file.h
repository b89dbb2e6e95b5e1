/* Private to the file of registered pairs: its tables. */
#ifndef SEPTUM_REGISTRATION_PAIRS_FILE_H
#define SEPTUM_REGISTRATION_PAIRS_FILE_H

#include "septum/registration_pairs.h"

#define SEP_PAIRS_FORMAT         "septum registered pairs"
#define SEP_PAIRS_FORMAT_VERSION 2

typedef enum sep_column_kind {
    SEP_COLUMN_INT,
    SEP_COLUMN_WORD,
    SEP_COLUMN_BOOL,
    SEP_COLUMN_UINT64,
    SEP_COLUMN_DOUBLE,
    SEP_COLUMN_TEXT
} sep_column_kind;

/* A member of a struct: a field of a row in the file. */
typedef struct sep_column {
    const char *name;
    sep_column_kind kind;
    size_t offset;
    int size[2];       /* of an array; bytes of a text in size[0]; 0: a scalar */
    const char *words; /* of SEP_COLUMN_WORD, parted by '|': what 0, 1, ... are called */
    const char *asked; /* what who asks for it calls it; NULL: as the field */
} sep_column;

typedef struct sep_table {
    const char *name; /* of the dataset */
    size_t row;       /* bytes of the struct */
    const sep_column *column;
    int columns;
} sep_table;

/* Where the coefficients of a pair's B-spline are. */
typedef struct sep_spline_row {
    int pair, size[3];
    double to_world[3][4];
    uint64_t first; /* in the dataset 'coefficients': x of all nodes, then y, then z */
} sep_spline_row;

/* Rows: sep_registration_options (one), sep_pairs_volume, sep_pair, sep_spline_row. */
extern const sep_table sep_options_table, sep_volumes_table, sep_pairs_table, sep_splines_table;

/* Fills an empty set from a file that exists, without looking at the options. */
sep_status sep_pairs_read(const char *path, sep_pairs *set) SEP_MUST_CHECK;

/* Room for one more. */
sep_status sep_pairs_reserve(sep_pairs *set, int volumes, int pairs) SEP_MUST_CHECK;
void sep_pairs_note_place(sep_pairs *set, int pair);

#endif
