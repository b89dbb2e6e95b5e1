/* What of a run is validated: networks that can answer by themselves, and means of them. */
#ifndef SEPTUM_TRAIN_ANSWERS_H
#define SEPTUM_TRAIN_ANSWERS_H

#include "septum/train.h"

enum { SEP_MAX_ANSWERS = 2 * (SEP_MAX_STUDENTS + 1) };

typedef struct sep_answers {
    int count;
    sep_answer answer[SEP_MAX_ANSWERS];
    char name[SEP_MAX_ANSWERS][SEP_ANSWER_NAME]; /* for the log */
} sep_answers;

/* Those that train.validate asks for: each student, the mean of several, or both; then, with train.ema, the same of
 * their moving averages. */
void sep_answers_list(const sep_train_config *config, const sep_step *step, sep_answers *answers);

/* What answers until validation has chosen: the mean of several networks, unless train.validate asks for each alone,
 * and of their moving averages where there are any. */
sep_answer sep_answer_unvalidated(const sep_train_config *config);

/* "u-net 0", "u-net 0, average", "mean of all". */
void sep_answer_name(const sep_step *step, sep_answer answer, char name[SEP_ANSWER_NAME]);

#endif
