/* Which scans of a catalogue train, which validate, which are kept for the test, which are labelled. */
#ifndef SEP_DATA_SPLIT_H
#define SEP_DATA_SPLIT_H

#include "data/catalogue.h"

typedef struct sep_split {
    int *training;  /* indices into the catalogue, in training order */
    bool *labelled; /* of each training scan */
    int trainings;
    int *validation;
    int validations;
    int *test; /* no other part of a split holds a scan of these cases */
    int tests;
    int candidates; /* cases that could have been chosen to validate; 0 where a list names those that do */
} sep_split;

/* The caller frees in any case. */
sep_status sep_split_make(const sep_data_config *config, const sep_catalogue *catalogue,
                          sep_split *split) SEP_MUST_CHECK;
void sep_split_free(sep_split *split);

#endif
