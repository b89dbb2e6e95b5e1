/* Options: the list of section.key = value pairs, and the typed look-ups. */
#include "base/options_store.h"

#include <stdio.h>
#include <string.h>

sep_options *sep_options_create(void)
{
    sep_options *options = sep_calloc(1, sizeof *options);

    if (!options)
        return NULL;
    options->arena = sep_arena_create();
    if (!options->arena) {
        sep_free(options);
        return NULL;
    }
    return options;
}

void sep_options_destroy(sep_options *options)
{
    if (!options)
        return;
    sep_arena_destroy(options->arena);
    sep_free(options);
}

/* ---- the list ---------------------------------------------------------------------------------------------------- */

bool sep_option_same_value(const char *a, const char *b)
{
    double first, second;

    return strcmp(a, b) == 0 || (sep_parse_float(a, &first) && sep_parse_float(b, &second) && first == second);
}

sep_option *sep_option_find(const sep_options *options, const char *key)
{
    for (sep_option *option = options->first; option; option = option->next)
        if (strcmp(option->key, key) == 0)
            return option;
    return NULL;
}

static sep_option *append(sep_options *options, const char *key)
{
    sep_option *option = sep_arena_alloc(options->arena, sizeof *option);

    if (!option)
        return NULL;
    option->key = key;
    if (options->last)
        options->last->next = option;
    else
        options->first = option;
    options->last = option;
    return option;
}

static sep_status check_name(const char *what, const char *name, const char *where)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";

    if (name[0] == '\0')
        return sep_fail(SEP_ERR_FORMAT, "%s: no %s: options are written as key = value under a [section]", where, what);
    if (name[strspn(name, allowed)] != '\0')
        return sep_fail(SEP_ERR_FORMAT, "%s: the %s '%s' has characters other than letters, digits, '_', '-' and '.'",
                        where, what, name);
    if (strlen(name) > SEP_OPTION_NAME_LIMIT)
        return sep_fail(SEP_ERR_FORMAT, "%s: the %s is longer than %d characters", where, what, SEP_OPTION_NAME_LIMIT);
    return SEP_OK;
}

sep_status sep_option_put(sep_options *options, const char *section, const char *name, const char *value,
                          const char *where)
{
    SEP_TRY(check_name("section", section, where));
    SEP_TRY(check_name("key", name, where));
    if (strchr(name, '.')) /* or "section.key" could be taken apart in two ways */
        return sep_fail(SEP_ERR_FORMAT, "%s: the key '%s' has a '.', which only a section may have", where, name);
    if (value[0] == '\0' || value[0] == ';') /* "key =;text": inih wants a space before a comment */
        return sep_fail(SEP_ERR_FORMAT, "%s: '%s.%s' has no value", where, section, name);
    if (strlen(name) + strlen(" = ") + strlen(value) > SEP_OPTION_LINE_LIMIT)
        return sep_fail(SEP_ERR_FORMAT, "%s: the key '%s' and its value are longer than %d characters", where, name,
                        SEP_OPTION_LINE_LIMIT);

    const char *key = sep_arena_format(options->arena, "%s.%s", section, name);
    const char *copy = sep_arena_format(options->arena, "%s", value);
    if (!key || !copy)
        return SEP_ERR_MEMORY;

    sep_option *option = sep_option_find(options, key);
    if (option && option->load == options->load)
        return sep_fail(SEP_ERR_FORMAT, "%s: '%s' is already set at %s", where, key, option->where);
    if (!option)
        option = append(options, key);
    if (!option)
        return SEP_ERR_MEMORY;
    option->value = copy;
    option->where = where;
    option->load = options->load;
    return SEP_OK;
}

/* ---- setting ----------------------------------------------------------------------------------------------------- */

/* What an option file could not say, an assignment may not either: the recorded text must load again. */
static sep_status check_assignment(const char *assignment, const char *value)
{
    for (const char *c = value; *c != '\0'; c++)
        if ((unsigned char)*c < ' ')
            return sep_fail(SEP_ERR_ARGUMENT, "setting '%s': the value holds a control character", assignment);
    if (value[0] == ' ' || sep_has_suffix(value, " "))
        return sep_fail(SEP_ERR_ARGUMENT, "setting '%s': the value begins or ends with a space", assignment);
    if (strstr(value, " ;"))
        return sep_fail(SEP_ERR_ARGUMENT, "setting '%s': ';' begins a comment", assignment);
    return SEP_OK;
}

sep_status sep_options_set(sep_options *options, const char *assignment)
{
    const char *equals = strchr(assignment, '=');
    if (!equals)
        return sep_fail(SEP_ERR_ARGUMENT, "setting '%s' must be written section.key=value", assignment);
    SEP_TRY(check_assignment(assignment, equals + 1));

    char *key = sep_arena_format(options->arena, "%.*s", (int)(equals - assignment), assignment);
    const char *where = sep_arena_format(options->arena, "setting '%s'", assignment);
    if (!key || !where)
        return SEP_ERR_MEMORY;
    char *dot = strrchr(key, '.');
    if (!dot)
        return sep_fail(SEP_ERR_ARGUMENT, "setting '%s' must be written section.key=value", assignment);
    *dot = '\0';
    options->load++;
    return sep_option_put(options, key, dot + 1, equals + 1, where);
}

/* ---- look-ups ---------------------------------------------------------------------------------------------------- */

/* The option, marked as known; where it is missing, one that holds the default is added (NULL: none is). */
static sep_status look_up(sep_options *options, const char *key, const char *fallback, sep_option **found)
{
    if (!strchr(key, '.'))
        return sep_fail(SEP_ERR_ARGUMENT, "option '%s' must be asked for as section.key", key);
    *found = sep_option_find(options, key);
    if (!*found && fallback) {
        const char *own_key = sep_arena_format(options->arena, "%s", key);
        const char *value = sep_arena_format(options->arena, "%s", fallback);
        *found = own_key && value ? append(options, own_key) : NULL;
        if (!*found)
            return SEP_ERR_MEMORY;
        (*found)->value = value;
        (*found)->where = "default";
    }
    if (*found)
        (*found)->asked = true;
    return SEP_OK;
}

bool sep_options_next(const sep_options *options, const void **place, const char **key, const char **value)
{
    const sep_option *option = *place != NULL ? ((const sep_option *)*place)->next : options->first;

    *place = option;
    if (!option)
        return false;
    *key = option->key;
    *value = option->value;
    return true;
}

sep_status sep_options_string(sep_options *options, const char *key, const char *fallback, const char **value)
{
    sep_option *option = NULL;

    SEP_TRY(look_up(options, key, fallback, &option));
    *value = option ? option->value : NULL;
    return SEP_OK;
}

sep_status sep_options_int(sep_options *options, const char *key, int64_t fallback, int64_t low, int64_t high,
                           int64_t *value)
{
    char text[32];
    sep_option *option = NULL;

    snprintf(text, sizeof text, "%lld", (long long)fallback);
    SEP_TRY(look_up(options, key, fallback >= low && fallback <= high ? text : NULL, &option));
    if (!option) {
        *value = fallback;
        return SEP_OK;
    }
    if (!sep_parse_int(option->value, value))
        return sep_fail(SEP_ERR_FORMAT, "%s: '%s = %s' is not a whole number", option->where, key, option->value);
    if (*value < low || *value > high)
        return sep_fail(SEP_ERR_FORMAT, "%s: '%s = %s' is outside %lld to %lld", option->where, key, option->value,
                        (long long)low, (long long)high);
    return SEP_OK;
}

/* The shorter of two texts that reads back as the same number: 0.0005, not 0.00050000000000000001. */
static void write_float(char *text, size_t size, double number)
{
    double read_back;

    snprintf(text, size, "%.15g", number);
    if (!sep_parse_float(text, &read_back) || read_back < number || read_back > number)
        snprintf(text, size, "%.17g", number);
}

sep_status sep_options_float(sep_options *options, const char *key, double fallback, double low, double high,
                             double *value)
{
    char text[40];
    sep_option *option = NULL;

    write_float(text, sizeof text, fallback);
    SEP_TRY(look_up(options, key, fallback >= low && fallback <= high ? text : NULL, &option));
    if (!option) {
        *value = fallback;
        return SEP_OK;
    }
    if (!sep_parse_float(option->value, value))
        return sep_fail(SEP_ERR_FORMAT, "%s: '%s = %s' is not a number", option->where, key, option->value);
    if (*value < low || *value > high)
        return sep_fail(SEP_ERR_FORMAT, "%s: '%s = %s' is outside %g to %g", option->where, key, option->value, low,
                        high);
    return SEP_OK;
}

/* The index of `text` in `names`, or -1. */
static int index_of(const char *text, const char *const *names, int count)
{
    for (int i = 0; i < count; i++)
        if (strcmp(text, names[i]) == 0)
            return i;
    return -1;
}

static sep_status fail_choice(const sep_option *option, const char *const *names, int count)
{
    char list[512] = "";
    size_t length = 0;

    for (int i = 0; i < count && length < sizeof list; i++)
        length += (size_t)snprintf(list + length, sizeof list - length, "%s%s", i ? ", " : "", names[i]);
    return sep_fail(SEP_ERR_FORMAT, "%s: '%s = %s' is none of: %s", option->where, option->key, option->value, list);
}

sep_status sep_options_bool(sep_options *options, const char *key, bool fallback, bool *value)
{
    static const char *const names[] = {"false", "true", "no", "yes", "off", "on", "0", "1"};
    int index = 0;

    SEP_TRY(sep_options_choice(options, key, fallback ? "true" : "false", names, 8, &index));
    *value = index % 2 == 1;
    return SEP_OK;
}

sep_status sep_options_choice(sep_options *options, const char *key, const char *fallback, const char *const *names,
                              int count, int *value)
{
    sep_option *option = NULL;

    SEP_TRY(look_up(options, key, fallback, &option));
    if (!option)
        return sep_fail(SEP_ERR_ARGUMENT, "'%s' must be set: it has no default", key);
    int index = index_of(option->value, names, count);
    if (index < 0)
        return fail_choice(option, names, count);
    *value = index;
    return SEP_OK;
}

/* ---- what nobody asked for --------------------------------------------------------------------------------------- */

#define LONGEST_KEY (2 * SEP_OPTION_NAME_LIMIT + 2)

static int smallest(int a, int b, int c)
{
    int least = a < b ? a : b;

    return least < c ? least : c;
}

/* Levenshtein's distance: single-character insertions, deletions and replacements from one key to the other. */
static int edit_distance(const char *a, const char *b)
{
    int row[LONGEST_KEY + 1], columns = (int)strlen(b);

    if (columns > LONGEST_KEY)
        return columns;
    for (int j = 0; j <= columns; j++)
        row[j] = j;
    for (int i = 1; a[i - 1] != '\0'; i++) {
        int diagonal = row[0];
        row[0] = i;
        for (int j = 1; j <= columns; j++) {
            int replaced = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            row[j] = smallest(row[j] + 1, row[j - 1] + 1, replaced);
        }
    }
    return row[columns];
}

/* The known key that is most like `key`, if one is near enough to be what was meant. */
static const char *nearest_known(const sep_options *options, const char *key)
{
    const char *nearest = NULL;
    int least = 4;

    for (const sep_option *option = options->first; option; option = option->next) {
        int distance = option->asked ? edit_distance(key, option->key) : least;
        if (distance < least) {
            least = distance;
            nearest = option->key;
        }
    }
    return nearest;
}

sep_status sep_options_check_unknown(const sep_options *options)
{
    for (const sep_option *option = options->first; option; option = option->next) {
        if (option->asked)
            continue;
        const char *nearest = nearest_known(options, option->key);
        if (nearest)
            return sep_fail(SEP_ERR_FORMAT, "%s: unknown option '%s'; did you mean '%s'?", option->where, option->key,
                            nearest);
        return sep_fail(SEP_ERR_FORMAT, "%s: unknown option '%s'", option->where, option->key);
    }
    return SEP_OK;
}

/* ---- the whole as text ------------------------------------------------------------------------------------------- */

/* Length of the section's name in "section.key". */
static size_t section_length(const sep_option *option)
{
    return (size_t)(strrchr(option->key, '.') - option->key);
}

static bool same_section(const sep_option *a, const sep_option *b)
{
    size_t length = section_length(a);

    return length == section_length(b) && memcmp(a->key, b->key, length) == 0;
}

static bool opens_section(const sep_options *options, const sep_option *option)
{
    const sep_option *first = options->first;

    while (!same_section(first, option))
        first = first->next;
    return first == option;
}

/* Writes the section that `first` opens, as snprintf does: what fits in `size`, and the whole length back. */
static size_t write_section(const sep_option *first, char *text, size_t size)
{
    int name_length = (int)section_length(first);
    size_t length = (size_t)snprintf(text, size, "[%.*s]\n", name_length, first->key);

    for (const sep_option *option = first; option; option = option->next) {
        if (!same_section(first, option) || option->value[0] == '\0') /* an empty default can't be written */
            continue;
        size_t used = length < size ? length : size;
        length += (size_t)snprintf(text + used, size - used, "%s = %s\n", option->key + name_length + 1, option->value);
    }
    return length;
}

static size_t write_all(const sep_options *options, char *text, size_t size)
{
    size_t length = 0;

    for (const sep_option *option = options->first; option; option = option->next) {
        size_t used = length < size ? length : size;
        if (opens_section(options, option))
            length += write_section(option, text + used, size - used);
    }
    return length;
}

char *sep_options_text(const sep_options *options)
{
    char nothing[1];
    size_t length = write_all(options, nothing, 0);
    char *text = sep_calloc(length + 1, 1);

    if (text)
        write_all(options, text, length + 1);
    return text;
}
