/* Which network of a model a command asks. */
#ifndef SEPTUM_CLI_ANSWER_H
#define SEPTUM_CLI_ANSWER_H

#include "cli/options.h"
#include "septum/model.h"

extern const char *sep_student_option;
extern bool sep_average_option;

/* A row of an option table. */
#define SEP_AVERAGE_OPTION                                                                                             \
    {                                                                                                                  \
        "average", 0, NULL, "the moving average of the weights (train.ema); `best` chooses by itself",                 \
            .flag = &sep_average_option                                                                                \
    }

/* The networks that the options ask for, of the model that lies at `path`. */
sep_status sep_choose_answer(const char *path, const sep_model_info *info, sep_answer *chosen) SEP_MUST_CHECK;

#endif
