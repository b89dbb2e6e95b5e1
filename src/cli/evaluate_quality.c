/* How good the estimates of quality.csv were, beside the Dice that was measured. */
#include "cli/evaluate_quality.h"

#include "report/quality_page.h"
#include "septum/nets.h"
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

enum { MOST_COLUMNS = 512 }; /* what stands beyond is not read */

/* -1: there is none. */
typedef struct columns {
    int name, estimate;
    int of_class[SEP_MOST_CLASSES]; /* by class of the foreground */
} columns;

/* All fields of a row: how many. */
static int split(char *row, char *field[MOST_COLUMNS])
{
    int count = 0;

    while (row != NULL && count < MOST_COLUMNS)
        field[count++] = next_field(&row);
    return count;
}

static int find(char *const *field, int count, const char *name)
{
    for (int i = 0; i < count; i++)
        if (strcmp(field[i], name) == 0)
            return i;
    return -1;
}

/* Classes stand behind the columns that all tables have, which may be called like one of them. */
static int find_last(char *const *field, int count, const char *name)
{
    int i = count - 1;

    while (i >= 0 && strcmp(field[i], name) != 0)
        i--;
    return i;
}

static columns find_columns(char *head, const sep_strings *class_names)
{
    char *field[MOST_COLUMNS];
    const int count = split(head, field);
    columns c = {.name = find(field, count, "case"), .estimate = find(field, count, "estimate")};

    for (int k = 0; k < class_names->count; k++) {
        c.of_class[k] = find_last(field, count, class_names->item[k]);
        if (c.of_class[k] < 0)
            sep_log(SEP_LOG_WARNING, "the table of estimates has no column '%s': --class-names names the classes",
                    class_names->item[k]);
    }
    return c;
}

/* ---- the table --------------------------------------------------------------------------------------------------- */

/* By case of the evaluation: the mean (NaN: there is no row) and each class. */
typedef struct estimated {
    double *mean, *of_class; /* [cases], [cases, foreground] */
} estimated;

static sep_status read_number(const char *text, const char *name, double *number)
{
    if (!sep_parse_float(text, number) || !(*number >= 0.0 && *number <= 1.0))
        return sep_fail(SEP_ERR_FORMAT, "the estimate of %s is '%s', which is no number from 0 to 1", name, text);
    return SEP_OK;
}

/* A class whose field is empty has no voxel in the label map. */
static sep_status read_row(char *row, const columns *c, const sep_evaluation *evaluation, estimated *to)
{
    char *field[MOST_COLUMNS];
    const int count = split(row, field), foreground = evaluation->foreground;
    const char *name = c->name < count ? field[c->name] : "";
    const int index = find(evaluation->case_names.item, evaluation->case_names.count, name);

    if (index < 0)
        return SEP_OK;
    SEP_TRY(read_number(c->estimate < count ? field[c->estimate] : "", name, &to->mean[index]));
    for (int k = 0; k < foreground; k++) {
        const int at = c->of_class[k];
        if (at >= 0 && at < count && field[at][0] != '\0')
            SEP_TRY(read_number(field[at], name, &to->of_class[(size_t)index * (size_t)foreground + (size_t)k]));
    }
    return SEP_OK;
}

static sep_status read_rows(const sep_strings *lines, const sep_evaluation *evaluation, estimated *to)
{
    if (lines->count == 0)
        return sep_fail(SEP_ERR_FORMAT, "holds nothing");
    const columns c = find_columns(lines->item[0], &evaluation->class_names);
    if (c.name < 0 || c.estimate < 0)
        return sep_fail(SEP_ERR_FORMAT, "has no columns 'case' and 'estimate': it is no quality.csv of septum predict");
    for (int i = 1; i < lines->count; i++)
        SEP_TRY(read_row(lines->item[i], &c, evaluation, to));
    return SEP_OK;
}

/* Keeps the cases that have an estimate, and their Dice: in place, as none moves to behind where it was. */
static sep_status take_pairs(const sep_evaluation *evaluation, sep_estimates *e)
{
    const int cases = evaluation->case_names.count;
    const size_t foreground = (size_t)evaluation->foreground;

    for (int i = 0; i < cases; i++) {
        const double dice = sep_evaluation_case(evaluation, i, SEP_EMPTY_STRICT, SEP_METRIC_DICE).mean;
        if (isnan(e->estimate[i]) || isnan(dice))
            continue;
        memmove(e->of_class + (size_t)e->count * foreground, e->of_class + (size_t)i * foreground,
                foreground * sizeof *e->of_class);
        e->index[e->count] = i;
        e->estimate[e->count] = e->estimate[i];
        e->dice[e->count++] = dice;
    }
    if (e->count == 0)
        return sep_fail(SEP_ERR_ARGUMENT, "names none of the cases that are evaluated");
    if (e->count < cases)
        sep_log(SEP_LOG_WARNING, "%d of %d cases have no estimate", cases - e->count, cases);
    return SEP_OK;
}

static sep_status allocate(const sep_evaluation *evaluation, sep_estimates *e)
{
    const size_t cases = (size_t)evaluation->case_names.count, foreground = (size_t)evaluation->foreground;

    *e = (sep_estimates){.index = sep_calloc(cases + 1, sizeof(int)),
                         .estimate = sep_calloc(cases + 1, sizeof(double)),
                         .dice = sep_calloc(cases + 1, sizeof(double)),
                         .of_class = sep_calloc(cases * foreground + 1, sizeof(double))};
    if (e->index == NULL || e->estimate == NULL || e->dice == NULL || e->of_class == NULL)
        return SEP_ERR_MEMORY;
    for (size_t i = 0; i < cases; i++)
        e->estimate[i] = (double)NAN;
    for (size_t i = 0; i < cases * foreground; i++)
        e->of_class[i] = (double)NAN;
    return SEP_OK;
}

sep_status sep_estimates_read(const char *path, const sep_evaluation *evaluation, sep_estimates *e)
{
    sep_strings lines = {0};

    SEP_TRY(allocate(evaluation, e));
    SEP_TRY(sep_read_lines(path, &lines));
    sep_status status = read_rows(&lines, evaluation, &(estimated){e->estimate, e->of_class});
    sep_strings_free(&lines);
    if (status == SEP_OK)
        status = take_pairs(evaluation, e);
    return status == SEP_OK ? SEP_OK : sep_fail_within(status, "%s", path);
}

void sep_estimates_free(sep_estimates *e)
{
    sep_free(e->index);
    sep_free(e->estimate);
    sep_free(e->dice);
    sep_free(e->of_class);
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

/* ---- the page ---------------------------------------------------------------------------------------------------- */

/* `name` and `dice` have room for each pair, and each class of it. */
static sep_status write_page(const sep_estimates *e, const sep_evaluation *evaluation, sep_quality_page *page,
                             const char **name, double *dice, const char *out)
{
    const int foreground = evaluation->foreground;

    for (int i = 0; i < e->count; i++) {
        name[i] = evaluation->case_names.item[e->index[i]];
        for (int k = 0; k < foreground; k++)
            dice[(size_t)i * (size_t)foreground + (size_t)k] =
                sep_evaluation_score(evaluation, e->index[i], k)->value[SEP_EMPTY_STRICT][SEP_METRIC_DICE];
    }
    page->case_name = name;
    page->class_dice = dice;
    return sep_quality_page_write(page, out);
}

sep_status sep_estimates_page(const sep_estimates *e, const sep_evaluation *evaluation, const char *title,
                              const char *remark, const char *out)
{
    const size_t values = (size_t)e->count * (size_t)evaluation->foreground;
    sep_quality_page page = {.title = title,
                             .remark = remark,
                             .cases = e->count,
                             .classes = evaluation->foreground,
                             .class_name = (const char *const *)evaluation->class_names.item,
                             .doubt = BAD_DICE,
                             .estimate = e->estimate,
                             .of_class = e->of_class,
                             .dice = e->dice};
    const char **name = sep_calloc((size_t)e->count + 1, sizeof *name);
    double *dice = sep_calloc(values + 1, sizeof *dice);
    sep_status status = SEP_ERR_MEMORY;

    if (name != NULL && dice != NULL)
        status = write_page(e, evaluation, &page, name, dice, out);
    sep_free(name);
    sep_free(dice);
    return status;
}
