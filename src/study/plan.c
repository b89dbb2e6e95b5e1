/* The plan of a study, from its INI file:
 *     [study]             base, rows, labelled_cases, seeds, iterations or hours, baseline, title
 *     [row.NAME]          title, student, published_dice_COUNT, published_hd95_COUNT
 *     [row.NAME.SECTION]  settings that this row puts over those of the base's [SECTION]
 *     [base.SECTION]      settings that every row does */
#include "study/plan.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- lists ------------------------------------------------------------------------------------------------------- */

/* The next of the words that commas part, without blanks around it, in the arena; *rest is NULL behind the last. */
static sep_status next_word(sep_study *study, const char *key, const char **rest, const char **word)
{
    const char *start = *rest + strspn(*rest, " \t");
    size_t length = strcspn(start, ","), whole = length;

    while (length > 0 && (start[length - 1] == ' ' || start[length - 1] == '\t'))
        length--;
    if (length == 0)
        return sep_fail(SEP_ERR_FORMAT, "%s: an entry of %s is empty", study->path, key);
    *rest = start[whole] == ',' ? start + whole + 1 : NULL;
    *word = sep_arena_format(study->arena, "%.*s", (int)length, start);
    return *word != NULL ? SEP_OK : SEP_ERR_MEMORY;
}

/* Hands the words of a list to `take`, which is told their number; a list that is not given has none. */
static sep_status each_word(sep_study *study, const char *key, int most, int *count,
                            sep_status (*take)(sep_study *study, int index, const char *word))
{
    const char *rest, *word;

    *count = 0;
    SEP_TRY(sep_options_string(study->given, key, NULL, &rest));
    while (rest != NULL) {
        SEP_TRY(next_word(study, key, &rest, &word));
        if (*count == most)
            return sep_fail(SEP_ERR_UNSUPPORTED, "%s: %s has more than %d entries", study->path, key, most);
        SEP_TRY(take(study, *count, word));
        ++*count;
    }
    return SEP_OK;
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
    study->row[index].name = study->row[index].title = word;
    return SEP_OK;
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

static int row_named(const sep_study *study, const char *name, size_t length)
{
    for (int i = 0; i < study->rows; i++)
        if (strlen(study->row[i].name) == length && memcmp(study->row[i].name, name, length) == 0)
            return i;
    return -1;
}

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
    study->baseline = row_named(study, baseline, strlen(baseline));
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

/* ---- [row.NAME] -------------------------------------------------------------------------------------------------- */

static sep_status read_published(sep_study *study, const char *key, double *value)
{
    const char *rest, *word;
    int count = 0;

    SEP_TRY(sep_options_string(study->given, key, NULL, &rest));
    while (rest != NULL) {
        SEP_TRY(next_word(study, key, &rest, &word));
        if (count == SEP_MOST_PUBLISHED || (strcmp(word, "-") != 0 && !sep_parse_float(word, &value[count])))
            return sep_fail(SEP_ERR_FORMAT, "%s: %s: '%s' is no number (the mean, then each class; - for none)",
                            study->path, key, word);
        count++;
    }
    return SEP_OK;
}

static sep_status read_student(sep_study *study, sep_study_row *row, const char *key)
{
    static const char *const names[] = {"best", "all", "0", "1", "2", "3"};
    int chosen;

    SEP_TRY(sep_options_choice(study->given, key, "best", names, 2 + SEP_MAX_STUDENTS, &chosen));
    row->answer_is_given = chosen > 0;
    row->answer.student = chosen == 1 ? SEP_ALL_STUDENTS : chosen - 2;
    return SEP_OK;
}

static sep_status read_row(sep_study *study, sep_study_row *row)
{
    static const char *const kinds[SEP_PUBLISHED_KINDS] = {"dice", "hd95"};
    const char *key = sep_arena_format(study->arena, "row.%s.title", row->name);

    if (key == NULL)
        return SEP_ERR_MEMORY;
    SEP_TRY(sep_options_string(study->given, key, row->name, &row->title));
    key = sep_arena_format(study->arena, "row.%s.student", row->name);
    SEP_TRY(key != NULL ? read_student(study, row, key) : SEP_ERR_MEMORY);
    for (int kind = 0; kind < SEP_PUBLISHED_KINDS; kind++)
        for (int i = 0; i < study->counts; i++) {
            for (int k = 0; k < SEP_MOST_PUBLISHED; k++)
                row->published[kind][i][k] = NAN;
            key =
                study->count[i] == SEP_ALL_CASES
                    ? sep_arena_format(study->arena, "row.%s.published_%s_all", row->name, kinds[kind])
                    : sep_arena_format(study->arena, "row.%s.published_%s_%d", row->name, kinds[kind], study->count[i]);
            SEP_TRY(key != NULL ? read_published(study, key, row->published[kind][i]) : SEP_ERR_MEMORY);
        }
    return SEP_OK;
}

/* A row that no section speaks of must be a method. */
static sep_status check_row_known(const sep_study *study, const sep_study_row *row, bool has_section)
{
    if (has_section || sep_method_find(row->name) != NULL)
        return SEP_OK;
    return sep_fail(SEP_ERR_ARGUMENT, "%s: study.rows: unknown row '%s': it is no method, and there is no [row.%s]",
                    study->path, row->name, row->name);
}

/* Whether a key of a row, "published_dice_7", is of any count, be it one of this study or not. */
static bool is_published(const char *key)
{
    const char *count =
        strncmp(key, "published_dice_", 15) == 0 || strncmp(key, "published_hd95_", 15) == 0 ? key + 15 : "";

    return strcmp(count, "all") == 0 || (count[0] != '\0' && count[strspn(count, "0123456789")] == '\0');
}

/* What [base.SECTION] and [row.NAME.SECTION] say is known here; whether the settings exist shows when they are read. */
static sep_status look_at_sections(sep_study *study, bool *has_section)
{
    const char *key, *value;

    for (const void *place = NULL; sep_options_next(study->given, &place, &key, &value);) {
        if (strncmp(key, "row.", 4) == 0) {
            const char *name = key + 4;
            const int row = row_named(study, name, strcspn(name, "."));
            if (row < 0)
                return sep_fail(SEP_ERR_ARGUMENT, "%s: [row.%.*s]: study.rows names no such row", study->path,
                                (int)strcspn(name, "."), name);
            has_section[row] = true;
        }
        if (sep_study_override_of(key, NULL) != NULL || is_published(strrchr(key, '.') + 1))
            SEP_TRY(sep_options_string(study->given, key, NULL, &value));
    }
    for (int i = 0; i < study->rows; i++)
        SEP_TRY(check_row_known(study, &study->row[i], has_section[i]));
    return SEP_OK;
}

static sep_status read_rows(sep_study *study)
{
    bool has_section[SEP_MOST_ROWS] = {false};

    SEP_TRY(look_at_sections(study, has_section));
    for (int i = 0; i < study->rows; i++)
        SEP_TRY(read_row(study, &study->row[i]));
    return sep_options_check_unknown(study->given);
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
    SEP_TRY(read_rows(study));
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
