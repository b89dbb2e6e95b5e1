/* The plan of a study, from its INI file:
 *     [study]             base, rows, labelled_cases, seeds, iterations or hours, baseline, title
 *     [row.NAME]          title, student, published_dice_COUNT, published_hd95_COUNT
 *     [row.NAME.SECTION]  settings that this row puts over those of the base's [SECTION]
 *     [base.SECTION]      settings that every row does */
#include "study/plan.h"

#include <inttypes.h>
#include <string.h>

/* ---- lists ------------------------------------------------------------------------------------------------------- */

sep_status sep_study_words(const sep_study *study, const char *key, sep_strings *words)
{
    const char *text;

    SEP_TRY(sep_options_string(study->given, key, NULL, &text));
    if (text != NULL)
        SEP_TRY(sep_strings_split(words, text));
    for (int i = 0; i < words->count; i++)
        if (words->item[i][0] == '\0')
            return sep_fail(SEP_ERR_FORMAT, "%s: an entry of %s is empty", study->path, key);
    return SEP_OK;
}

/* Hands the words of a list to `take`, which is told their number; a list that is not given has none. */
static sep_status each_word(sep_study *study, const char *key, int most, int *count,
                            sep_status (*take)(sep_study *study, int index, const char *word))
{
    sep_strings words = {0};
    sep_status status = sep_study_words(study, key, &words);

    if (status == SEP_OK && words.count > most)
        status = sep_fail(SEP_ERR_UNSUPPORTED, "%s: %s has more than %d entries", study->path, key, most);
    for (*count = 0; status == SEP_OK && *count < words.count; ++*count)
        status = take(study, *count, words.item[*count]);
    sep_strings_free(&words);
    return status;
}

static sep_status fail_twice(const sep_study *study, const char *key, const char *word)
{
    return sep_fail(SEP_ERR_ARGUMENT, "%s: %s names %s twice: two runs would have one name", study->path, key, word);
}

static sep_status take_row(sep_study *study, int index, const char *word)
{
    if (strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") != strlen(word))
        return sep_fail(SEP_ERR_FORMAT, "%s: study.rows: '%s': a row's name has letters, digits, '_' and '-' only",
                        study->path, word);
    for (int i = 0; i < index; i++)
        if (strcmp(study->row[i].name, word) == 0)
            return fail_twice(study, "study.rows", word);
    study->row[index].name = study->row[index].title = sep_arena_format(study->arena, "%s", word);
    return study->row[index].name != NULL ? SEP_OK : SEP_ERR_MEMORY;
}

static sep_status take_count(sep_study *study, int index, const char *word)
{
    int64_t count = SEP_ALL_CASES;

    if (strcmp(word, "all") != 0 && (!sep_parse_int(word, &count) || count < 1 || count > INT32_MAX))
        return sep_fail(SEP_ERR_FORMAT, "%s: study.labelled_cases: '%s' is neither a number of cases nor all",
                        study->path, word);
    for (int i = 0; i < index; i++)
        if (study->count[i] == count)
            return fail_twice(study, "study.labelled_cases", word);
    study->count[index] = (int)count;
    return SEP_OK;
}

static sep_status take_seed(sep_study *study, int index, const char *word)
{
    if (!sep_parse_int(word, &study->seed[index]) || study->seed[index] < 0 || study->seed[index] > INT32_MAX)
        return sep_fail(SEP_ERR_FORMAT, "%s: study.seeds: '%s' is no seed (0 to %d)", study->path, word, INT32_MAX);
    for (int i = 0; i < index; i++)
        if (study->seed[i] == study->seed[index])
            return fail_twice(study, "study.seeds", word);
    return SEP_OK;
}

/* ---- [study] ----------------------------------------------------------------------------------------------------- */

/* Beside the study's file, or from here. */
static sep_status find_base(sep_study *study)
{
    const char *base;

    SEP_TRY(sep_options_string(study->given, "study.base", NULL, &base));
    if (base == NULL)
        return sep_fail(SEP_ERR_ARGUMENT, "%s: study.base is not set: give the configuration that rows are variants of",
                        study->path);
    study->base =
        sep_arena_format(study->arena, "%.*s%s", (int)(sep_file_name(study->path) - study->path), study->path, base);
    if (study->base == NULL)
        return SEP_ERR_MEMORY;
    if (base[0] == '/' || !sep_file_exists(study->base))
        study->base = base;
    if (!sep_file_exists(study->base))
        return sep_fail(SEP_ERR_IO, "%s: the base %s is neither beside this file nor here", study->path, base);
    return SEP_OK;
}

static sep_status find_baseline(sep_study *study)
{
    const char *baseline;

    SEP_TRY(sep_options_string(study->given, "study.baseline", study->row[0].name, &baseline));
    study->baseline = sep_study_row_named(study, baseline, strlen(baseline));
    if (study->baseline < 0)
        return sep_fail(SEP_ERR_ARGUMENT, "%s: study.baseline is %s, which is not among study.rows", study->path,
                        baseline);
    return SEP_OK;
}

/* Of a run, in iterations or in hours. */
static sep_status read_length(sep_study *study)
{
    int64_t iterations;

    SEP_TRY(sep_options_int(study->given, "study.iterations", 0, 1, INT64_C(1) << 31, &iterations));
    SEP_TRY(sep_options_float(study->given, "study.hours", 0, 1e-6, 1e4, &study->hours));
    if (iterations > 0 && study->hours > 0)
        return sep_fail(SEP_ERR_ARGUMENT, "%s: give study.iterations or study.hours, not both", study->path);
    for (int i = 0; i < study->rows; i++)
        study->row[i].iterations = iterations;
    return SEP_OK;
}

static sep_status read_study(sep_study *study)
{
    study->row = sep_arena_alloc(study->arena, SEP_MOST_ROWS * sizeof *study->row);
    if (study->row == NULL)
        return SEP_ERR_MEMORY;
    SEP_TRY(sep_options_string(study->given, "study.title", sep_file_name(study->path), &study->title));
    SEP_TRY(find_base(study));
    SEP_TRY(each_word(study, "study.rows", SEP_MOST_ROWS, &study->rows, take_row));
    SEP_TRY(each_word(study, "study.labelled_cases", SEP_MOST_COUNTS, &study->counts, take_count));
    SEP_TRY(each_word(study, "study.seeds", SEP_MOST_SEEDS, &study->seeds, take_seed));
    if (study->rows == 0 || study->counts == 0 || study->seeds == 0)
        return sep_fail(SEP_ERR_ARGUMENT, "%s: study.%s is not set", study->path,
                        study->rows == 0     ? "rows"
                        : study->counts == 0 ? "labelled_cases"
                                             : "seeds");
    SEP_TRY(read_length(study));
    return find_baseline(study);
}

/* ---- runs -------------------------------------------------------------------------------------------------------- */

const char *sep_study_count_name(sep_study *study, int count)
{
    return study->count[count] == SEP_ALL_CASES ? "all-cases"
                                                : sep_arena_format(study->arena, "%d-cases", study->count[count]);
}

const char *sep_study_count_title(sep_study *study, int count)
{
    const int cases = study->count[count];

    return cases == SEP_ALL_CASES ? "all cases"
                                  : sep_arena_format(study->arena, "%d labelled case%s", cases, cases == 1 ? "" : "s");
}

static sep_status name_run(sep_study *study, sep_study_run *run)
{
    const char *count = sep_study_count_name(study, run->count);

    if (count != NULL)
        run->name = sep_arena_format(study->arena, "%s/%s/seed-%" PRId64, study->row[run->row].name, count,
                                     study->seed[run->seed]);
    if (run->name != NULL)
        run->folder = sep_arena_format(study->arena, "%s/%s", study->folder, run->name);
    return run->folder != NULL ? SEP_OK : SEP_ERR_MEMORY;
}

/* All rows of one seed come before the next seed, so that a study that is stopped has a table to show. */
static sep_status list_runs(sep_study *study)
{
    study->run = sep_arena_alloc(study->arena, (size_t)study->rows * (size_t)study->counts * (size_t)study->seeds *
                                                   sizeof *study->run);
    if (study->run == NULL)
        return SEP_ERR_MEMORY;
    for (int s = 0; s < study->seeds; s++)
        for (int c = 0; c < study->counts; c++)
            for (int r = 0; r < study->rows; r++) {
                study->run[study->runs] = (sep_study_run){.row = r, .count = c, .seed = s};
                SEP_TRY(name_run(study, &study->run[study->runs++]));
            }
    return SEP_OK;
}

/* Counts and seeds change nothing of which settings exist. */
static sep_status check_settings(const sep_study *study)
{
    for (int i = 0; i < study->rows; i++) {
        sep_study_setup setup;
        sep_status status = sep_study_set_up(study, &study->run[i], &setup);
        sep_study_setup_free(&setup);
        if (status != SEP_OK)
            return sep_fail_within(status, "row %s", study->row[i].name);
    }
    return SEP_OK;
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

static sep_status read_plan(sep_study *study, const char *path, const char *folder, const sep_strings *settings)
{
    study->given = sep_options_create();
    study->path = sep_arena_format(study->arena, "%s", path);
    study->folder = sep_arena_format(study->arena, "%s", folder);
    if (study->given == NULL || study->path == NULL || study->folder == NULL)
        return SEP_ERR_MEMORY;
    SEP_TRY(sep_options_load(study->given, path));
    for (int i = 0; settings != NULL && i < settings->count; i++)
        SEP_TRY(sep_options_set(study->given, settings->item[i]));
    SEP_TRY(read_study(study));
    SEP_TRY(sep_study_read_rows(study));
    SEP_TRY(list_runs(study));
    return check_settings(study);
}

sep_status sep_study_read(const char *path, const char *folder, const sep_strings *settings, sep_study **study)
{
    sep_arena *arena = sep_arena_create();
    sep_study *made = arena != NULL ? sep_arena_alloc(arena, sizeof *made) : NULL;

    *study = NULL;
    if (made == NULL) {
        sep_arena_destroy(arena);
        return SEP_ERR_MEMORY;
    }
    made->arena = arena;
    sep_status status = read_plan(made, path, folder, settings);
    if (status != SEP_OK) {
        sep_study_destroy(made);
        return status;
    }
    *study = made;
    return SEP_OK;
}

void sep_study_destroy(sep_study *study)
{
    if (study == NULL)
        return;
    sep_options_destroy(study->given);
    sep_arena_destroy(study->arena); /* the study lies in it */
}
