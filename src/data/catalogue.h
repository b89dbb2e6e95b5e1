/* The scans that a dataset's folder holds, before any is read. */
#ifndef SEP_DATA_CATALOGUE_H
#define SEP_DATA_CATALOGUE_H

#include "septum/data.h"

typedef struct sep_entry {
    char *name;
    char *image_path;
    char *label_path; /* NULL: no label map */
    bool is_frame;    /* of a series, without a label map: its case may validate, but without it */
    int group;        /* number of its case, in the order of names */
} sep_entry;

typedef struct sep_catalogue {
    sep_entry *entry; /* by name, in the order of bytes; no name twice */
    int count, capacity;
    int groups;
    const char *separator; /* ends the part of a name that says its case */
    int classes;           /* as the dataset says; 0 where it says nothing */
    int channels;          /* of each image; 0 where the dataset says nothing */
    sep_strings channel_names;
    sep_strings class_names; /* empty or `classes` long */
    bool ignores;            /* the dataset has a value for what nobody annotated */
    int ignored;
} sep_catalogue;

void sep_catalogue_free(sep_catalogue *catalogue);
/* Takes over the three strings (label_path may be NULL), also when it fails. A NULL name or image is out of memory. */
sep_status sep_catalogue_add(sep_catalogue *catalogue, char *name, char *image_path, char *label_path) SEP_MUST_CHECK;
/* Of entries that a list (`list` is its path, for the log) names more than once, the same files under the same name,
 * one stays. */
sep_status sep_catalogue_drop_repeated(const char *list, sep_catalogue *catalogue) SEP_MUST_CHECK;
/* Sorts what was added and groups it into cases, whose part of a name `separator` ends (it must outlive the list).
 * Errors: a name that is there twice. */
sep_status sep_catalogue_order(sep_catalogue *catalogue, const char *separator) SEP_MUST_CHECK;

/* The rest is for an ordered list. */
int sep_catalogue_lookup(const sep_catalogue *catalogue, const char *name); /* -1: not there */
/* The first of the *count scans (side by side) of the case of that name, -1 if there is none. */
int sep_catalogue_case(const sep_catalogue *catalogue, const char *name, int *count);

#endif
