/* Strings: copies, printf results, growing lists, and numbers read from text. */
#include "septum/base.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <locale.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

char *sep_strdup(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = sep_calloc(size, 1);

    return copy ? memcpy(copy, text, size) : NULL;
}

char *sep_format(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    char *text = length < 0 ? NULL : sep_calloc((size_t)length + 1, 1);
    if (!text)
        return NULL;

    va_start(arguments, format);
    vsnprintf(text, (size_t)length + 1, format, arguments);
    va_end(arguments);
    return text;
}

/* ---- lists ------------------------------------------------------------------------------------------------------- */

static sep_status grow(sep_strings *list)
{
    if (list->capacity > INT_MAX / 2)
        return sep_fail(SEP_ERR_MEMORY, "a list of more than %d strings", list->capacity);

    int capacity = list->capacity ? 2 * list->capacity : 16;
    char **item = sep_grown(list->item, (size_t)list->count, (size_t)capacity, sizeof *item);
    if (!item)
        return SEP_ERR_MEMORY;
    list->item = item;
    list->capacity = capacity;
    return SEP_OK;
}

sep_status sep_strings_add(sep_strings *list, const char *text)
{
    if (list->count == list->capacity)
        SEP_TRY(grow(list));

    char *copy = sep_strdup(text);
    if (!copy)
        return SEP_ERR_MEMORY;
    list->item[list->count++] = copy;
    return SEP_OK;
}

static sep_status add_trimmed(sep_strings *list, const char *text, size_t length)
{
    const size_t blanks = strspn(text, " \t");
    const size_t begin = blanks < length ? blanks : length;

    while (length > begin && (text[length - 1] == ' ' || text[length - 1] == '\t'))
        length--;
    char *word = sep_format("%.*s", (int)(length - begin), text + begin);
    sep_status status = word ? sep_strings_add(list, word) : SEP_ERR_MEMORY;
    sep_free(word);
    return status;
}

sep_status sep_strings_split(sep_strings *list, const char *text)
{
    for (;;) {
        const size_t length = strcspn(text, ",");
        SEP_TRY(add_trimmed(list, text, length));
        if (text[length] == '\0')
            return SEP_OK;
        text += length + 1;
    }
}

static int compare_items(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void sep_strings_sort(sep_strings *list)
{
    if (list->count)
        qsort(list->item, (size_t)list->count, sizeof *list->item, compare_items);
}

void sep_strings_free(sep_strings *list)
{
    if (!list)
        return;
    for (int i = 0; i < list->count; i++)
        sep_free(list->item[i]);
    sep_free(list->item);
    *list = (sep_strings){0};
}

/* ---- text -------------------------------------------------------------------------------------------------------- */

bool sep_has_suffix(const char *text, const char *suffix)
{
    size_t length = strlen(text), tail = strlen(suffix);

    return length >= tail && strcasecmp(text + length - tail, suffix) == 0;
}

const char *sep_duration_text(double seconds, char text[SEP_DURATION_TEXT])
{
    const bool known = seconds >= 0 && seconds < 1e12;
    const int64_t whole = known ? (int64_t)(seconds + 0.5) : 0;
    const int minutes = (int)(whole / 60 % 60), rest = (int)(whole % 60);

    if (!known)
        snprintf(text, SEP_DURATION_TEXT, "-");
    else if (whole >= 3600)
        snprintf(text, SEP_DURATION_TEXT, "%lld h %d min", (long long)(whole / 3600), minutes);
    else if (whole >= 60)
        snprintf(text, SEP_DURATION_TEXT, "%d min %d s", minutes, rest);
    else
        snprintf(text, SEP_DURATION_TEXT, "%d s", rest);
    return text;
}

/* strtod and its kin skip space before a number; "the whole text" has none. */
static bool begins_with_space(const char *text)
{
    return isspace((unsigned char)text[0]) != 0;
}

bool sep_parse_int(const char *text, int64_t *value)
{
    char *end;

    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (end == text || *end != '\0' || errno != 0 || begins_with_space(text))
        return false;
    *value = number;
    return true;
}

bool sep_parse_float(const char *text, double *value)
{
    /* strtod follows the calling thread's locale, in which 0.5 may be written 0,5. */
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (plain == (locale_t)0)
        return false;
    locale_t before = uselocale(plain);
    char *end;
    double number = strtod(text, &end);
    uselocale(before);
    freelocale(plain);

    if (end == text || *end != '\0' || !isfinite(number) || begins_with_space(text))
        return false;
    *value = number;
    return true;
}
