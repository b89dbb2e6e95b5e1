/* Private to src/data: what is checked of a scan. */
#ifndef SEPTUM_DATA_SCAN_H
#define SEPTUM_DATA_SCAN_H

#include "septum/data.h"

/* The label map has the image's size, and no value beyond the classes. Errors name scan->label_path. */
sep_status sep_scan_check_label(const sep_scan *scan, int classes) SEP_MUST_CHECK;

#endif
