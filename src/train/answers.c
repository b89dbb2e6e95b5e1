/* What of a run is validated. */
#include "train/answers.h"

#include <stdio.h>

static void add(sep_answers *answers, int student, bool average, const char *name)
{
    answers->answer[answers->count] = (sep_answer){.student = student, .average = average};
    snprintf(answers->name[answers->count], sizeof answers->name[0], "%s%s", name, average ? ", average" : "");
    answers->count++;
}

static void add_kind(sep_answers *answers, const sep_train_config *config, const sep_step *step, bool average)
{
    bool several = step->students > 1;

    if (config->validated != SEP_VALIDATE_MEAN || !several)
        for (int i = 0; i < step->students; i++)
            add(answers, i, average, step->name[i]);
    if (config->validated != SEP_VALIDATE_EACH && several)
        add(answers, SEP_ALL_STUDENTS, average, "mean of all");
}

void sep_answers_list(const sep_train_config *config, const sep_step *step, sep_answers *answers)
{
    *answers = (sep_answers){0};
    add_kind(answers, config, step, false);
    if (config->ema > 0.0f)
        add_kind(answers, config, step, true);
}
