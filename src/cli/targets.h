/* The images that septum propagate labels. */
#ifndef SEPTUM_CLI_TARGETS_H
#define SEPTUM_CLI_TARGETS_H

#include "cli/registration.h"

typedef struct sep_target {
    const char *name;
    const sep_volume *image;     /* intensities as in the dataset */
    const sep_labels *reference; /* NULL where it is not known */
    int scan;                    /* of the dataset, -1: a file */
} sep_target;

typedef struct sep_targets {
    sep_target *target;
    int count;
    sep_volume *image; /* of the files; owned */
    sep_strings names;
} sep_targets;

/* The files, or with none the validation scans of the dataset, which must outlive them. */
sep_status sep_targets_open(const sep_registered_data *data, char **file, int files,
                            sep_targets *targets) SEP_MUST_CHECK;
void sep_targets_close(sep_targets *targets);
/* The name of a case: its file's without folder, suffix, and nnU-Net's channel number. NULL without memory. */
char *sep_case_name(const char *path);
/* The images among the files of a folder, without the channels behind the first where nnU-Net's names say so
 * (NAME_0001.nii.gz beside NAME_0000.nii.gz): the log says what was left out. */
sep_status sep_take_first_channels(const char *folder, const sep_strings *files, int channels,
                                   sep_strings *taken) SEP_MUST_CHECK;

#endif
