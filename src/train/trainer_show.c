/* What a run says of its steps: in the line of progress and in the log. */
#include "train/trainer.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Appends as much as there is room for. */
static void append(char *note, size_t size, const char *format, ...) SEP_PRINTF(3, 4);

static void append(char *note, size_t size, const char *format, ...)
{
    const size_t length = strlen(note);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(note + length, size - length, format, arguments);
    va_end(arguments);
}

static void append_terms(char *note, size_t size, const sep_step *step, const float *terms)
{
    char name[SEP_TERM_NAME];

    for (int i = 0; i < step->terms; i++) {
        sep_term_name(step, i, name);
        append(note, size, "%s %.3f  ", name, (double)terms[i]);
    }
}

static void show_progress(sep_trainer *t, double rate, double images_per_second)
{
    const sep_stages *stages = &t->stages;
    char note[512] = "";

    if (stages->count > 1)
        append(note, sizeof note, "stage %d of %d  ", stages->stage + 1, stages->count);
    for (int s = 0; s < stages->count; s++)
        if (stages->has_terms[s])
            append_terms(note, sizeof note, &stages->graph[s].step, stages->terms[s]);
    for (int i = 0; t->last_dice[0] >= 0.0 && i < t->answers.count; i++)
        append(note, sizeof note, "%s Dice %.3f  ", t->answers.name[i], t->last_dice[i]);
    append(note, sizeof note, "lr %.2e  %.1f images/s", rate, images_per_second);
    sep_progress_update(t->progress, t->iteration, note);
}

sep_status sep_trainer_log_step(sep_trainer *t, const double *rates)
{
    const sep_step *step = &t->stages.graph[0].step;
    double now = sep_seconds(), seconds = now - t->since_log - t->outside_steps;
    double images = (double)(t->iteration - t->logged) * (double)(step->labelled + step->unlabelled);

    SEP_TRY(sep_stages_read_terms(&t->stages));
    SEP_TRY(sep_runlog_step(t->log, t->iteration, &t->stages, rates, images / seconds, now - t->started));
    show_progress(t, rates[0], images / seconds);
    sep_stages_forget_terms(&t->stages);
    t->since_log = now;
    t->logged = t->iteration;
    t->outside_steps = 0.0;
    return SEP_OK;
}
