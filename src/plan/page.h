/* The page of a plan, part by part. */
#ifndef SEPTUM_PLAN_PAGE_H
#define SEPTUM_PLAN_PAGE_H

#include "plan/choices.h"
#include "report/page.h"

typedef struct sep_plan_view {
    sep_page page; /* its text, and the survey's arena */
    const sep_survey *survey;
    const sep_facts *facts;
    const sep_plan_choices *choices;
    const sep_measured *measured;
} sep_plan_view;

void sep_plan_put_plots(sep_plan_view *view);
void sep_plan_put_pictures(sep_plan_view *view);
void sep_plan_put_scans(sep_plan_view *view);

#endif
