/* What follows from a survey: settings of a run, each with its reason. */
#ifndef SEPTUM_PLAN_CHOICES_H
#define SEPTUM_PLAN_CHOICES_H

#include "plan/survey.h"
#include "septum/augment.h"
#include "septum/train.h"

/* The values of one channel. */
typedef struct sep_channel_facts {
    const char *name; /* NULL: nothing names it */
    double low;       /* the median scan's percentile 0.5 */
    double high;      /* the largest of all scans */
    double window[2]; /* percentiles 0.5 and 99.5 of the labelled foreground */
    double within;    /* of a scan's range, what lies between its percentiles 0.5 and 99.5; the least of all scans */
} sep_channel_facts;

/* What choices rest on: a survey in a few numbers. Sizes and spacings are medians over all scans, in the order of most:
 * x, y. */
typedef struct sep_facts {
    const sep_data_config *data; /* what finds and reads the data */
    const char *const *class_name;
    int classes, channels;
    int cases[SEP_USES], slices[SEP_USES], labelled_slices;
    int training_cases;    /* labelled or not; one that has scans of both kinds counts once */
    bool own_lists;        /* found in the folder */
    double size[2];        /* pixels */
    double extent[2];      /* mm */
    double depth;          /* slices of a scan */
    double spacing[2];     /* mm; 0 where a scan has no geometry */
    double spacing_spread; /* of the middle nine tenths, as a share of the median */
    sep_channel_facts channel[SEP_MOST_IMAGE_CHANNELS];
    bool coloured;                 /* the channels are the colours of pictures */
    bool sided_by_name;            /* classes that are called left and right */
    bool sided[2];                 /* two classes change places where columns, rows are mirrored */
    const char *sided_class[2][2]; /* which two */
    double alien[SEP_WAYS];        /* which way up pictures are: sep_ways_tell */
} sep_facts;

sep_status sep_facts_gather(const sep_survey *survey, sep_facts *facts) SEP_MUST_CHECK;
/* sided_by_name, sided, sided_class */
void sep_facts_find_sides(const sep_survey *survey, sep_facts *facts);
/* alien */
sep_status sep_facts_find_ways(const sep_survey *survey, sep_facts *facts) SEP_MUST_CHECK;

typedef struct sep_plan_choice {
    const char *key, *value; /* "data.patch_size", "192" */
    const char *reason;      /* NULL: the one before holds for it too */
} sep_plan_choice;

enum { SEP_MOST_CHOICES = 64 };

typedef struct sep_plan_choices {
    sep_arena *arena; /* the strings are in it */
    bool hurried;     /* too few iterations fit for unlabelled scans to bring anything */
    bool two;         /* networks: the hours are enough for a second one */
    int count;
    sep_plan_choice choice[SEP_MOST_CHOICES];
} sep_plan_choices;

/* The rule of a channel's intensities: a window, which one; else each scan is stretched by its own range. */
sep_intensity_kind sep_choose_rule(const sep_facts *facts, int channel, int window[2]);
/* Everything but what only measuring says, for which it takes the largest batch and no iterations. */
sep_status sep_choose(const sep_plan_request *request, const sep_facts *facts,
                      sep_plan_choices *choices) SEP_MUST_CHECK;
/* Its parts: where the data are and how they are read; channels and their intensities; pixels, view and patch;
 * augmentation. */
sep_status sep_choose_data(const sep_plan_request *request, const sep_facts *facts,
                           sep_plan_choices *choices) SEP_MUST_CHECK;
sep_status sep_choose_values(const sep_facts *facts, sep_plan_choices *choices) SEP_MUST_CHECK;
sep_status sep_choose_picture(const sep_facts *facts, sep_plan_choices *choices) SEP_MUST_CHECK;
sep_status sep_choose_augmentation(const sep_facts *facts, sep_plan_choices *choices) SEP_MUST_CHECK;
/* Adds a choice. */
sep_status sep_plan_add(sep_plan_choices *choices, const char *key, const char *reason, const char *format, ...)
    SEP_PRINTF(4, 5);
/* The value of a key, NULL where nothing is chosen for it; and another one. */
const char *sep_chosen(const sep_plan_choices *choices, const char *key);
sep_status sep_choose_again(sep_plan_choices *choices, const char *key, const char *value,
                            const char *reason) SEP_MUST_CHECK;
/* Samples in a batch of each kind: of half of the one before where `halvings` is 1, and so on. */
sep_status sep_choose_batch(sep_plan_choices *choices, int halvings, const char *reason) SEP_MUST_CHECK;

/* What was measured of the run that is chosen. */
typedef struct sep_measured {
    double step, warm_up_step;           /* seconds; of night behind its warm start, and in it */
    double mean_step;                    /* of the run whose length was chosen */
    double validation;                   /* seconds */
    double registering;                  /* seconds of registration before the first step */
    double labelling, labelling_once;    /* seconds of the method's labelling of all scans; by one pass, as they lie */
    double deciding, deciding_once;      /* of train.decide, and without train.decide_symmetries */
    uint64_t device, scans, checkpoints; /* bytes: in the step, of all scans, on disk */
    bool cached;                         /* the scans lie on the disk too */
    int threads;
    double share; /* of the processors, that the timed steps got of what they asked for; 1 on another device */
} sep_measured;

/* How many iterations fit, and how often one may validate. */
sep_status sep_choose_length(const sep_plan_request *request, const sep_facts *facts, sep_measured *measured,
                             sep_plan_choices *choices) SEP_MUST_CHECK;
/* Night's warm start, as a share of the iterations; nothing for other methods. */
sep_status sep_choose_warm_up(sep_plan_choices *choices, double share) SEP_MUST_CHECK;

/* Whether what was measured leaves a method that the plan chose too few iterations to gain from unlabelled scans. */
bool sep_lacks_time(const sep_plan_request *request, const sep_facts *facts, const sep_measured *measured,
                    const sep_plan_choices *choices);
/* Whether it leaves the time for a second network of a method that takes one, and that the plan chose. */
bool sep_has_time_for_two(const sep_plan_request *request, const sep_facts *facts, const sep_measured *measured,
                          const sep_plan_choices *choices);

/* Times steps, on a labelled scan, and settles the batch: what the choice of a method rests on. */
sep_status sep_measure_steps(const sep_plan_request *request, const sep_survey *survey, const sep_facts *facts,
                             sep_device *device, sep_plan_choices *choices, sep_measured *measured) SEP_MUST_CHECK;
/* Of the method that is then chosen: times registration, and settles memory and length. */
sep_status sep_settle_length(const sep_plan_request *request, const sep_survey *survey, const sep_facts *facts,
                             sep_plan_choices *choices, sep_measured *measured) SEP_MUST_CHECK;

/* Times a pair of scans where the configuration registers: measured->registering. */
sep_status sep_measure_registration(const sep_survey *survey, const sep_train_config *config,
                                    sep_measured *measured) SEP_MUST_CHECK;

/* ---- texts ------------------------------------------------------------------------------------------------------- */

/* The configuration; freed with sep_free. NULL without memory. */
char *sep_plan_ini(const sep_survey *survey, const sep_plan_choices *choices);
char *sep_plan_page(const sep_survey *survey, const sep_facts *facts, const sep_plan_choices *choices,
                    const sep_measured *measured);

#endif
