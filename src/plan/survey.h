/* What a data set is, before anything is chosen: its scans by use, sizes, intensities, classes, and what looks wrong.
 */
#ifndef SEPTUM_PLAN_SURVEY_H
#define SEPTUM_PLAN_SURVEY_H

#include "data/split.h"
#include "data/ways.h"
#include "septum/plan.h"

typedef enum sep_use { SEP_USE_LABELLED = 0, SEP_USE_UNLABELLED, SEP_USE_VALIDATION, SEP_USES } sep_use;
extern const char *const sep_use_names[SEP_USES]; /* "labelled", ... */

/* Distributions are kept as quantiles: number k is exceeded by all but k / 200 of the voxels, so that number 0 is the
 * minimum, 1 the percentile 0.5, 199 the percentile 99.5. */
enum { SEP_QUANTILES = 201 };

/* One class in one scan. */
typedef struct sep_class_part {
    int64_t voxels;
    double centre[3]; /* x, y, z of the order of most, from the scan's middle, in halves of its size: -1 to 1 */
} sep_class_part;

typedef struct sep_surveyed {
    const sep_entry *entry;
    sep_use use;
    sep_volume grid;                    /* as stored; without voxels */
    uint64_t hash;                      /* of the image, all channels */
    float (*image)[SEP_QUANTILES];      /* of each channel */
    float (*foreground)[SEP_QUANTILES]; /* of the voxels that have a class; NULL: none has, or no map was read */
    float *thumbnail;                   /* of channel 0, in the order of most (data/ways.h); NULL: one of many */
    sep_class_part *part;               /* [classes]; NULL: no label map was read */
    int labelled_slices;                /* that have a class */
    sep_order order;                    /* that brings it into the order of most, cut along data.slice_axis */
} sep_surveyed;

/* Along an axis (x, y, z) of the order of most scans: voxels, and their size in mm, 1 without geometry. */
static inline int sep_surveyed_size(const sep_surveyed *scan, int axis)
{
    const int size[3] = {scan->grid.width, scan->grid.height, scan->grid.depth};
    return size[scan->order.axis[axis]];
}

static inline float sep_surveyed_spacing(const sep_surveyed *scan, int axis)
{
    return scan->grid.spacing[scan->order.axis[axis]];
}

typedef enum sep_finding_kind {
    SEP_FOUND_SIZE = 0,
    SEP_FOUND_PLACE,
    SEP_FOUND_VALUES,
    SEP_FOUND_ORDER,
    SEP_FOUND_EMPTY,
    SEP_FOUND_AXIS,
    SEP_FOUND_THICK,
    SEP_FOUND_NO_GEOMETRY,
    SEP_FOUND_SLICES_LAST,
    SEP_FOUND_SPACING,
    SEP_FOUND_CONSTANT,
    SEP_FOUND_BRIGHT,
    SEP_FOUND_LEVEL,
    SEP_FOUND_TWICE,
    SEP_FOUND_CLASS,
    SEP_FOUND_ONE_SLICE,
    SEP_FOUND_LIST,
    SEP_FINDINGS
} sep_finding_kind;

/* A kind of what looks wrong, with whom it concerns. */
typedef struct sep_finding {
    int count;
    sep_strings first; /* some of them, with details */
} sep_finding;

enum { SEP_SHOWN_SCANS = 6 };

typedef struct sep_survey {
    sep_arena *arena; /* strings and arrays of the survey */
    sep_data_config data;
    bool own_lists; /* the lists were found, not given */
    sep_catalogue catalogue;
    sep_split split;
    int channels;  /* of each image */
    bool coloured; /* they are the colours of pictures */
    int classes;
    const char **class_name; /* [classes] */
    int scans;
    sep_surveyed *scan; /* training ones first */
    int cases[SEP_USES], scans_of[SEP_USES], slices[SEP_USES];
    int labelled_slices; /* of the labelled scans, those that have a class */
    int annotated_cases; /* that have label maps, whatever they count as */
    int training_cases;  /* labelled or not */
    sep_finding finding[SEP_FINDINGS];
    /* Some labelled scans' fullest slices, all channels, to be shown and to time steps with. */
    int shown;
    int shown_scan[SEP_SHOWN_SCANS];
    sep_volume shown_image[SEP_SHOWN_SCANS];
    sep_labels shown_label[SEP_SHOWN_SCANS];
} sep_survey;

/* Goes through the folder. Freed in any case. */
sep_status sep_survey_make(const sep_plan_request *request, sep_survey *survey) SEP_MUST_CHECK;
void sep_survey_free(sep_survey *survey);

/* ---- its parts, in the order in which they are called ------------------------------------------------------------ */

/* Format, lists, scans, cases and which of them do what; no scan is read but some pictures, for colours. */
sep_status sep_survey_find(const sep_plan_request *request, sep_survey *survey) SEP_MUST_CHECK;
/* How label maps are to be read, and the classes: as dataset.json says, or by the values of all label maps that may be
 * looked at. */
sep_status sep_survey_classes(sep_survey *survey) SEP_MUST_CHECK;
/* How all scans lie, the axis that they are cut along, and what looks wrong of that; of files that are no pictures the
 * headers are read. */
sep_status sep_survey_lay(sep_survey *survey) SEP_MUST_CHECK;
/* One scan, its label map too where its use allows. */
sep_status sep_survey_scan(sep_survey *survey, int index) SEP_MUST_CHECK;
/* Whether all of its scans say where their voxels lie. */
bool sep_survey_has_geometry(const sep_survey *survey);
/* What only all scans together show. */
sep_status sep_survey_judge(sep_survey *survey) SEP_MUST_CHECK;

/* Whether most of its scans are coloured pictures. */
sep_status sep_survey_find_colours(const sep_survey *survey, bool *coloured) SEP_MUST_CHECK;

/* Notes that something of that kind is wrong with `what`. */
sep_status sep_survey_note(sep_survey *survey, sep_finding_kind kind, const char *format, ...) SEP_PRINTF(3, 4);
/* A kind that was found, as a line for people; freed with sep_free, NULL without memory. */
char *sep_finding_text(const sep_survey *survey, sep_finding_kind kind);
/* Whether septum train refuses data with such a thing. */
bool sep_finding_refused(sep_finding_kind kind);

/* What is said behind the name of a scan about one of its channels, "" of one alone; from the arena. */
const char *sep_survey_channel(const sep_survey *survey, int channel);

/* The value that `share` (0 to 1) of the values don't exceed; sorts them. NaN of none. */
double sep_quantile_of(double *values, int count, double share);

#endif
