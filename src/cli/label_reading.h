/* What options say of the voxels of label maps. */
#ifndef SEPTUM_CLI_LABEL_READING_H
#define SEPTUM_CLI_LABEL_READING_H

#include "cli/options.h"
#include "septum/image.h"

extern const char *sep_values_option, *sep_colours_option;
extern int64_t sep_threshold_option;

/* Rows of an option table, of commands whose label maps are all of one kind. */
#define SEP_LABEL_READING_OPTIONS                                                                                      \
    {"values", 0, "V,V,...",                                                                                           \
     "label maps hold these values for classes 0, 1, ..., as in 0,85,170,255, not the classes",                        \
     .string = &sep_values_option},                                                                                    \
        {"threshold",                                                                                                  \
         0,                                                                                                            \
         "N",                                                                                                          \
         "label maps are pictures used as masks: pixels of N or more are class 1; 0: they aren't",                     \
         .integer = &sep_threshold_option,                                                                             \
         .low = 0,                                                                                                     \
         .high = 65535},                                                                                               \
    {                                                                                                                  \
        "colours", 0, "RRGGBB,...", "label maps are pictures in which these colours stand for classes 0, 1, ...",      \
            .string = &sep_colours_option                                                                              \
    }

/* What those options say. */
sep_status sep_read_label_options(sep_label_reading *reading) SEP_MUST_CHECK;

/* Of --<prefix>threshold, --<prefix>values and --<prefix>colours at most one is given (0, NULL, NULL: not). */
sep_status sep_parse_label_reading(const char *prefix, int64_t threshold, const char *values, const char *colours,
                                   sep_label_reading *reading) SEP_MUST_CHECK;

#endif
