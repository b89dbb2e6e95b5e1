/* What options say of the voxels of label maps. */
#include "cli/label_reading.h"

const char *sep_values_option, *sep_colours_option;
int64_t sep_threshold_option;

sep_status sep_read_label_options(sep_label_reading *reading)
{
    return sep_parse_label_reading("", sep_threshold_option, sep_values_option, sep_colours_option, reading);
}

sep_status sep_parse_label_reading(const char *prefix, int64_t threshold, const char *values, const char *colours,
                                   sep_label_reading *reading)
{
    *reading = (sep_label_reading){.threshold = (int)threshold};
    if ((threshold > 0) + (values != NULL) + (colours != NULL) > 1)
        return sep_usage_error(
            "--%sthreshold makes a mask of grey levels, --%svalues and --%scolours give each a class: "
            "not both of one label map",
            prefix, prefix, prefix);
    if (values && sep_label_values_parse(values, &reading->values) != SEP_OK)
        return sep_usage_error("--%svalues: %s", prefix, sep_error_text());
    if (colours && sep_label_colours_parse(colours, &reading->colours) != SEP_OK)
        return sep_usage_error("--%scolours: %s", prefix, sep_error_text());
    return SEP_OK;
}
