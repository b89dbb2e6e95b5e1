/* A plan as a whole: survey, facts, choices, measurement, texts. */
#include "plan/choices.h"
#include "report/text.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct sep_plan {
    sep_survey survey;
    sep_facts facts;
    sep_plan_choices choices;
    sep_measured measured;
    sep_strings files, lines, findings;
    char *ini, *page;
    char *validation; /* the list of its own; NULL: there is none */
};

static sep_status list_files(sep_plan *plan)
{
    const sep_catalogue *catalogue = &plan->survey.catalogue;
    const sep_data_config *data = &plan->survey.data;
    const char *const lists[] = {data->train_list, data->validation_list, data->test_list};

    for (int i = 0; i < catalogue->count; i++) {
        SEP_TRY(sep_strings_add(&plan->files, catalogue->entry[i].image_path));
        if (catalogue->entry[i].label_path != NULL)
            SEP_TRY(sep_strings_add(&plan->files, catalogue->entry[i].label_path));
    }
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        if (lists[i] != NULL)
            SEP_TRY(sep_strings_add(&plan->files, lists[i]));
    return SEP_OK;
}

static sep_status add_line(sep_strings *lines, char *line)
{
    const sep_status status = line != NULL ? sep_strings_add(lines, line) : SEP_ERR_MEMORY;

    sep_free(line);
    return status;
}

static sep_status list_findings(sep_plan *plan)
{
    for (int kind = 0; kind < SEP_FINDINGS; kind++)
        if (plan->survey.finding[kind].count > 0)
            SEP_TRY(add_line(&plan->findings, sep_finding_text(&plan->survey, (sep_finding_kind)kind)));
    return SEP_OK;
}

static sep_status list_lines(sep_plan *plan)
{
    const sep_survey *s = &plan->survey;
    const sep_plan_choices *c = &plan->choices;

    SEP_TRY(
        add_line(&plan->lines, sep_format("%d labelled cases (%d slices), %d unlabelled (%d), %d that validate (%d)",
                                          s->cases[SEP_USE_LABELLED], s->slices[SEP_USE_LABELLED],
                                          s->cases[SEP_USE_UNLABELLED], s->slices[SEP_USE_UNLABELLED],
                                          s->cases[SEP_USE_VALIDATION], s->slices[SEP_USE_VALIDATION])));
    return add_line(&plan->lines, sep_format("%s, patches of %s, %s iterations of %.3g s",
                                             sep_chosen(c, "train.method"), sep_chosen(c, "data.patch_size"),
                                             sep_chosen(c, "train.iterations"), plan->measured.mean_step));
}

/* The first kind of what septum train would refuse; SEP_FINDINGS: there is none. */
static sep_finding_kind first_refused(const sep_survey *survey)
{
    int kind = 0;

    while (kind < SEP_FINDINGS && (survey->finding[kind].count == 0 || !sep_finding_refused((sep_finding_kind)kind)))
        kind++;
    return (sep_finding_kind)kind;
}

/* A scan a line, where the list was not there before the plan. */
static sep_status list_validation(sep_plan *plan)
{
    sep_text text = {0};

    if (plan->survey.data.validation_list != NULL || sep_chosen(&plan->choices, "data.validation_list") == NULL)
        return SEP_OK;
    for (int i = 0; i < plan->survey.scans; i++)
        if (plan->survey.scan[i].use == SEP_USE_VALIDATION) {
            sep_text_add(&text, plan->survey.scan[i].entry->name);
            sep_text_add(&text, "\n");
        }
    plan->validation = sep_text_take(&text);
    return plan->validation != NULL ? SEP_OK : SEP_ERR_MEMORY;
}

static sep_status choose_and_time(const sep_plan_request *request, sep_device *device, sep_plan *plan)
{
    SEP_TRY(sep_choose(request, &plan->facts, &plan->choices));
    return sep_measure_steps(request, &plan->survey, &plan->facts, device, &plan->choices, &plan->measured);
}

static sep_status choose(const sep_plan_request *request, sep_device *device, sep_plan *plan)
{
    if (plan->survey.labelled_slices == 0)
        return sep_fail(SEP_ERR_FORMAT, "%s: no labelled scan has a class: there is nothing to learn from",
                        plan->survey.data.folder);
    SEP_TRY(choose_and_time(request, device, plan));
    const bool hurried = sep_lacks_time(request, &plan->facts, &plan->measured, &plan->choices);
    const bool two = sep_has_time_for_two(request, &plan->facts, &plan->measured, &plan->choices);
    if (hurried || two) {
        plan->choices = (sep_plan_choices){.arena = plan->choices.arena, .hurried = hurried, .two = two};
        SEP_TRY(choose_and_time(request, device, plan));
    }
    SEP_TRY(sep_settle_length(request, &plan->survey, &plan->facts, &plan->choices, &plan->measured));
    SEP_TRY(list_lines(plan));
    SEP_TRY(list_validation(plan));
    plan->ini = sep_plan_ini(&plan->survey, &plan->choices);
    return plan->ini != NULL ? SEP_OK : SEP_ERR_MEMORY;
}

/* Data that can't be trained on get a page that shows why, and no configuration. */
static sep_status make(const sep_plan_request *request, sep_device *device, sep_plan *plan)
{
    if (request->method != NULL && sep_method_find(request->method) == NULL)
        return sep_fail(SEP_ERR_ARGUMENT, "there is no method '%s': `septum info method` lists them", request->method);
    SEP_TRY(sep_survey_make(request, &plan->survey));
    SEP_TRY(list_files(plan));
    SEP_TRY(list_findings(plan));
    SEP_TRY(sep_facts_gather(&plan->survey, &plan->facts));
    plan->choices.arena = plan->survey.arena;
    if (first_refused(&plan->survey) == SEP_FINDINGS)
        SEP_TRY(choose(request, device, plan));
    plan->page = sep_plan_page(&plan->survey, &plan->facts, &plan->choices, &plan->measured);
    return plan->page != NULL ? SEP_OK : SEP_ERR_MEMORY;
}

sep_status sep_plan_make(const sep_plan_request *request, sep_device *device, sep_plan **plan)
{
    sep_plan *made = sep_calloc(1, sizeof *made);
    const sep_status status = made != NULL ? make(request, device, made) : SEP_ERR_MEMORY;

    *plan = status == SEP_OK ? made : NULL;
    if (status != SEP_OK)
        sep_plan_destroy(made);
    return status;
}

void sep_plan_destroy(sep_plan *plan)
{
    if (plan == NULL)
        return;
    sep_survey_free(&plan->survey);
    sep_strings_free(&plan->files);
    sep_strings_free(&plan->lines);
    sep_strings_free(&plan->findings);
    sep_free(plan->validation);
    sep_free(plan->ini);
    sep_free(plan->page);
    sep_free(plan);
}

const sep_strings *sep_plan_files(const sep_plan *plan)
{
    return &plan->files;
}

const sep_strings *sep_plan_lines(const sep_plan *plan)
{
    return &plan->lines;
}

const sep_strings *sep_plan_findings(const sep_plan *plan)
{
    return &plan->findings;
}

static sep_status refuse(const sep_plan *plan, const char *page)
{
    char *line = sep_finding_text(&plan->survey, first_refused(&plan->survey));
    const sep_status status = line != NULL
                                  ? sep_fail(SEP_ERR_FORMAT, "%s: %s; no configuration is written, %s shows the data",
                                             plan->survey.data.folder, line, page)
                                  : SEP_ERR_MEMORY;

    sep_free(line);
    return status;
}

bool sep_plan_lists_validation(const sep_plan *plan)
{
    return plan->validation != NULL;
}

/* The file that can't be written leaves none of those before it. */
static sep_status write_files(const sep_plan *plan, const char *ini, const char *page)
{
    const struct {
        const char *path, *text;
    } file[] = {
        {page, plan->page}, {sep_chosen(&plan->choices, "data.validation_list"), plan->validation}, {ini, plan->ini}};
    sep_status status = SEP_OK;
    size_t written = 0;

    for (; written < sizeof file / sizeof *file && status == SEP_OK; written++)
        if (file[written].text != NULL)
            status = sep_file_write_atomic(file[written].path, file[written].text, strlen(file[written].text));
    for (size_t i = 0; status != SEP_OK && i + 1 < written; i++)
        if (file[i].text != NULL)
            (void)unlink(file[i].path);
    return status;
}

sep_status sep_plan_write(const sep_plan *plan, const char *ini, const char *page)
{
    SEP_TRY(write_files(plan, ini, page));
    return plan->ini != NULL ? SEP_OK : refuse(plan, page);
}
