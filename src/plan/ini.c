/* The configuration as text: sections, each choice below its reason. */
#include "plan/choices.h"
#include "report/text.h"

#include <string.h>

enum { WIDTH = 110 };

/* The next word's length. Names may hold what ends a line, and must not end the comment. */
static size_t word_length(const char *word)
{
    size_t length = 0;

    while ((unsigned char)word[length] > ' ' && word[length] != 127)
        length++;
    return length;
}

/* A comment over several lines. */
static void put_comment(sep_text *text, const char *comment)
{
    size_t column = 0;

    for (const char *word = comment; *word != '\0';) {
        const size_t length = word_length(word);

        if (length == 0) {
            word++;
            continue;
        }
        if (column == 0 || column + length + 1 > WIDTH) {
            sep_text_add(text, column == 0 ? ";" : "\n;");
            column = 1;
        }
        sep_text_add(text, " ");
        sep_text_bytes(text, word, length);
        column += length + 1;
        word += length;
    }
    sep_text_add(text, "\n");
}

static void put_findings(const sep_survey *survey, sep_text *text)
{
    bool headed = false;

    for (int kind = 0; kind < SEP_FINDINGS && !text->failed; kind++) {
        if (survey->finding[kind].count == 0)
            continue;
        if (!headed)
            sep_text_add(text, ";\n; What looks wrong:\n");
        headed = true;
        char *line = sep_finding_text(survey, (sep_finding_kind)kind);
        if (line != NULL)
            put_comment(text, line);
        text->failed = text->failed || line == NULL;
        sep_free(line);
    }
}

/* "data" of "data.folder", with its length; and what stands behind it. */
static const char *key_in(const char *key, size_t *section)
{
    *section = strcspn(key, ".");
    return key + *section + 1;
}

static bool has_section(const sep_plan_choices *choices, int count, const char *key, size_t length)
{
    for (int i = 0; i < count; i++) {
        size_t other;
        (void)key_in(choices->choice[i].key, &other);
        if (other == length && strncmp(choices->choice[i].key, key, length) == 0)
            return true;
    }
    return false;
}

static void put_section(const sep_plan_choices *choices, const char *section, size_t length, sep_text *text)
{
    sep_text_add(text, "\n[");
    sep_text_bytes(text, section, length);
    sep_text_add(text, "]\n");
    for (int i = 0; i < choices->count; i++) {
        const sep_plan_choice *choice = &choices->choice[i];
        size_t own;
        const char *name = key_in(choice->key, &own);

        if (own != length || strncmp(choice->key, section, length) != 0)
            continue;
        if (choice->reason != NULL)
            put_comment(text, choice->reason);
        sep_text_format(text, "%s = ", name);
        sep_text_add(text, choice->value);
        sep_text_add(text, "\n");
    }
}

char *sep_plan_ini(const sep_survey *survey, const sep_plan_choices *choices)
{
    sep_text text = {0};

    put_comment(&text, "Planned by septum. Each choice has its reason above it; change what you know better, then "
                       "train with this file.");
    put_findings(survey, &text);
    for (int i = 0; i < choices->count; i++) {
        const char *key = choices->choice[i].key;
        size_t length;

        (void)key_in(key, &length);
        if (!has_section(choices, i, key, length))
            put_section(choices, key, length, &text);
    }
    return sep_text_take(&text);
}
