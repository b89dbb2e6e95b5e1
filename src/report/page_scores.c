/* Tables of scores: the evaluation per class, its cases, and the best validation of each student. */
#include "report/page.h"

#include <math.h>
#include <string.h>

/* ---- columns of the class table ---------------------------------------------------------------------------------- */

typedef struct column {
    const char *title, *policy, *key; /* policy: NULL for strict, or "medpy" */
    int decimals;
    bool larger_is_better;
} column;

static const column columns_mm[] = {
    {"Dice", NULL, "dice", 3, true},           {"HD95, mm", NULL, "hd95_mm", 2, false},
    {"ASSD, mm", NULL, "assd_mm", 2, false},   {"HD95, voxels", NULL, "hd95", 2, false},
    {"Dice, medpy", "medpy", "dice", 3, true}, {"HD95, medpy", "medpy", "hd95", 2, false},
};
static const column columns_voxels[] = {
    {"Dice", NULL, "dice", 3, true},
    {"HD95, voxels", NULL, "hd95", 2, false},
    {"ASSD, voxels", NULL, "assd", 2, false},
    {"Dice, medpy", "medpy", "dice", 3, true},
    {"HD95, medpy", "medpy", "hd95", 2, false},
};

/* NaN where the evaluation doesn't have it. */
static double value_of(const json_t *scores, const column *c, const char *kind)
{
    const json_t *from = c->policy ? json_object_get(scores, c->policy) : scores;
    const json_t *value = json_object_get(kind ? json_object_get(from, kind) : from, c->key);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

/* The scores of the page's class i, or the mean behind the last class; NULL where the run does not have it. */
static const json_t *row_of(sep_page *page, const sep_run *run, size_t i, size_t classes)
{
    const char *name = i < classes ? sep_page_class_name(page, (int)i) : NULL;
    const json_t *class;
    size_t k;

    if (i == classes)
        return json_object_get(run->evaluation, "mean");
    json_array_foreach(json_object_get(run->evaluation, "classes"), k, class)
    {
        const char *own = json_string_value(json_object_get(class, "name"));
        if (own == NULL ? k == i : name != NULL && strcmp(own, name) == 0)
            return class;
    }
    return NULL;
}

static size_t class_rows(const sep_page *page)
{
    size_t rows = 0;
    for (int k = 0; k < page->runs; k++) {
        size_t classes = json_array_size(json_object_get(page->run[k].evaluation, "classes"));
        rows = classes > rows ? classes : rows;
    }
    return rows;
}

static bool all_in_mm(const sep_page *page)
{
    for (int k = 0; k < page->runs; k++)
        if (page->run[k].evaluation && !json_object_get(json_object_get(page->run[k].evaluation, "mean"), "hd95_mm"))
            return false;
    return true;
}

/* ---- which cases ------------------------------------------------------------------------------------------------- */

static const sep_run *first_evaluated(const sep_page *page)
{
    for (int k = 0; k < page->runs; k++)
        if (page->run[k].evaluation)
            return &page->run[k];
    return NULL;
}

static bool has_case(const json_t *cases, const char *name)
{
    const json_t *one;
    size_t i;

    json_array_foreach(cases, i, one)
    {
        const char *own = json_string_value(json_object_get(one, "name"));
        if (own && name && strcmp(own, name) == 0)
            return true;
    }
    return false;
}

/* Whether run k is scored on other cases than the first that is scored. */
static bool differs_from_first(const sep_page *page, int k)
{
    const json_t *first = json_object_get(first_evaluated(page)->evaluation, "cases"), *one;
    const json_t *cases = json_object_get(page->run[k].evaluation, "cases");
    size_t i;

    if (!page->run[k].evaluation)
        return false;
    json_array_foreach(cases, i, one)
    {
        if (!has_case(first, json_string_value(json_object_get(one, "name"))))
            return true;
    }
    return json_array_size(cases) != json_array_size(first);
}

/* ---- class table: one group of rows a class, one row a run ------------------------------------------------------- */

/* Of runs that are scored on the same cases. */
static bool is_best(sep_page *page, double value, size_t i, size_t classes, const column *c)
{
    int others = 0;
    for (int k = 0; k < page->runs; k++) {
        double other = value_of(row_of(page, &page->run[k], i, classes), c, NULL);
        if (isnan(other))
            continue;
        if (c->larger_is_better ? other > value : other < value)
            return false;
        others++;
    }
    return others > 1 && !page->other_cases;
}

static void put_value(sep_page *page, const json_t *scores, size_t i, size_t classes, const column *c)
{
    sep_text *text = &page->text;
    double value = value_of(scores, c, NULL), deviation = value_of(scores, c, "deviation");
    bool best = !isnan(value) && is_best(page, value, i, classes, c);
    sep_text_add(text, c->policy ? "<td class=\"n other\">" : "<td class=\"n\">");
    sep_text_add(text, best ? "<b>" : "");
    sep_text_fixed(text, value, c->decimals);
    sep_text_add(text, best ? "</b>" : "");
    if (!isnan(deviation)) {
        sep_text_add(text, " <i>± ");
        sep_text_fixed(text, deviation, c->decimals);
        sep_text_add(text, "</i>");
    }
    sep_text_add(text, "</td>");
}

static void put_class_name(sep_page *page, size_t i, size_t classes, int rows)
{
    sep_text_format(&page->text, "<th rowspan=\"%d\">", rows);
    sep_text_escape(&page->text, i < classes ? sep_page_class_name(page, (int)i) : "mean");
    sep_text_add(&page->text, "</th>");
}

static int evaluated_runs(const sep_page *page)
{
    int count = 0;
    for (int k = 0; k < page->runs; k++)
        count += page->run[k].evaluation != NULL;
    return count;
}

static void put_class_rows(sep_page *page, size_t i, size_t classes, const column *columns, int count)
{
    int rows = evaluated_runs(page), row = 0;
    for (int k = 0; k < page->runs; k++) {
        const sep_run *run = &page->run[k];
        if (!run->evaluation)
            continue;
        sep_text_add(&page->text, "<tr>");
        if (row++ == 0)
            put_class_name(page, i, classes, rows);
        if (page->runs > 1)
            sep_page_cell(page, run->name);
        for (int n = 0; n < count; n++)
            put_value(page, row_of(page, run, i, classes), i, classes, &columns[n]);
        sep_text_add(&page->text, "</tr>\n");
    }
}

static void put_paragraph(sep_page *page, const sep_run *run, const char *words)
{
    sep_text_add(&page->text, "<p>");
    sep_text_escape(&page->text, page->runs > 1 ? run->name : NULL);
    sep_text_add(&page->text, page->runs > 1 ? ": " : "");
    sep_text_escape(&page->text, words);
    sep_text_add(&page->text, "</p>\n");
}

/* Classes that no reference has, in the words of the evaluation; files of earlier versions say nothing of them. */
static void put_absent(sep_page *page)
{
    for (int k = 0; k < page->runs; k++) {
        const char *absent = json_string_value(json_object_get(page->run[k].evaluation, "absent"));
        if (absent)
            put_paragraph(page, &page->run[k], absent);
    }
}

static void put_other_cases(sep_page *page)
{
    for (int k = 0; k < page->runs; k++)
        if (differs_from_first(page, k)) {
            put_paragraph(page, &page->run[k],
                          "Scored on other cases than the first run here, so the best of them is not marked.");
            page->other_cases = true;
        }
}

/* What the run decided, as words between commas; the mean Dice before all and with what is used. */
static void read_decisions(const json_t *decisions, sep_text *used, double *without, double *with)
{
    const json_t *one;
    size_t i;

    *without = *with = NAN;
    json_array_foreach(decisions, i, one)
    {
        const json_t *before = json_object_get(one, "without"), *after = json_object_get(one, "with");
        const char *what = json_string_value(json_object_get(one, "what"));
        if (isnan(*without) && json_is_number(before))
            *without = json_number_value(before);
        if (!json_is_true(json_object_get(one, "used")) || what == NULL)
            continue;
        if (json_is_number(after))
            *with = json_number_value(after);
        sep_text_add(used, used->count ? ", " : "");
        sep_text_add(used, what);
    }
}

/* What septum train scores is one plain pass; septum predict does what the run decided, which gives other numbers. */
static void put_decisions(sep_page *page, const sep_run *run)
{
    sep_text used = {0}, words = {0};
    double without, with;

    read_decisions(run->log.decisions, &used, &without, &with);
    if (used.count && !isnan(with) && run->evaluation) {
        sep_text_add(&words, "These are scores of one plain pass. septum predict does what the run decided (");
        sep_text_add(&words, used.bytes);
        sep_text_add(&words, "), which took the mean Dice of the scans that validate from ");
        sep_text_fixed(&words, without, 3);
        sep_text_add(&words, " to ");
        sep_text_fixed(&words, with, 3);
        sep_text_add(&words, ".");
        put_paragraph(page, run, words.failed ? "" : words.bytes);
    }
    page->text.failed = page->text.failed || used.failed || words.failed;
    sep_free(used.bytes);
    sep_free(words.bytes);
}

static void put_class_table(sep_page *page)
{
    bool mm = all_in_mm(page);
    const column *columns = mm ? columns_mm : columns_voxels;
    int count = mm ? (int)(sizeof(columns_mm) / sizeof(column)) : (int)(sizeof(columns_voxels) / sizeof(column));
    size_t classes = class_rows(page);
    sep_text_add(&page->text, "<div class=\"card\"><table class=\"grouped\"><thead><tr><th>class</th>");
    sep_text_add(&page->text, page->runs > 1 ? "<th>run</th>" : "");
    for (int n = 0; n < count; n++)
        sep_text_format(&page->text, "<th class=\"n\">%s</th>", columns[n].title);
    sep_text_add(&page->text, "</tr></thead>\n");
    for (size_t i = 0; i <= classes; i++) {
        sep_text_add(&page->text, "<tbody>");
        put_class_rows(page, i, classes, columns, count);
        sep_text_add(&page->text, "</tbody>\n");
    }
    sep_text_add(&page->text, "</table></div>\n");
}

/* ---- cases ------------------------------------------------------------------------------------------------------- */

static double case_dice(const json_t *one)
{
    const json_t *dice = json_object_get(json_object_get(one, "mean"), "dice");
    return json_is_number(dice) ? json_number_value(dice) : NAN;
}

static void put_case_row(sep_page *page, const json_t *one)
{
    size_t i;
    const json_t *class;
    const column dice = {NULL, NULL, "dice", 3, true};
    sep_text_add(&page->text, "<tr>");
    sep_page_cell(page, json_string_value(json_object_get(one, "name")));
    json_array_foreach(json_object_get(one, "classes"), i, class)
    {
        sep_text_add(&page->text, "<td class=\"n\">");
        sep_text_fixed(&page->text, value_of(class, &dice, NULL), 3);
        sep_text_add(&page->text, "</td>");
    }
    sep_text_add(&page->text, "<td class=\"n\">");
    sep_text_fixed(&page->text, case_dice(one), 3);
    sep_text_add(&page->text, "</td></tr>\n");
}

static void put_cases(sep_page *page, const sep_run *run)
{
    size_t i;
    const json_t *item, *cases = json_object_get(run->evaluation, "cases");
    if (json_array_size(cases) == 0)
        return;
    sep_text_add(&page->text, "<details><summary>Dice of every case");
    sep_text_add(&page->text, page->runs > 1 ? ", " : "");
    sep_text_escape(&page->text, page->runs > 1 ? run->name : NULL);
    sep_text_add(&page->text, "</summary><div class=\"card\"><table><thead><tr><th>case</th>");
    json_array_foreach(json_object_get(run->evaluation, "classes"), i, item)
    {
        sep_text_add(&page->text, "<th class=\"n\">");
        sep_text_escape(&page->text, json_string_value(json_object_get(item, "name")));
        sep_text_add(&page->text, "</th>");
    }
    sep_text_add(&page->text, "<th class=\"n\">mean</th></tr></thead><tbody>\n");
    json_array_foreach(cases, i, item)
    {
        put_case_row(page, item);
    }
    sep_text_add(&page->text, "</tbody></table></div></details>\n");
}

/* The cases' mean Dice in rising order; x counts them. False without cases that have one. */
static bool sorted_cases(sep_page *page, const sep_run *run, sep_plot_series *series)
{
    size_t i, cases = json_array_size(json_object_get(run->evaluation, "cases")), count = 0;
    const json_t *one;
    double *room = cases ? sep_arena_alloc(page->arena, 2 * cases * sizeof(double)) : NULL;
    if (!room)
        return false;
    json_array_foreach(json_object_get(run->evaluation, "cases"), i, one)
    {
        if (isnan(case_dice(one)))
            continue;
        room[cases + count] = case_dice(one);
        room[count] = (double)count + 1;
        count++;
    }
    if (!count)
        return false;
    sep_sort_doubles(room + cases, count);
    *series = (sep_plot_series){.style = SEP_PLOT_LINE_POINTS, .count = (int)count, .x = room, .y = room + cases};
    return true;
}

static void put_case_plot(sep_page *page)
{
    sep_plot_series *series = sep_arena_alloc(page->arena, (size_t)page->runs * sizeof(*series));
    int count = 0;
    for (int k = 0; series && k < page->runs; k++)
        if (sorted_cases(page, &page->run[k], &series[count])) {
            series[count].name = page->runs > 1 ? page->run[k].name : NULL;
            series[count++].colour = k;
        }
    if (!count || (page->runs == 1 && series->count < 3))
        return;
    sep_plot plot = {.title = "Mean Dice of each case",
                     .x_label = "cases, from worst to best",
                     .width = 1060,
                     .height = 260,
                     .count = count,
                     .series = series};
    sep_page_plot(page, &plot);
}

static void put_evaluation(sep_page *page)
{
    if (!evaluated_runs(page))
        return;
    sep_page_heading(page, "Evaluation",
                     "Means over the cases, ± one standard deviation. An empty mask where the other is not counts as "
                     "Dice 0 and the volume's diagonal; the medpy columns follow the convention of published tables "
                     "(an empty prediction counts as Dice 0 and distance 0, in voxels).");
    put_absent(page);
    put_other_cases(page);
    for (int k = 0; k < page->runs; k++)
        put_decisions(page, &page->run[k]);
    put_class_table(page);
    put_case_plot(page);
    for (int k = 0; k < page->runs; k++)
        put_cases(page, &page->run[k]);
}

/* ---- best validation --------------------------------------------------------------------------------------------- */

/* The value of another curve at an iteration; NaN without it. */
static double value_at(const sep_curve *curve, double iteration)
{
    for (int i = 0; curve && i < curve->count; i++)
        if (curve->iteration[i] >= iteration)
            return curve->iteration[i] > iteration ? NAN : curve->value[i];
    return NAN;
}

static void put_number(sep_page *page, double value, int decimals)
{
    sep_text_add(&page->text, "<td class=\"n\">");
    sep_text_fixed(&page->text, value, decimals);
    sep_text_add(&page->text, "</td>");
}

static void put_student(sep_page *page, const sep_run *run, const sep_curve *student, int classes)
{
    int best = sep_best_validation(student);
    if (best < 0)
        return;
    double iteration = student->iteration[best];
    sep_text_add(&page->text, "<tr>");
    if (page->runs > 1)
        sep_page_cell(page, run->name);
    sep_page_cell(page, student->name);
    put_number(page, iteration, 0);
    for (int i = 0; i < classes; i++)
        put_number(page, value_at(sep_find_curve(&run->log.group[SEP_CLASS_DICE_CURVES], student->name, i), iteration),
                   3);
    put_number(page, student->value[best], 3);
    put_number(page, value_at(sep_find_curve(&run->log.group[SEP_MEAN_HD95_CURVES], student->name, 0), iteration), 2);
    sep_text_add(&page->text, "</tr>\n");
}

static bool was_validated(const sep_page *page)
{
    for (int k = 0; k < page->runs; k++)
        if (page->run[k].log.group[SEP_MEAN_DICE_CURVES].count)
            return true;
    return false;
}

static void put_validation(sep_page *page)
{
    sep_text *text = &page->text;
    int classes = sep_page_class_count(page);
    if (!was_validated(page))
        return;
    sep_page_heading(page, "Best validation", "Each student at the iteration of its best mean Dice.");
    sep_text_add(text, "<div class=\"card\"><table><thead><tr>");
    sep_text_add(text, page->runs > 1 ? "<th>run</th>" : "");
    sep_text_add(text, "<th>student</th><th class=\"n\">iteration</th>");
    for (int i = 0; i < classes; i++) {
        sep_text_add(text, "<th class=\"n\">");
        sep_text_escape(text, sep_page_class_name(page, i));
        sep_text_add(text, "</th>");
    }
    sep_text_add(text, "<th class=\"n\">mean Dice</th><th class=\"n\">mean HD95, voxels</th></tr></thead><tbody>\n");
    for (int k = 0; k < page->runs; k++) {
        const sep_curves *students = &page->run[k].log.group[SEP_MEAN_DICE_CURVES];
        for (int i = 0; i < students->count; i++)
            put_student(page, &page->run[k], &students->curve[i], classes);
    }
    sep_text_add(text, "</tbody></table></div>\n");
}

void sep_page_scores(sep_page *page)
{
    put_evaluation(page);
    put_validation(page);
}
