/* The scans that septum features looks at, and their label maps. */
#ifndef SEPTUM_CLI_FEATURE_SCANS_H
#define SEPTUM_CLI_FEATURE_SCANS_H

#include "cli/outputs.h"

typedef struct sep_feature_scans {
    sep_strings name, image, label; /* no labels: those that a network predicts are wanted */
    sep_label_reading reading;
    int channels; /* of each image, as the model looks at them */
    /* Of a configuration, whose scans for the test these are; NULL for files. */
    const char *configuration;
    sep_options *given;
    sep_data_config config;
    sep_test_set set;
} sep_feature_scans;

/* `data` is one configuration (.ini), or images and folders of them. Labels are a label map, a folder of them, or
 * "prediction"; NULL: those of the configuration. The caller frees in any case. */
sep_status sep_feature_scans_find(char **data, int count, const char *labels, const sep_label_reading *reading,
                                  int channels, sep_feature_scans *scans) SEP_MUST_CHECK;
void sep_feature_scans_free(sep_feature_scans *scans);
void sep_feature_scans_declare(const sep_feature_scans *scans, sep_outputs *files);

/* One scan as it is in its file; and its label map in the same order, whose classes are below `classes`. */
sep_status sep_feature_scan_image(const sep_feature_scans *scans, int index, sep_volume *image) SEP_MUST_CHECK;
sep_status sep_feature_scan_labels(const sep_feature_scans *scans, int index, int classes,
                                   sep_labels *labels) SEP_MUST_CHECK;

#endif
