/* The HTML page as a whole. */
#include "report/page.h"

#include <string.h>

/* The names of all runs. From the arena; NULL without memory. */
static const char *title_of(const sep_page *page)
{
    const char *title = "";

    for (int k = 0; title != NULL && k < page->runs; k++)
        title = sep_arena_format(page->arena, "%s%s%s", title, k > 0 ? ", " : "", page->run[k].name);
    return title;
}

static void put_page(sep_page *page)
{
    sep_page_open(&page->text, NULL, title_of(page), NULL);
    sep_page_summary(page);
    sep_page_scores(page);
    sep_page_curves(page);
    sep_page_pictures(page);
    sep_page_details(page);
    sep_page_close(&page->text);
}

static sep_status write_page(const sep_run *runs, int count, const char *out)
{
    sep_page page = {.arena = sep_arena_create(), .run = runs, .runs = count};
    if (!page.arena)
        return SEP_ERR_MEMORY;
    put_page(&page);
    page.text.failed = page.text.failed || sep_arena_failed(page.arena);
    sep_arena_destroy(page.arena);
    return sep_text_write(&page.text, out);
}

/* Runs whose folders have one name get the whole path as theirs. */
static sep_status tell_apart(sep_run *runs, const char *const *folders, int count)
{
    for (int i = 0; i < count; i++)
        for (int k = 0; k < i; k++)
            if (strcmp(runs[i].name, runs[k].name) == 0) {
                char *path = sep_strdup(folders[i]);
                if (!path)
                    return SEP_ERR_MEMORY;
                sep_free(runs[i].name);
                runs[i].name = path;
            }
    return SEP_OK;
}

sep_status sep_report_write(const char *const *run_folders, int count, const char *out)
{
    if (count < 1)
        return sep_fail(SEP_ERR_ARGUMENT, "a report needs at least one run folder");
    sep_run *runs = sep_calloc((size_t)count, sizeof(*runs));
    sep_status status = runs ? SEP_OK : SEP_ERR_MEMORY;
    for (int i = 0; i < count && status == SEP_OK; i++)
        status = sep_run_read(run_folders[i], &runs[i]);
    if (status == SEP_OK)
        status = tell_apart(runs, run_folders, count);
    if (status == SEP_OK)
        status = write_page(runs, count, out);
    for (int i = 0; runs && i < count; i++)
        sep_run_free(&runs[i]);
    sep_free(runs);
    return status;
}
