/* The page beside a planned configuration: the data, what looks wrong, choices with reasons, what training takes. */
#include "plan/page.h"

/* ---- head -------------------------------------------------------------------------------------------------------- */

static void put_tile(sep_text *text, const char *number, const char *what)
{
    sep_text_add(text, "<div class=\"tile\"><b>");
    sep_text_escape(text, number);
    sep_text_add(text, "</b><span>");
    sep_text_escape(text, what);
    sep_text_add(text, "</span></div>\n");
}

static const char *count_text(sep_plan_view *view, int count)
{
    const char *text = sep_arena_format(view->page.arena, "%d", count);
    return text != NULL ? text : "";
}

static void put_tiles(sep_plan_view *view)
{
    const sep_survey *s = view->survey;

    sep_text_add(&view->page.text, "<div class=\"tiles\">\n");
    for (int use = 0; use < SEP_USES; use++) {
        const char *what = sep_arena_format(view->page.arena, "%s cases, %d scans, %d slices", sep_use_names[use],
                                            s->scans_of[use], s->slices[use]);
        put_tile(&view->page.text, count_text(view, s->cases[use]), what != NULL ? what : "");
    }
    put_tile(&view->page.text, count_text(view, s->classes), "classes with background");
    if (view->choices->count > 0) {
        put_tile(&view->page.text, sep_chosen(view->choices, "train.method"), "method");
        put_tile(&view->page.text, sep_chosen(view->choices, "train.iterations"), "iterations");
    }
    sep_text_add(&view->page.text, "</div>\n");
}

static void put_head(sep_plan_view *view)
{
    sep_text *text = &view->page.text;

    sep_page_open(text, "Plan: ", view->survey->data.folder, "Plan");
    put_tiles(view);
}

/* ---- what looks wrong, choices ----------------------------------------------------------------------------------- */

static void put_findings(sep_plan_view *view)
{
    sep_text *text = &view->page.text;
    int kinds = 0;

    sep_page_heading(&view->page, "What looks wrong", NULL);
    sep_text_add(text, "<div class=\"notes\"><ul>\n");
    for (int kind = 0; kind < SEP_FINDINGS; kind++) {
        if (view->survey->finding[kind].count == 0)
            continue;
        char *line = sep_finding_text(view->survey, (sep_finding_kind)kind);
        sep_text_add(text, sep_finding_refused((sep_finding_kind)kind) ? "<li><b>Training refuses this:</b> " : "<li>");
        sep_text_escape(text, line);
        sep_text_add(text, "</li>\n");
        text->failed = text->failed || line == NULL;
        sep_free(line);
        kinds++;
    }
    sep_text_add(text, kinds == 0 ? "<li>Nothing that this looks for.</li>\n</ul></div>\n" : "</ul></div>\n");
}

static void put_choices(sep_plan_view *view)
{
    sep_text *text = &view->page.text;

    if (view->choices->count == 0)
        return;
    sep_page_heading(&view->page, "Choices", "As they stand in the configuration, where each can be changed.");
    sep_text_add(text, "<div class=\"card\"><table><thead><tr><th>setting</th><th>value</th><th>why</th></tr></thead>\n"
                       "<tbody>\n");
    for (int i = 0; i < view->choices->count; i++) {
        const sep_plan_choice *choice = &view->choices->choice[i];
        sep_text_add(text, "<tr>");
        sep_page_cell(&view->page, choice->key);
        sep_page_cell(&view->page, choice->value);
        sep_page_cell(&view->page, choice->reason != NULL ? choice->reason : "");
        sep_text_add(text, "</tr>\n");
    }
    sep_text_add(text, "</tbody></table></div>\n");
}

static void put_megabytes(sep_text *text, const char *what, uint64_t bytes)
{
    sep_text_format(text, "<tr><th>%s</th><td class=\"n\">", what);
    sep_text_fixed(text, (double)bytes / (1 << 20), 1);
    sep_text_add(text, " MiB</td></tr>\n");
}

static void put_needs(sep_plan_view *view)
{
    sep_text *text = &view->page.text;
    const sep_measured *m = view->measured;

    if (view->choices->count == 0)
        return;
    sep_page_heading(&view->page, "What training takes",
                     "By the plan of the chosen step, measured on this machine, and by the sizes of the scans.");
    sep_text_add(text, "<div class=\"card\"><table><tbody>\n");
    put_megabytes(text, "memory: the step", m->device);
    put_megabytes(text, m->cached ? "disk: all scans, in a file beside the run" : "memory: all scans", m->scans);
    put_megabytes(text, "disk: last and best checkpoint", m->checkpoints);
    sep_text_format(text, "<tr><th>a step, %d threads</th><td class=\"n\">", m->threads);
    sep_text_number(text, m->mean_step, 3);
    sep_text_add(text, " s</td></tr>\n</tbody></table></div>\n");
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

char *sep_plan_page(const sep_survey *survey, const sep_facts *facts, const sep_plan_choices *choices,
                    const sep_measured *measured)
{
    sep_plan_view view = {
        .page = {.arena = survey->arena}, .survey = survey, .facts = facts, .choices = choices, .measured = measured};

    put_head(&view);
    put_findings(&view);
    put_choices(&view);
    sep_plan_put_plots(&view);
    sep_plan_put_pictures(&view);
    put_needs(&view);
    sep_plan_put_scans(&view);
    sep_page_close(&view.page.text);
    view.page.text.failed = view.page.text.failed || sep_arena_failed(survey->arena);
    return sep_text_take(&view.page.text);
}
