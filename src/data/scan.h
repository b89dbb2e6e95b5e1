/* Private to src/data: what is checked of a scan, and how scans are brought into one order. */
#ifndef SEPTUM_DATA_SCAN_H
#define SEPTUM_DATA_SCAN_H

#include "data/catalogue.h"

/* Copies of the strings; label_path may be NULL. What is there after a failure, sep_scan_free takes. */
sep_status sep_scan_name(const char *name, const char *image_path, const char *label_path,
                         sep_scan *scan) SEP_MUST_CHECK;
/* Reads the image and, if it is asked for, the label map: that of a labelled scan or, where there is another one of
 * those that validate, of any other. */
sep_status sep_scan_load(const sep_data_config *config, int classes, bool with_label, sep_scan *scan) SEP_MUST_CHECK;
void sep_scan_free(sep_scan *scan);

/* A label map of a data set. One that a threshold makes all background, but that holds values above 0, is an error. */
sep_status sep_label_map_read(const char *path, const sep_label_reading *reading, sep_labels *labels) SEP_MUST_CHECK;
/* The label map has the image's size, and no value beyond the classes but what it ignores. Errors name
 * scan->label_path. */
sep_status sep_scan_check_label(const sep_scan *scan, int classes) SEP_MUST_CHECK;

/* Puts the label map into its image's order. One that lies elsewhere is an error unless the policy takes it; one of
 * another size is left to sep_scan_check_label. */
sep_status sep_scan_match_label(sep_geometry_policy policy, sep_scan *scan) SEP_MUST_CHECK;

/* Has the dataset's own value for what nobody annotated in `labels`, and checks it against what `labels` say already.
 */
sep_status sep_take_ignored(const sep_catalogue *catalogue, sep_label_reading *labels) SEP_MUST_CHECK;
/* A note of how much of the labelled scans is annotated, where label maps ignore. */
sep_status sep_dataset_note_ignored(sep_dataset *dataset) SEP_MUST_CHECK;
/* A warning of the classes that no labelled training scan shows. */
sep_status sep_dataset_warn_absent(sep_dataset *dataset) SEP_MUST_CHECK;

/* The number of classes and their names, as the configuration and the dataset say; the names alone. */
sep_status sep_dataset_choose_classes(const sep_data_config *config, const sep_catalogue *catalogue,
                                      sep_dataset *dataset) SEP_MUST_CHECK;
sep_status sep_class_names_choose(const sep_data_config *config, const sep_catalogue *catalogue,
                                  sep_strings *names) SEP_MUST_CHECK;

/* Image and, where there is one, label map. */
sep_status sep_scan_reorder(const sep_order *order, sep_scan *scan) SEP_MUST_CHECK;
/* Puts an image into the order in which it is taken (sep_taken_order); a single slice can't be, and is an error that
 * names `path`. */
sep_status sep_image_cut(sep_slice_axis axis, const char *path, sep_volume *image) SEP_MUST_CHECK;
/* Puts all scans that have geometry into the orientation in which most are stored, cut along config->slice_axis. */
sep_status sep_dataset_orient(const sep_data_config *config, sep_dataset *dataset) SEP_MUST_CHECK;
/* Gives the slices pixels of that size (sep_data_config.spacing): the image, its label map and agreement, as far as
 * they are there. `changed`: they had another. */
sep_status sep_scan_resample(const float spacing[2], sep_scan *scan, bool *changed) SEP_MUST_CHECK;
/* Notes and warnings of label maps in another order than their images, or elsewhere. */
sep_status sep_dataset_note_labels(sep_dataset *dataset) SEP_MUST_CHECK;
/* Adds a line from sep_format, and frees it. */
sep_status sep_add_line(sep_strings *lines, char *line) SEP_MUST_CHECK;

#endif
