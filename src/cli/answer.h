/* Which network of a model a command asks, and how. */
#ifndef SEPTUM_CLI_ANSWER_H
#define SEPTUM_CLI_ANSWER_H

#include "cli/options.h"
#include "septum/model.h"

extern const char *sep_student_option;
extern bool sep_average_option;

/* Rows of an option table. */
#define SEP_STUDENT_OPTION                                                                                             \
    {                                                                                                                  \
        "student", 0, "WHICH", "network to use: 0, 1, ..., best (by validation), or all (mean of their logits)",       \
            .string = &sep_student_option                                                                              \
    }
#define SEP_AVERAGE_OPTION                                                                                             \
    {                                                                                                                  \
        "average", 0, NULL, "the moving average of the weights (train.ema); `best` chooses by itself",                 \
            .flag = &sep_average_option                                                                                \
    }

/* The checkpoint that `path` names: that file, or of a run's folder the best one, without one the last; from malloc,
 * NULL without memory. */
char *sep_model_path(const char *path);
/* The networks that the options ask for, of the model that lies at `path`. */
sep_status sep_choose_answer(const char *path, const sep_model_info *info, sep_answer *chosen) SEP_MUST_CHECK;
/* Of auto, yes and no: auto is what validation decided. */
bool sep_choose_yes(const char *word, bool decided);

#endif
