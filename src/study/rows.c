/* The rows of a study: what [row.NAME] says of each. */
#include "study/plan.h"

#include <math.h>
#include <string.h>

int sep_study_row_named(const sep_study *study, const char *name, size_t length)
{
    for (int i = 0; i < study->rows; i++)
        if (strlen(study->row[i].name) == length && memcmp(study->row[i].name, name, length) == 0)
            return i;
    return -1;
}

/* ---- what a row says --------------------------------------------------------------------------------------------- */

static sep_status take_published(const sep_study *study, const char *key, const sep_strings *words, double *value)
{
    for (int i = 0; i < words->count; i++) {
        const char *word = words->item[i];
        if (i == SEP_MOST_PUBLISHED || (strcmp(word, "-") != 0 && !sep_parse_float(word, &value[i])))
            return sep_fail(SEP_ERR_FORMAT, "%s: %s: '%s' is no number (the mean, then each class; - for none)",
                            study->path, key, word);
    }
    return SEP_OK;
}

static sep_status read_published(const sep_study *study, const char *key, double *value)
{
    sep_strings words = {0};
    sep_status status = sep_study_words(study, key, &words);

    if (status == SEP_OK)
        status = take_published(study, key, &words, value);
    sep_strings_free(&words);
    return status;
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

/* ---- all rows ---------------------------------------------------------------------------------------------------- */

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
            const int row = sep_study_row_named(study, name, strcspn(name, "."));
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

sep_status sep_study_read_rows(sep_study *study)
{
    bool has_section[SEP_MOST_ROWS] = {false};

    SEP_TRY(look_at_sections(study, has_section));
    for (int i = 0; i < study->rows; i++)
        SEP_TRY(read_row(study, &study->row[i]));
    return sep_options_check_unknown(study->given);
}
