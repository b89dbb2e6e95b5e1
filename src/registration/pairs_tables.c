/* The tables of the file of registered pairs, as fields of the structs that they are read into. */
#include "registration/pairs_file.h"

#define COUNT_OF(array) ((int)(sizeof(array) / sizeof((array)[0])))

#define OPTION(member, kind)                                                                                           \
    {                                                                                                                  \
#member, kind, offsetof(sep_registration_options, member), {0 }, NULL                                          \
    }
#define CHOICE(member, words)                                                                                          \
    {                                                                                                                  \
#member, SEP_COLUMN_WORD, offsetof(sep_registration_options, member), {0 }, words                              \
    }

static const sep_column options[] = {
    CHOICE(kind, "rigid|similarity|affine|bspline"),
    CHOICE(metric, "mi|ncc|lncc|msq"),
    CHOICE(optimiser, "lbfgs|asgd"),
    OPTION(bins, SEP_COLUMN_INT),
    OPTION(levels, SEP_COLUMN_INT),
    OPTION(iterations, SEP_COLUMN_INT),
    OPTION(spline_iterations, SEP_COLUMN_INT),
    OPTION(samples, SEP_COLUMN_INT),
    OPTION(spline_samples, SEP_COLUMN_INT),
    OPTION(max_step, SEP_COLUMN_DOUBLE),
    OPTION(grid, SEP_COLUMN_DOUBLE),
    OPTION(bending, SEP_COLUMN_DOUBLE),
    OPTION(seed, SEP_COLUMN_UINT64),
};

#define OF_VOLUME(member) offsetof(sep_pairs_volume, member)

static const sep_column volumes[] = {
    {"name", SEP_COLUMN_TEXT, OF_VOLUME(name), {SEP_PAIRS_NAME}, NULL},
    {"hash", SEP_COLUMN_UINT64, OF_VOLUME(hash), {0}, NULL},
    {"size", SEP_COLUMN_INT, OF_VOLUME(size), {3}, NULL},
    {"affine", SEP_COLUMN_DOUBLE, OF_VOLUME(affine), {3, 4}, NULL},
    {"of_case", SEP_COLUMN_INT, OF_VOLUME(of_case), {0}, NULL},
    {"labelled", SEP_COLUMN_BOOL, OF_VOLUME(labelled), {0}, NULL},
};

#define OF_PAIR(member) offsetof(sep_pair, member)
#define NUMBER(name, path)                                                                                             \
    {                                                                                                                  \
        name, SEP_COLUMN_DOUBLE, OF_PAIR(path), {0}, NULL                                                              \
    }

static const sep_column pairs[] = {
    {"fixed", SEP_COLUMN_INT, OF_PAIR(fixed), {0}, NULL},
    {"moving", SEP_COLUMN_INT, OF_PAIR(moving), {0}, NULL},
    {"state", SEP_COLUMN_WORD, OF_PAIR(state), {0}, "open|done|failed"},
    {"reason", SEP_COLUMN_TEXT, OF_PAIR(report.reason), {SEP_REASON}, NULL},
    {"matrix", SEP_COLUMN_DOUBLE, OF_PAIR(transform.matrix), {3, 4}, NULL},
    {"centre", SEP_COLUMN_DOUBLE, OF_PAIR(transform.centre), {3}, NULL},
    NUMBER("metric_before", report.before),
    NUMBER("metric_after", report.after),
    NUMBER("nmi_before", report.nmi_before),
    NUMBER("nmi_after", report.nmi_after),
    NUMBER("valid", report.valid),
    NUMBER("determinant", report.determinant),
    {"iterations", SEP_COLUMN_INT, OF_PAIR(report.iterations), {0}, NULL},
    NUMBER("seconds", report.seconds),
    NUMBER("mi_identity", mi_identity),
    NUMBER("mi_after", mi_after),
    {"has_cycle", SEP_COLUMN_BOOL, OF_PAIR(has_cycle), {0}, NULL},
    NUMBER("cycle_error", cycle_error),
    NUMBER("cycle_rmse", cycle_rmse),
    NUMBER("cycle_mi", cycle_mi),
    NUMBER("score", score),
    {"rank", SEP_COLUMN_INT, OF_PAIR(rank), {0}, NULL},
};

#define OF_SPLINE(member) offsetof(sep_spline_row, member)

static const sep_column splines[] = {
    {"pair", SEP_COLUMN_INT, OF_SPLINE(pair), {0}, NULL},
    {"size", SEP_COLUMN_INT, OF_SPLINE(size), {3}, NULL},
    {"to_world", SEP_COLUMN_DOUBLE, OF_SPLINE(to_world), {3, 4}, NULL},
    {"first", SEP_COLUMN_UINT64, OF_SPLINE(first), {0}, NULL},
};

const sep_table sep_options_table = {"options", sizeof(sep_registration_options), options, COUNT_OF(options)};
const sep_table sep_volumes_table = {"volumes", sizeof(sep_pairs_volume), volumes, COUNT_OF(volumes)};
const sep_table sep_pairs_table = {"pairs", sizeof(sep_pair), pairs, COUNT_OF(pairs)};
const sep_table sep_splines_table = {"splines", sizeof(sep_spline_row), splines, COUNT_OF(splines)};
