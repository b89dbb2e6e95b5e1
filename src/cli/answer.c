/* Which network of a model a command asks, and how. */
#include "cli/answer.h"

#include "train/run_folder.h"

#include <stdlib.h>
#include <string.h>

const char *sep_student_option = "best";
bool sep_average_option;

char *sep_model_path(const char *path)
{
    return sep_folder_exists(path) ? sep_run_checkpoint(path) : sep_strdup(path);
}

sep_status sep_choose_answer(const char *path, const sep_model_info *info, sep_answer *chosen)
{
    const char *student = sep_student_option;
    char *end;

    *chosen = (sep_answer){.student = SEP_ALL_STUDENTS, .average = sep_average_option};
    if (sep_average_option && !info->averages)
        return sep_usage_error("--average: %s was trained without train.ema", path);
    if (strcmp(student, "all") == 0)
        return SEP_OK;
    if (strcmp(student, "best") == 0) {
        chosen->student = info->best.student;
        chosen->average |= info->best.average;
        return SEP_OK;
    }
    long number = strtol(student, &end, 10);
    if (*student == '\0' || *end != '\0' || number < 0 || number >= info->students)
        return sep_usage_error("--student %s: the model has students 0 to %d; best and all are the other choices",
                               student, info->students - 1);
    chosen->student = (int)number;
    return SEP_OK;
}

bool sep_choose_yes(const char *word, bool decided)
{
    return strcmp(word, "auto") == 0 ? decided : strcmp(word, "yes") == 0;
}
