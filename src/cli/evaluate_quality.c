/* How good the estimates of quality.csv were, beside the Dice that was measured. */
#include "cli/evaluate_quality.h"

#include "report/text.h"
#include "septum/quality.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#define BAD_DICE 0.8
#define BAD      "cases below 0.8"

/* ---- a row of CSV ------------------------------------------------------------------------------------------------ */

/* The next field of a row, without its quotes, in place; NULL at the end. */
static char *next_field(char **row)
{
    char *at = *row, *to = at, *field = at;
    bool quoted = at != NULL && *at == '"';

    if (at == NULL)
        return NULL;
    at += quoted;
    while (*at != '\0' && (quoted || *at != ',')) {
        if (quoted && *at == '"' && at[1] != '"') {
            quoted = false;
            at++;
            continue;
        }
        at += quoted && *at == '"';
        *to++ = *at++;
    }
    *row = *at == ',' ? at + 1 : NULL;
    *to = '\0';
    return field;
}

typedef struct columns {
    int name, estimate; /* -1: there is none */
} columns;

static columns find_columns(char *head)
{
    columns c = {-1, -1};

    for (int i = 0; head != NULL; i++) {
        const char *field = next_field(&head);
        if (strcmp(field, "case") == 0)
            c.name = i;
        if (strcmp(field, "estimate") == 0)
            c.estimate = i;
    }
    return c;
}

/* ---- the table --------------------------------------------------------------------------------------------------- */

static int find_case(const sep_evaluation *evaluation, const char *name)
{
    for (int i = 0; name != NULL && i < evaluation->case_names.count; i++)
        if (strcmp(evaluation->case_names.item[i], name) == 0)
            return i;
    return -1;
}

static sep_status read_row(char *row, columns c, const sep_evaluation *evaluation, double *of_case)
{
    const char *name = NULL, *estimate = "";

    for (int i = 0; row != NULL; i++) {
        const char *field = next_field(&row);
        name = i == c.name ? field : name;
        estimate = i == c.estimate ? field : estimate;
    }
    const int index = find_case(evaluation, name);
    if (index < 0)
        return SEP_OK;
    if (!sep_parse_float(estimate, &of_case[index]) || !(of_case[index] >= 0.0 && of_case[index] <= 1.0))
        return sep_fail(SEP_ERR_FORMAT, "the estimate of %s is '%s', which is no number from 0 to 1", name, estimate);
    return SEP_OK;
}

static sep_status read_rows(const sep_strings *lines, const sep_evaluation *evaluation, double *of_case)
{
    if (lines->count == 0)
        return sep_fail(SEP_ERR_FORMAT, "holds nothing");
    const columns c = find_columns(lines->item[0]);
    if (c.name < 0 || c.estimate < 0)
        return sep_fail(SEP_ERR_FORMAT, "has no columns 'case' and 'estimate': it is no quality.csv of septum predict");
    for (int i = 1; i < lines->count; i++)
        SEP_TRY(read_row(lines->item[i], c, evaluation, of_case));
    return SEP_OK;
}

/* Keeps the cases that have an estimate, and their Dice. */
static sep_status take_pairs(const sep_evaluation *evaluation, sep_estimates *e)
{
    const int cases = evaluation->case_names.count;

    for (int i = 0; i < cases; i++) {
        const double dice = sep_evaluation_case(evaluation, i, SEP_EMPTY_STRICT, SEP_METRIC_DICE).mean;
        if (isnan(e->estimate[i]) || isnan(dice))
            continue;
        e->estimate[e->count] = e->estimate[i];
        e->dice[e->count++] = dice;
    }
    if (e->count == 0)
        return sep_fail(SEP_ERR_ARGUMENT, "names none of the cases that are evaluated");
    if (e->count < cases)
        sep_log(SEP_LOG_WARNING, "%d of %d cases have no estimate", cases - e->count, cases);
    return SEP_OK;
}

sep_status sep_estimates_read(const char *path, const sep_evaluation *evaluation, sep_estimates *e)
{
    const size_t cases = (size_t)evaluation->case_names.count;
    sep_strings lines = {0};

    *e = (sep_estimates){.estimate = sep_calloc(cases + 1, sizeof(double)),
                         .dice = sep_calloc(cases + 1, sizeof(double))};
    if (e->estimate == NULL || e->dice == NULL)
        return SEP_ERR_MEMORY;
    for (size_t i = 0; i < cases; i++)
        e->estimate[i] = (double)NAN;
    SEP_TRY(sep_read_lines(path, &lines));
    sep_status status = read_rows(&lines, evaluation, e->estimate);
    sep_strings_free(&lines);
    if (status == SEP_OK)
        status = take_pairs(evaluation, e);
    return status == SEP_OK ? SEP_OK : sep_fail_within(status, "%s", path);
}

void sep_estimates_free(sep_estimates *e)
{
    sep_free(e->estimate);
    sep_free(e->dice);
}

/* ---- what is said of it ------------------------------------------------------------------------------------------ */

static void add_number(sep_text *text, const char *name, double value)
{
    sep_text_add(text, name);
    if (isnan(value))
        sep_text_add(text, "not defined");
    else
        sep_text_fixed(text, value, 3);
}

static double mean_error(const sep_estimates *e)
{
    double sum = 0.0;

    for (int i = 0; i < e->count; i++)
        sum += fabs(e->estimate[i] - e->dice[i]);
    return sum / e->count;
}

/* `score` and `bad` have room for each pair. */
static void add_auroc(sep_text *text, const sep_estimates *e, double *score, bool *bad)
{
    int count = 0;

    for (int i = 0; i < e->count; i++) {
        score[i] = -e->estimate[i];
        bad[i] = e->dice[i] < BAD_DICE;
        count += bad[i];
    }
    if (count == 0 || count == e->count) {
        sep_text_format(text, "AUROC for " BAD " is not defined: %s\n", count == 0 ? "there is none" : "all are below");
        return;
    }
    sep_text_format(text, "AUROC for " BAD ", which are %d: ", count);
    sep_text_fixed(text, sep_auroc(score, bad, e->count), 3);
    sep_text_add(text, "\n");
}

static sep_status describe(const sep_estimates *e, double *score, bool *bad, char **text)
{
    double spearman;
    sep_text t = {0};

    SEP_TRY(sep_spearman(e->estimate, e->dice, e->count, &spearman));
    sep_text_format(&t, "estimates of %d case%s beside their Dice: ", e->count, e->count == 1 ? "" : "s");
    add_number(&t, "Pearson ", sep_pearson(e->estimate, e->dice, e->count));
    add_number(&t, ", Spearman ", spearman);
    add_number(&t, ", mean absolute error ", mean_error(e));
    sep_text_add(&t, "\n");
    add_auroc(&t, e, score, bad);
    *text = sep_text_take(&t);
    return *text != NULL ? SEP_OK : SEP_ERR_MEMORY;
}

sep_status sep_estimates_describe(const sep_estimates *e, char **text)
{
    double *score = sep_calloc((size_t)e->count + 1, sizeof *score);
    bool *bad = sep_calloc((size_t)e->count + 1, sizeof *bad);

    *text = NULL;
    sep_status status = score != NULL && bad != NULL ? describe(e, score, bad, text) : SEP_ERR_MEMORY;
    sep_free(score);
    sep_free(bad);
    return status;
}
