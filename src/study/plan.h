/* What a study is to do: rows, counts and seeds, the runs that these make, and the settings of each. */
#ifndef SEPTUM_STUDY_PLAN_H
#define SEPTUM_STUDY_PLAN_H

#include "septum/study.h"
#include "septum/train.h"

enum { SEP_MOST_ROWS = 64, SEP_MOST_COUNTS = 16, SEP_MOST_SEEDS = 64, SEP_ALL_CASES = 0 };

/* What a paper says of a row: the mean over the classes and then each class, as far as it says it; NaN elsewhere. */
typedef enum sep_published { SEP_PUBLISHED_DICE, SEP_PUBLISHED_HD95, SEP_PUBLISHED_KINDS } sep_published;
enum { SEP_MOST_PUBLISHED = 32 };

typedef struct sep_study_row {
    const char *name, *title;
    int64_t iterations;   /* of a run; 0: as its settings say, or not measured yet where there are hours */
    bool answer_is_given; /* else the one that validated best */
    sep_answer answer;
    double published[SEP_PUBLISHED_KINDS][SEP_MOST_COUNTS][SEP_MOST_PUBLISHED];
} sep_study_row;

typedef struct sep_study_run {
    int row, count, seed; /* indices */
    const char *name;     /* "mean-teacher/3-cases/seed-1" */
    const char *folder;
} sep_study_run;

struct sep_study {
    sep_arena *arena;
    sep_options *given; /* the study's own file, with what was set over it */
    const char *path, *folder, *title;
    const char *base;
    int rows, counts, seeds;
    sep_study_row *row;
    int count[SEP_MOST_COUNTS]; /* SEP_ALL_CASES: all that have label maps */
    int64_t seed[SEP_MOST_SEEDS];
    int baseline; /* the row that others are compared with; -1: none */
    double hours; /* of a run's training steps; 0: not given */
    int runs;
    sep_study_run *run;
};

/* The words of a list, none of which is empty; none where the list is not given. */
sep_status sep_study_words(const sep_study *study, const char *key, sep_strings *words) SEP_MUST_CHECK;
/* The row of that name, of so many letters; -1: none. */
int sep_study_row_named(const sep_study *study, const char *name, size_t length);
/* Reads what the sections say of the rows that study.rows names. */
sep_status sep_study_read_rows(sep_study *study) SEP_MUST_CHECK;

/* "3-cases", "all-cases" */
const char *sep_study_count_name(sep_study *study, int count);
/* "3 labelled cases", "all cases" */
const char *sep_study_count_title(sep_study *study, int count);

/* "train.method" of a key "row.NAME.train.method" or "base.train.method", which puts something over the base's setting;
 * NULL of any other key. `row` asks for those of one row only; NULL: of any, and of base. */
const char *sep_study_override_of(const char *key, const char *row);

/* The settings of a run, as `septum train` would read them. */
typedef struct sep_study_setup {
    sep_options *options; /* holds the strings of config */
    sep_train_config config;
    char *text; /* all settings, for the run's folder */
} sep_study_setup;

/* The caller frees in any case. */
sep_status sep_study_set_up(const sep_study *study, const sep_study_run *run, sep_study_setup *setup) SEP_MUST_CHECK;
void sep_study_setup_free(sep_study_setup *setup);

#endif
