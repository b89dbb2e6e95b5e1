/* How good the label maps of septum predict may be: a row of quality.csv each, and what is said of them at the end. */
#include "cli/predict_quality.h"

#include "report/quality_page.h"
#include "report/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { DECIMALS = 4, NAMED = 10 };

void sep_quality_free(sep_quality_table *table)
{
    sep_strings_free(&table->cases);
    sep_free(table->estimate);
    sep_free(table->of_class);
}

static const sep_model_info *first_info(const sep_asked_models *models)
{
    return sep_model_get_info(models->model[0]);
}

/* "yes", "augmented" or "no": the least of the models'. */
static const char *calibration_of(const sep_asked_models *models)
{
    const char *least = "yes";

    for (int i = 0; i < models->count; i++) {
        const sep_calibration *c = &sep_model_get_info(models->model[i])->decisions.calibration;
        if (c->cases == 0)
            return "no";
        if (c->augmented)
            least = "augmented";
    }
    return least;
}

/* The mean of what the models' calibrations make of it; as it is where one has none. */
static double calibrated(const sep_asked_models *models, double soft_dice)
{
    double sum = 0.0;

    if (strcmp(calibration_of(models), "no") == 0)
        return soft_dice;
    for (int i = 0; i < models->count; i++)
        sum += sep_calibration_apply(&sep_model_get_info(models->model[i])->decisions.calibration, soft_dice);
    return sum / models->count;
}

static sep_status say_case(const sep_asked_models *models, const char *name, double estimate, const double *of_class,
                           int count)
{
    const sep_strings *names = &first_info(models)->class_names;
    sep_text text = {0};

    for (int c = 0; c < count; c++) {
        sep_text_add(&text, c == 0 ? "" : ", ");
        sep_text_add(&text, names->item[c + 1]);
        sep_text_add(&text, " ");
        if (isnan(of_class[c]))
            sep_text_add(&text, "not found");
        else
            sep_text_fixed(&text, of_class[c], 3);
    }
    char *classes = sep_text_take(&text);
    if (classes == NULL)
        return SEP_ERR_MEMORY;
    sep_log(SEP_LOG_INFO, "%s: mean Dice of the foreground, estimated%s: %.3f (%s)", name,
            strcmp(calibration_of(models), "no") == 0 ? " without calibration" : "", estimate, classes);
    sep_free(classes);
    return SEP_OK;
}

/* Room for one case more. */
static sep_status grow(sep_quality_table *t, int classes)
{
    const int capacity = t->capacity > 0 ? 2 * t->capacity : 16;
    const size_t each = (size_t)classes * sizeof *t->of_class;

    if (t->cases.count < t->capacity)
        return SEP_OK;
    double *estimate = sep_grown(t->estimate, (size_t)t->capacity, (size_t)capacity, sizeof *estimate);
    t->estimate = estimate != NULL ? estimate : t->estimate;
    double *of_class = sep_grown(t->of_class, (size_t)t->capacity, (size_t)capacity, each);
    t->of_class = of_class != NULL ? of_class : t->of_class;
    if (estimate == NULL || of_class == NULL)
        return SEP_ERR_MEMORY;
    t->capacity = capacity;
    return SEP_OK;
}

static sep_status keep(sep_quality_table *t, const char *name, double estimate, const double *of_class, int count)
{
    SEP_TRY(grow(t, count));
    t->estimate[t->cases.count] = estimate;
    memcpy(t->of_class + (size_t)t->cases.count * (size_t)count, of_class, (size_t)count * sizeof *of_class);
    return sep_strings_add(&t->cases, name);
}

sep_status sep_quality_add(sep_quality_table *t, const sep_asked_models *models, const char *case_name,
                           const sep_prediction *prediction)
{
    const int count = prediction->classes - 1;
    double of_class[SEP_MOST_CLASSES];

    sep_soft_dice(&prediction->labels, prediction->probability, prediction->classes, of_class);
    for (int c = 0; c < count; c++)
        of_class[c] = calibrated(models, of_class[c]);
    const double estimate = sep_quality_mean(of_class, count);
    SEP_TRY(keep(t, case_name, estimate, of_class, count));
    return say_case(models, case_name, estimate, of_class, count);
}

/* ---- the end ----------------------------------------------------------------------------------------------------- */

static bool is_doubtful(const sep_quality_table *t, int i)
{
    return t->estimate[i] < t->doubt;
}

static void put_row(sep_text *text, const sep_quality_table *t, int i, const char *calibration, int classes)
{
    const double *of_class = t->of_class + (size_t)i * (size_t)classes;

    sep_text_csv(text, t->cases.item[i]);
    sep_text_add(text, ",");
    sep_text_fixed(text, t->estimate[i], DECIMALS);
    sep_text_add(text, is_doubtful(t, i) ? ",doubtful," : ",ok,");
    sep_text_add(text, calibration);
    for (int c = 0; c < classes; c++) {
        sep_text_add(text, ",");
        if (!isnan(of_class[c]))
            sep_text_fixed(text, of_class[c], DECIMALS);
    }
    sep_text_add(text, "\n");
}

static sep_status write_table(const sep_quality_table *t, const sep_asked_models *models, const char *folder)
{
    const sep_strings *names = &first_info(models)->class_names;
    sep_text text = {0};

    sep_text_add(&text, "case,estimate,flag,calibrated");
    for (int c = 1; c < names->count; c++) {
        sep_text_add(&text, ",");
        sep_text_csv(&text, names->item[c]);
    }
    sep_text_add(&text, "\n");
    for (int i = 0; i < t->cases.count; i++)
        put_row(&text, t, i, calibration_of(models), names->count - 1);
    char *path = sep_format("%s/" SEP_QUALITY_FILE, folder);
    const sep_status status = sep_text_write(&text, path);
    sep_free(path);
    return status;
}

static sep_status write_page(const sep_quality_table *t, const sep_asked_models *models, const char *folder)
{
    const sep_strings *names = &first_info(models)->class_names;
    const char *calibration = calibration_of(models), *remark = NULL;

    if (strcmp(calibration, "no") == 0)
        remark = "The estimates are not calibrated, and too high.";
    if (strcmp(calibration, "augmented") == 0)
        remark = "The estimates are calibrated on training scans, and too hopeful.";
    char *title = sep_folder_name(folder), *path = sep_format("%s/" SEP_QUALITY_PAGE, folder);
    const sep_quality_page page = {.title = title,
                                   .remark = remark,
                                   .cases = t->cases.count,
                                   .classes = names->count - 1,
                                   .case_name = (const char *const *)t->cases.item,
                                   .class_name = (const char *const *)names->item + 1,
                                   .doubt = t->doubt,
                                   .estimate = t->estimate,
                                   .of_class = t->of_class};
    const sep_status status = title != NULL && path != NULL ? sep_quality_page_write(&page, path) : SEP_ERR_MEMORY;
    sep_free(title);
    sep_free(path);
    return status;
}

static sep_status say_summary(const sep_quality_table *t)
{
    sep_text text = {0};
    int doubtful = 0;

    for (int i = 0; i < t->cases.count; i++)
        if (is_doubtful(t, i) && doubtful++ < NAMED) {
            sep_text_add(&text, doubtful == 1 ? ": " : ", ");
            sep_text_add(&text, t->cases.item[i]);
        }
    if (doubtful > NAMED)
        sep_text_format(&text, " and %d more", doubtful - NAMED);
    char *names = sep_text_take(&text);
    if (names == NULL)
        return SEP_ERR_MEMORY;
    sep_log(doubtful > 0 ? SEP_LOG_WARNING : SEP_LOG_INFO, "%d of %d case%s doubtful (estimated Dice below %g)%s",
            doubtful, t->cases.count,
            t->cases.count == 1 ? " is"
            : doubtful == 1     ? "s is"
                                : "s are",
            t->doubt, names);
    sep_free(names);
    return SEP_OK;
}

sep_status sep_quality_finish(sep_quality_table *t, const sep_asked_models *models, const char *folder)
{
    if (t->cases.count == 0)
        return SEP_OK;
    if (folder != NULL) {
        SEP_TRY(write_table(t, models, folder));
        SEP_TRY(write_page(t, models, folder));
    }
    return say_summary(t);
}
