/* From a folder of data to the list of its scans. */
#ifndef SEP_DATA_FIND_SCANS_H
#define SEP_DATA_FIND_SCANS_H

#include "data/catalogue.h"

/* Finds the scans of the folder in the given format, and groups them into cases. The caller frees in any case. */
sep_status sep_find_scans(const sep_data_config *config, sep_catalogue *catalogue) SEP_MUST_CHECK;

#endif
