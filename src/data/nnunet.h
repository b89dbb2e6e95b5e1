/* nnU-Net's description of a dataset: dataset.json of versions 1 and 2. */
#ifndef SEP_DATA_NNUNET_H
#define SEP_DATA_NNUNET_H

#include "data/catalogue.h"

typedef struct sep_nnunet_manifest {
    int classes;
    sep_strings class_names;
    int channels; /* 1 where nothing is said */
    sep_strings channel_names;
    int ignored;        /* the value of the label 'ignore'; -1: there is none */
    int training_count; /* "numTraining"; -1 where it is missing */
    char *file_ending;  /* ".nii.gz" where nothing is said */
    /* Training files named one by one, relative to the folder or absolute; all empty: all that imagesTr holds. label[i]
     * is "" where a case has none, name[i] where its files say it. */
    sep_strings name, image, label;
} sep_nnunet_manifest;

/* Parses `size` bytes of JSON; `path` is for error texts. The caller frees in any case. */
sep_status sep_nnunet_parse(const char *text, size_t size, const char *path,
                            sep_nnunet_manifest *manifest) SEP_MUST_CHECK;
/* The classes and their names alone. */
sep_status sep_nnunet_parse_classes(const char *text, size_t size, const char *path,
                                    sep_nnunet_manifest *manifest) SEP_MUST_CHECK;
void sep_nnunet_free(sep_nnunet_manifest *manifest);

/* Adds the training scans that FOLDER/dataset.json speaks of, with its class names. */
sep_status sep_nnunet_find(const char *folder, sep_catalogue *catalogue) SEP_MUST_CHECK;

#endif
