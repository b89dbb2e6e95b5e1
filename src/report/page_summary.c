/* The head of the page: which runs, the numbers to remember, and what is missing. */
#include "report/page.h"

#include <math.h>
#include <string.h>

/* ---- facts about one run; each writes HTML, or nothing where the run doesn't say --------------------------------- */

/* The student whose best validation is best. */
static const sep_curve *best_student(const sep_run *run, int *best_at)
{
    const sep_curves *curves = &run->log.group[SEP_MEAN_DICE_CURVES];
    const sep_curve *best = NULL;
    for (int i = 0; i < curves->count; i++) {
        int at = sep_best_validation(&curves->curve[i]);
        if (at >= 0 && (!best || curves->curve[i].value[at] > best->value[*best_at])) {
            best = &curves->curve[i];
            *best_at = at;
        }
    }
    return best;
}

static void validation_dice(sep_text *text, const sep_run *run)
{
    int at = 0;
    const sep_curve *best = best_student(run, &at);
    if (best)
        sep_text_fixed(text, best->value[at], 3);
}

static void validation_student(sep_text *text, const sep_run *run)
{
    int at = 0;
    const sep_curve *best = best_student(run, &at);
    if (!best)
        return;
    sep_text_escape(text, best->name);
    sep_text_add(text, ", iteration ");
    sep_text_number(text, best->iteration[at], 0);
}

static void evaluation_mean(sep_text *text, const sep_run *run, const char *metric, int decimals)
{
    const json_t *value = json_object_get(json_object_get(run->evaluation, "mean"), metric);
    if (json_is_number(value))
        sep_text_fixed(text, json_number_value(value), decimals);
}

static void evaluation_dice(sep_text *text, const sep_run *run)
{
    evaluation_mean(text, run, "dice", 3);
}

static bool has_mm(const sep_run *run)
{
    return json_object_get(json_object_get(run->evaluation, "mean"), "hd95_mm") != NULL;
}

static void evaluation_hd95(sep_text *text, const sep_run *run)
{
    const size_t before = text->count;

    evaluation_mean(text, run, has_mm(run) ? "hd95_mm" : "hd95", 2);
    if (text->count > before)
        sep_text_add(text, has_mm(run) ? "<small> mm</small>" : "<small> voxels</small>");
}

static void evaluation_cases(sep_text *text, const sep_run *run)
{
    size_t cases = json_array_size(json_object_get(run->evaluation, "cases"));
    if (cases)
        sep_text_format(text, "%zu case%s", cases, cases == 1 ? "" : "s");
}

static void iterations(sep_text *text, const sep_run *run)
{
    if (run->has_log && !isnan(run->log.last_iteration))
        sep_text_number(text, run->log.last_iteration, 0);
}

/* Numbers and units take turns. */
static void duration(sep_text *text, double seconds)
{
    char words[SEP_DURATION_TEXT], *rest = words, *word;

    sep_duration_text(seconds, words);
    for (bool unit = false; (word = strtok_r(rest, " ", &rest)) != NULL; unit = !unit)
        sep_text_format(text, unit ? "<small> %s</small> " : "%s", word);
}

static void training_time(sep_text *text, const sep_run *run)
{
    if (run->has_log && !isnan(run->log.seconds))
        duration(text, run->log.seconds);
}

/* The median, which start-up and pauses don't move. */
static void speed(sep_text *text, const sep_run *run)
{
    const sep_curves *curves = &run->log.group[SEP_SPEED_CURVES];
    int count = curves->count ? curves->curve[0].count : 0;
    double *sorted = count ? sep_calloc((size_t)count, sizeof(double)) : NULL;
    size_t known = 0;
    for (int i = 0; sorted && i < count; i++)
        if (isfinite(curves->curve[0].value[i]))
            sorted[known++] = curves->curve[0].value[i];
    if (known) {
        sep_sort_doubles(sorted, known);
        sep_text_fixed(text, sorted[known / 2], 1);
    }
    text->failed = text->failed || (count && !sorted);
    sep_free(sorted);
}

static const struct fact {
    const char *label;
    void (*value)(sep_text *text, const sep_run *run);
    void (*remark)(sep_text *text, const sep_run *run); /* or NULL */
} facts[] = {
    {"Dice, evaluation", evaluation_dice, evaluation_cases},
    {"HD95, evaluation", evaluation_hd95, NULL},
    {"Dice, best validation", validation_dice, validation_student},
    {"iterations", iterations, NULL},
    {"training time", training_time, NULL},
    {"images per second", speed, NULL},
};
enum { FACTS = sizeof(facts) / sizeof(*facts) };

/* ---- one run: tiles; several: a table ---------------------------------------------------------------------------- */

static void put_tile(sep_page *page, const struct fact *fact)
{
    sep_text value = {0}, *text = &page->text;
    fact->value(&value, page->run);
    if (value.count) {
        sep_text_format(text, "<div class=\"tile\"><b>%s</b><span>%s</span><span>", value.bytes, fact->label);
        if (fact->remark)
            fact->remark(text, page->run);
        sep_text_add(text, "</span></div>\n");
    }
    text->failed = text->failed || value.failed;
    sep_free(value.bytes);
}

static void put_tiles(sep_page *page)
{
    sep_text_add(&page->text, "<div class=\"tiles\">\n");
    for (int i = 0; i < FACTS; i++)
        put_tile(page, &facts[i]);
    sep_text_add(&page->text, "</div>\n");
}

static void put_fact_table(sep_page *page)
{
    sep_text *text = &page->text;
    sep_text_add(text, "<h2>Side by side</h2>\n<div class=\"card\"><table><thead><tr><th>run</th>");
    for (int i = 0; i < FACTS; i++)
        sep_text_format(text, "<th class=\"n\">%s</th>", facts[i].label);
    sep_text_add(text, "</tr></thead><tbody>\n");
    for (int k = 0; k < page->runs; k++) {
        sep_text_add(text, "<tr><th>");
        sep_text_escape(text, page->run[k].name);
        sep_text_add(text, "</th>");
        for (int i = 0; i < FACTS; i++) {
            sep_text_add(text, "<td class=\"n\">");
            facts[i].value(text, &page->run[k]);
            sep_text_add(text, "</td>");
        }
        sep_text_add(text, "</tr>\n");
    }
    sep_text_add(text, "</tbody></table></div>\n");
}

/* ---- title, notes ------------------------------------------------------------------------------------------------ */

static void add_word(sep_text *text, const json_t *word, bool *first)
{
    if (!json_is_string(word))
        return;
    sep_text_add(text, *first ? "" : " · ");
    sep_text_escape(text, json_string_value(word));
    *first = false;
}

/* "cross_teaching · u-net · swin-unet" */
static void put_method(sep_page *page, const sep_run *run)
{
    const json_t *net;
    size_t i;
    bool first = true;
    sep_text_add(&page->text, "<p class=\"soft\">");
    if (page->runs > 1) {
        sep_text_add(&page->text, "<b>");
        sep_text_escape(&page->text, run->name);
        sep_text_add(&page->text, "</b> ");
    }
    add_word(&page->text, json_object_get(run->log.start, "method"), &first);
    json_array_foreach(json_object_get(run->log.start, "nets"), i, net)
    {
        add_word(&page->text, net, &first);
    }
    sep_text_add(&page->text, "</p>\n");
}

static void put_notes(sep_page *page)
{
    int notes = 0;
    for (int k = 0; k < page->runs; k++)
        notes += page->run[k].notes.count;
    if (!notes)
        return;
    sep_text_add(&page->text, "<div class=\"notes small\"><b>Not on this page</b><ul>\n");
    for (int k = 0; k < page->runs; k++)
        for (int i = 0; i < page->run[k].notes.count; i++) {
            sep_text_add(&page->text, "<li>");
            sep_text_escape(&page->text, page->runs > 1 ? page->run[k].name : NULL);
            sep_text_add(&page->text, page->runs > 1 ? ": " : "");
            sep_text_escape(&page->text, page->run[k].notes.item[i]);
            sep_text_add(&page->text, "</li>\n");
        }
    sep_text_add(&page->text, "</ul></div>\n");
}

void sep_page_summary(sep_page *page)
{
    sep_text_format(&page->text, "<p class=\"kind\">septum · %s</p>\n<h1>", page->runs > 1 ? "comparison" : "run");
    if (page->runs > 1)
        sep_text_format(&page->text, "%d runs", page->runs);
    else
        sep_text_escape(&page->text, page->run->name);
    sep_text_add(&page->text, "</h1>\n");
    for (int k = 0; k < page->runs; k++)
        put_method(page, &page->run[k]);
    if (page->runs == 1)
        put_tiles(page);
    put_notes(page);
    if (page->runs > 1)
        put_fact_table(page);
}
