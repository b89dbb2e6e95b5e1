/* The study as one HTML page that needs no other file: tables, the course of validation, pictures of cases. */
#include "report/page.h"
#include "study/table.h"

#include <math.h>
#include <string.h>

/* ---- tables ------------------------------------------------------------------------------------------------------ */

static void put_heads(const sep_sheet *sheet, sep_text *text)
{
    sep_text_add(text, "<thead><tr><td></td>");
    for (int group = 0; group < sheet->groups; group++) {
        sep_text_format(text, "<th colspan=\"%d\">", sheet->per_group);
        sep_text_escape(text, sheet->group[group]);
        sep_text_add(text, "</th>");
    }
    sep_text_add(text, "</tr>\n<tr><td></td>");
    for (int column = 0; column < sheet->groups * sheet->per_group; column++) {
        sep_text_add(text, "<th>");
        sep_text_escape(text, sheet->head[column % sheet->per_group]);
        sep_text_add(text, "</th>");
    }
    sep_text_add(text, "</tr></thead>\n");
}

static void put_sheet(const sep_sheet *sheet, sep_text *text)
{
    sep_text_add(text, "<h3>");
    sep_text_escape(text, sheet->title);
    sep_text_add(text, "</h3>\n<div class=\"card\"><table class=\"sheet\">\n");
    put_heads(sheet, text);
    sep_text_add(text, "<tbody>\n");
    for (int row = 0; row < sheet->rows; row++) {
        sep_text_add(text, "<tr><th>");
        sep_text_escape(text, sheet->row[row]);
        sep_text_add(text, "</th>");
        for (int column = 0; column < sheet->groups * sheet->per_group; column++) {
            sep_text_add(text, "<td>");
            sep_text_escape(text, sheet->cell[row][column]);
            sep_text_add(text, "</td>");
        }
        sep_text_add(text, "</tr>\n");
    }
    sep_text_add(text, "</tbody></table></div>\n");
}

static void put_note(const char *note, sep_text *text)
{
    sep_text_add(text, "<li>");
    sep_text_escape(text, note);
    sep_text_add(text, "</li>\n");
}

/* Means of the last checkpoint first, then the notes, the rest folded away. */
static sep_status put_tables(const sep_table *table, sep_page *page)
{
    sep_sheet *sheet = sep_calloc(1, sizeof *sheet);
    sep_strings notes = {0};
    sep_status status = sheet != NULL ? sep_table_notes(table, &notes) : SEP_ERR_MEMORY;
    const int first = sep_sheet_summary_count(table), count = sep_sheet_count(table);

    for (int i = 0; i < count && status == SEP_OK; i++) {
        if (i == first) {
            sep_text_add(&page->text, "<div class=\"notes\"><ul>\n");
            for (int k = 0; k < notes.count; k++)
                put_note(notes.item[k], &page->text);
            sep_text_add(&page->text,
                         "</ul></div>\n<details><summary>By class, and of the best checkpoint</summary>\n");
        }
        status = sep_sheet_fill(table, i, sheet);
        if (status == SEP_OK)
            put_sheet(sheet, &page->text);
    }
    sep_text_add(&page->text, "</details>\n");
    sep_strings_free(&notes);
    sep_free(sheet);
    return status;
}

/* ---- curves ------------------------------------------------------------------------------------------------------ */

/* A row's mean Dice over the iterations, mean of the seeds. */
typedef struct course {
    int points, seeds;
    double *iteration, *sum, *low, *high;
} course;

/* Of several networks, the one that was best. */
static const sep_curve *best_curve(const sep_run *run, sep_curve_group group)
{
    const sep_curves *students = &run->log.group[group];
    const sep_curve *best = NULL;
    double highest = -1;

    for (int i = 0; i < students->count; i++) {
        const int at = sep_best_validation(&students->curve[i]);
        if (at >= 0 && students->curve[i].value[at] > highest) {
            highest = students->curve[i].value[at];
            best = &students->curve[i];
        }
    }
    return best;
}

static void begin_course(sep_page *page, const sep_curve *curve, course *c)
{
    double *room = sep_arena_alloc(page->arena, 4 * (size_t)curve->count * sizeof(double));

    if (room == NULL)
        return;
    *c = (course){.points = curve->count,
                  .iteration = room,
                  .sum = room + curve->count,
                  .low = room + 2 * curve->count,
                  .high = room + 3 * curve->count};
    for (int i = 0; i < c->points; i++) {
        c->iteration[i] = curve->iteration[i];
        c->low[i] = INFINITY;
        c->high[i] = -INFINITY;
    }
}

/* Point `to` becomes point `from` and the value of one seed more. */
static void add_value(course *c, int to, int from, double value)
{
    c->iteration[to] = c->iteration[from];
    c->sum[to] = c->sum[from] + value;
    c->low[to] = fmin(c->low[from], value);
    c->high[to] = fmax(c->high[from], value);
}

/* The course keeps the iterations that all seeds have: one that is not as far as the others shortens it. */
static void add_curve(sep_page *page, const sep_curve *curve, course *c)
{
    int kept = 0;

    if (c->seeds == 0)
        begin_course(page, curve, c);
    for (int i = 0, k = 0; i < c->points; i++) {
        while (k < curve->count && curve->iteration[k] < c->iteration[i])
            k++;
        if (k < curve->count && curve->iteration[k] == c->iteration[i])
            add_value(c, kept++, i, curve->value[k]);
    }
    c->points = kept;
    c->seeds++;
}

/* Whether the run has begun; one that has not leaves nothing to show. */
static bool has_log(const sep_study_run *run)
{
    char *path = sep_format("%s/log.jsonl", run->folder);
    const bool found = path != NULL && sep_file_exists(path);

    sep_free(path);
    return found;
}

static sep_status follow_row(const sep_study *study, sep_page *page, int row, int count, sep_curve_group group,
                             course *c)
{
    for (int i = 0; i < study->runs; i++) {
        sep_run run;
        if (study->run[i].row != row || study->run[i].count != count || !has_log(&study->run[i]))
            continue;
        SEP_TRY(sep_run_read(study->run[i].folder, &run));
        const sep_curve *curve = best_curve(&run, group);
        if (curve != NULL)
            add_curve(page, curve, c);
        sep_run_free(&run);
    }
    for (int i = 0; i < c->points; i++)
        c->sum[i] /= c->seeds;
    return SEP_OK;
}

static sep_status put_plot(sep_study *study, sep_page *page, int count, sep_curve_group group, const char *title)
{
    sep_plot_series series[SEP_MOST_ROWS];
    sep_plot plot = {.title = title, .x_label = "iteration", .y_label = "mean Dice", .width = 520, .height = 320};

    for (int row = 0; row < study->rows; row++) {
        course c = {0};
        SEP_TRY(follow_row(study, page, row, count, group, &c));
        if (c.points > 0)
            series[plot.count++] = (sep_plot_series){.name = study->row[row].title,
                                                     .style = SEP_PLOT_LINE_POINTS,
                                                     .colour = row,
                                                     .count = c.points,
                                                     .x = c.iteration,
                                                     .y = c.sum,
                                                     .low = c.seeds > 1 ? c.low : NULL,
                                                     .high = c.seeds > 1 ? c.high : NULL};
    }
    plot.series = series;
    if (plot.count > 0)
        sep_page_plot(page, &plot);
    return SEP_OK;
}

/* Of labels of unlabelled cases only where they were measured. */
static sep_status put_curves(sep_study *study, sep_page *page, int count)
{
    const char *title = sep_study_count_title(study, count);

    sep_text_add(&page->text, "<div class=\"plots\">\n");
    SEP_TRY(put_plot(study, page, count, SEP_MEAN_DICE_CURVES, title));
    SEP_TRY(put_plot(study, page, count, SEP_LABEL_DICE_CURVES,
                     sep_arena_format(page->arena, "%s: pseudo-labels", title != NULL ? title : "")));
    sep_text_add(&page->text, "</div>\n");
    return SEP_OK;
}

/* ---- pictures ---------------------------------------------------------------------------------------------------- */

static const sep_picture_file *picture_of(const sep_run *run, const char *rank)
{
    for (int i = 0; i < run->pictures; i++)
        if (strcmp(run->picture[i].rank, rank) == 0)
            return &run->picture[i];
    return NULL;
}

/* The case in the middle of those that validated, of the first seed. */
static sep_status put_pictures(const sep_study *study, sep_page *page, int count)
{
    for (int i = 0; i < study->runs; i++) {
        sep_run run;
        if (study->run[i].seed != 0 || study->run[i].count != count || !has_log(&study->run[i]))
            continue;
        SEP_TRY(sep_run_read(study->run[i].folder, &run));
        const sep_picture_file *picture = picture_of(&run, "median");
        if (picture != NULL) {
            sep_text_add(&page->text, "<h3>");
            sep_text_escape(&page->text, study->row[study->run[i].row].title);
            sep_text_add(&page->text, "</h3>\n");
            sep_page_key(page, &run);
            sep_page_picture(page, picture);
        }
        sep_run_free(&run);
    }
    return SEP_OK;
}

/* ---- the page ---------------------------------------------------------------------------------------------------- */

static sep_status put_counts(sep_study *study, sep_page *page)
{
    sep_page_heading(
        page, "Validation",
        "Mean Dice over the classes on the cases that validate, over the seeds, with the range of these: "
        "of the network that validated best, where a run has several. Pseudo-labels: the same of labels of "
        "unlabelled training cases, where train.pseudo_labels has them measured.");
    for (int count = 0; count < study->counts; count++)
        SEP_TRY(put_curves(study, page, count));
    for (int count = 0; count < study->counts; count++) {
        const char *name = sep_study_count_title(study, count);
        sep_page_heading(page, name != NULL ? name : "",
                         "The case of middle Dice among those that validate, first seed: the reference in the upper "
                         "row, the prediction in the lower one.");
        SEP_TRY(put_pictures(study, page, count));
    }
    return SEP_OK;
}

static sep_status put_body(const sep_table *table, sep_page *page)
{
    sep_text *text = &page->text;

    sep_page_open(text, NULL, table->study->title, "Study");
    SEP_TRY(put_tables(table, page));
    SEP_TRY(put_counts(table->study, page));
    sep_page_close(text);
    return SEP_OK;
}

sep_status sep_table_page(const sep_table *table, sep_text *text)
{
    sep_page page = {.arena = sep_arena_create()};
    sep_status status = page.arena != NULL ? put_body(table, &page) : SEP_ERR_MEMORY;

    page.text.failed = page.text.failed || (page.arena != NULL && sep_arena_failed(page.arena));
    sep_arena_destroy(page.arena);
    *text = page.text;
    return status;
}
