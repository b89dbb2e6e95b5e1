/* The tables of the file of registered pairs, as members of the structs that they are read into. */
#include "registration/pairs/pairs_file.h"

#define COUNT_OF(array) ((int)(sizeof(array) / sizeof((array)[0])))

#define OPTION(member) .name = #member, .offset = offsetof(sep_registration_options, member)

static const sep_column options[] = {
    {OPTION(kind), .kind = SEP_COLUMN_WORD, .words = SEP_TRANSFORM_KINDS, .asked = "transform"},
    {OPTION(metric), .kind = SEP_COLUMN_WORD, .words = SEP_REGISTRATION_METRICS},
    {OPTION(optimiser), .kind = SEP_COLUMN_WORD, .words = SEP_REGISTRATION_OPTIMISERS},
    {OPTION(start), .kind = SEP_COLUMN_WORD, .words = SEP_REGISTRATION_STARTS},
    {OPTION(tilt), .kind = SEP_COLUMN_WORD, .words = SEP_TILTS},
    {OPTION(bins), .kind = SEP_COLUMN_INT},
    {OPTION(levels), .kind = SEP_COLUMN_INT},
    {OPTION(iterations), .kind = SEP_COLUMN_INT},
    {OPTION(spline_iterations), .kind = SEP_COLUMN_INT, .asked = "bspline-iterations"},
    {OPTION(samples), .kind = SEP_COLUMN_INT},
    {OPTION(spline_samples), .kind = SEP_COLUMN_INT, .asked = "bspline-samples"},
    {OPTION(max_step), .kind = SEP_COLUMN_DOUBLE, .asked = "step"},
    {OPTION(grid), .kind = SEP_COLUMN_DOUBLE},
    {OPTION(strain), .kind = SEP_COLUMN_DOUBLE},
    {OPTION(bending), .kind = SEP_COLUMN_DOUBLE},
    {OPTION(jacobian), .kind = SEP_COLUMN_DOUBLE, .asked = "jacobian-penalty"},
    {OPTION(seed), .kind = SEP_COLUMN_UINT64},
};

#define VOLUME(member) .name = #member, .offset = offsetof(sep_pairs_volume, member)

static const sep_column volumes[] = {
    {VOLUME(name), .kind = SEP_COLUMN_TEXT, .size = {SEP_PAIRS_NAME}},
    {VOLUME(hash), .kind = SEP_COLUMN_UINT64},
    {VOLUME(size), .kind = SEP_COLUMN_INT, .size = {3}},
    {VOLUME(affine), .kind = SEP_COLUMN_DOUBLE, .size = {3, 4}},
    {VOLUME(of_case), .kind = SEP_COLUMN_INT},
    {VOLUME(labelled), .kind = SEP_COLUMN_BOOL},
};

#define PAIR(field, member) .name = field, .offset = offsetof(sep_pair, member)

static const sep_column pairs[] = {
    {PAIR("fixed", fixed), .kind = SEP_COLUMN_INT},
    {PAIR("moving", moving), .kind = SEP_COLUMN_INT},
    {PAIR("state", state), .kind = SEP_COLUMN_WORD, .words = "open|done|failed"},
    {PAIR("reason", report.reason), .kind = SEP_COLUMN_TEXT, .size = {SEP_REASON}},
    {PAIR("matrix", transform.matrix), .kind = SEP_COLUMN_DOUBLE, .size = {3, 4}},
    {PAIR("centre", transform.centre), .kind = SEP_COLUMN_DOUBLE, .size = {3}},
    {PAIR("metric_before", report.before), .kind = SEP_COLUMN_DOUBLE},
    {PAIR("metric_after", report.after), .kind = SEP_COLUMN_DOUBLE},
    {PAIR("nmi_before", report.nmi_before), .kind = SEP_COLUMN_DOUBLE},
    {PAIR("nmi_after", report.nmi_after), .kind = SEP_COLUMN_DOUBLE},
    {PAIR("valid", report.valid), .kind = SEP_COLUMN_DOUBLE},
    {PAIR("determinant", report.determinant), .kind = SEP_COLUMN_DOUBLE},
    {PAIR("iterations", report.iterations), .kind = SEP_COLUMN_INT},
    {PAIR("seconds", report.seconds), .kind = SEP_COLUMN_DOUBLE},
    {PAIR("mi_identity", mi_identity), .kind = SEP_COLUMN_DOUBLE},
    {PAIR("mi_after", mi_after), .kind = SEP_COLUMN_DOUBLE},
    {PAIR("has_cycle", has_cycle), .kind = SEP_COLUMN_BOOL},
    {PAIR("cycle_error", cycle_error), .kind = SEP_COLUMN_DOUBLE},
    {PAIR("cycle_rmse", cycle_rmse), .kind = SEP_COLUMN_DOUBLE},
    {PAIR("cycle_mi", cycle_mi), .kind = SEP_COLUMN_DOUBLE},
    {PAIR("score", score), .kind = SEP_COLUMN_DOUBLE},
    {PAIR("rank", rank), .kind = SEP_COLUMN_INT},
};

#define SPLINE(member) .name = #member, .offset = offsetof(sep_spline_row, member)

static const sep_column splines[] = {
    {SPLINE(pair), .kind = SEP_COLUMN_INT},
    {SPLINE(size), .kind = SEP_COLUMN_INT, .size = {3}},
    {SPLINE(to_world), .kind = SEP_COLUMN_DOUBLE, .size = {3, 4}},
    {SPLINE(first), .kind = SEP_COLUMN_UINT64},
};

const sep_table sep_options_table = {"options", sizeof(sep_registration_options), options, COUNT_OF(options)};
const sep_table sep_volumes_table = {"volumes", sizeof(sep_pairs_volume), volumes, COUNT_OF(volumes)};
const sep_table sep_pairs_table = {"pairs", sizeof(sep_pair), pairs, COUNT_OF(pairs)};
const sep_table sep_splines_table = {"splines", sizeof(sep_spline_row), splines, COUNT_OF(splines)};
