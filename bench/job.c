/* The list of problems of a job. */
#include "bench/job.h"
#include "config.h"

#include <stdio.h>
#include <string.h>

static bool same_problem(const bench_problem *a, const bench_problem *b)
{
    return a->family == b->family && memcmp(a->value, b->value, sizeof a->value) == 0;
}

static bench_item *find_item(const bench_job *job, const bench_problem *problem)
{
    for (int i = 0; i < job->items; i++)
        if (same_problem(&job->item[i].problem, problem))
            return &job->item[i];
    return NULL;
}

static bench_item *append(bench_job *job)
{
    bench_item *items = sep_calloc((size_t)job->items + 1, sizeof *items);

    if (items == NULL)
        return NULL;
    if (job->items > 0)
        memcpy(items, job->item, (size_t)job->items * sizeof *items);
    sep_free(job->item);
    job->item = items;
    return &job->item[job->items++];
}

sep_status bench_job_add(bench_job *job, const bench_problem *problem, const char *occurs)
{
    bench_item *item = find_item(job, problem);

    if (item == NULL) {
        item = append(job);
        if (item == NULL)
            return SEP_ERR_MEMORY;
        item->problem = *problem;
    }
    size_t length = strlen(item->occurs);
    snprintf(item->occurs + length, sizeof item->occurs - length, "%s%s", length ? ", " : "", occurs);
    return SEP_OK;
}

void bench_job_free(bench_job *job)
{
    sep_free(job->item);
    job->item = NULL;
    job->items = 0;
}

/* ---- lists --------------------------------------------------------------------------------------------------------
 */

/* "bench/models/u-net.txt" is "u-net". */
static void list_name(const char *path, char *name, size_t size)
{
    const char *slash = strrchr(path, '/'), *start = slash ? slash + 1 : path;

    snprintf(name, size, "%.*s", (int)strcspn(start, "."), start);
}

static sep_status add_line(bench_job *job, const char *name, const char *line)
{
    char family[32], word[BENCH_WORD], occurs[64];
    bench_problem problem;
    int count, end = 0;

    if (sscanf(line, "%31s %95s %d %n", family, word, &count, &end) != 3 || line[end] != '\0' || count < 1)
        return sep_fail(SEP_ERR_FORMAT, "'%s' is not 'OPERATION SHAPE COUNT'", line);
    SEP_TRY(bench_problem_parse(family, word, &problem));
    snprintf(occurs, sizeof occurs, "%s %d", name, count);
    return bench_job_add(job, &problem, occurs);
}

sep_status bench_job_load(bench_job *job, const char *path)
{
    sep_strings lines = {0};
    char name[32];

    list_name(path, name, sizeof name);
    sep_status status = sep_read_lines(path, &lines);
    for (int i = 0; status == SEP_OK && i < lines.count; i++) {
        status = add_line(job, name, lines.item[i]);
        if (status != SEP_OK)
            status = sep_fail_within(status, "%s", path);
    }
    sep_strings_free(&lines);
    return status;
}

void bench_job_print(const bench_job *job, FILE *file)
{
    char word[BENCH_WORD];

    for (int i = 0; i < job->items; i++) {
        bench_problem_word(&job->item[i].problem, word);
        fprintf(file, "%s %s %s\n", job->item[i].problem.family->name, word, job->item[i].occurs);
    }
}

sep_status bench_job_load_all(bench_job *job, const char *models)
{
    const char *folder = models                              ? models
                         : sep_folder_exists("bench/models") ? "bench/models"
                                                             : SEP_DATA_FOLDER "/bench";
    sep_strings names = {0};

    sep_status status = sep_list_folder(folder, ".txt", &names);
    if (status == SEP_OK && names.count == 0)
        status = sep_fail(SEP_ERR_IO, "%s: no lists of layers (*.txt) there", folder);
    for (int i = 0; status == SEP_OK && i < names.count; i++) {
        char *path = sep_format("%s/%s", folder, names.item[i]);
        status = path ? bench_job_load(job, path) : SEP_ERR_MEMORY;
        sep_free(path);
    }
    sep_strings_free(&names);
    return status;
}
