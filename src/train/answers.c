/* What of a run is validated. */
#include "train/answers.h"

#include <stdio.h>

void sep_answer_name(const sep_step *step, sep_answer answer, char name[SEP_ANSWER_NAME])
{
    snprintf(name, SEP_ANSWER_NAME, "%s%s",
             answer.student == SEP_ALL_STUDENTS ? "mean of all" : step->name[answer.student],
             answer.average ? ", average" : "");
}

sep_answer sep_answer_unvalidated(const sep_train_config *config)
{
    const bool several = config->students > 1 && config->validated != SEP_VALIDATE_EACH;

    return (sep_answer){.student = several ? SEP_ALL_STUDENTS : 0, .average = config->ema > 0.0f};
}

static void add(sep_answers *answers, const sep_step *step, int student, bool average)
{
    const sep_answer answer = {.student = student, .average = average};

    answers->answer[answers->count] = answer;
    sep_answer_name(step, answer, answers->name[answers->count]);
    answers->count++;
}

static void add_kind(sep_answers *answers, const sep_train_config *config, const sep_step *step, bool average)
{
    bool several = step->students > 1;

    if (config->validated != SEP_VALIDATE_MEAN || !several)
        for (int i = 0; i < step->students; i++)
            add(answers, step, i, average);
    if (config->validated != SEP_VALIDATE_EACH && several)
        add(answers, step, SEP_ALL_STUDENTS, average);
}

void sep_answers_list(const sep_train_config *config, const sep_step *step, sep_answers *answers)
{
    *answers = (sep_answers){0};
    add_kind(answers, config, step, false);
    if (config->ema > 0.0f)
        add_kind(answers, config, step, true);
}
